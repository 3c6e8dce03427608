package analyzer

import (
	_ "embed" // the lists are part of the program; NOTICE names source and licence
	"strings"
	"sync"

	"hisseki/analyzer/content"
)

//go:embed lists/popular.txt
var popularText string

//go:embed lists/publish.txt
var publishText string

//go:embed lists/payee.txt
var payeeText string

//go:embed lists/dyndns.txt
var dynDNSText string

//go:embed lists/tlds.txt
var tldText string

// hostLists are names known to the whole world. They are read once and never change.
type hostLists struct {
	popular map[string]int  // registrable domain to rank, 1 is the most visited
	publish map[string]bool // anyone can publish there: the host says nothing
	payee   map[string]bool // "host" or "host/path" of pages to pay to: whom, the next label names
	tlds    map[string]bool // top-level domains with much abuse
}

var lists = sync.OnceValue(func() hostLists {
	l := hostLists{
		popular: make(map[string]int),
		publish: make(map[string]bool),
		payee:   make(map[string]bool),
		tlds:    make(map[string]bool),
	}
	for i, name := range strings.Fields(popularText) {
		l.popular[name] = i + 1
	}
	for _, name := range strings.Fields(publishText + dynDNSText) {
		l.publish[name] = true
	}
	for line := range strings.Lines(payeeText) {
		if name := strings.TrimSpace(line); name != "" && name[0] != '#' {
			l.payee[name] = true
		}
	}
	for _, name := range strings.Fields(tldText) {
		l.tlds[name] = true
	}
	return l
})

// page returns what names the page of a URL where the host does not: the host whose pages anyone can
// publish, or where the page says who is paid, and the page there; "" for other URLs.
//
//	docs.google.com/document/d/1AbCdE/edit    docs.google.com, docs.google.com/1AbCdE
//	www.paypal.com/paypalme/example/50        paypal.com/paypalme, paypal.com/paypalme/example
func (l hostLists) page(host, path string) (shared, page string) {
	if shared = l.shared(host); shared != "" {
		return shared, shared + "/" + pageLabel(path)
	}
	host = strings.TrimPrefix(host, "www.")
	if l.payee[host] {
		return host, host + "/" + pageLabel(path)
	}
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if shared = host + "/" + strings.ToLower(first); !l.payee[shared] {
		return "", ""
	}
	return shared, shared + "/" + pageLabel(rest)
}

// room returns the part of a much visited site that a URL leads to, as "github.com/example", "" for
// none: there a stranger may have pages beside those of a partner.
func (l hostLists) room(u *content.URL) string {
	path := u.Path
	if i := strings.IndexByte(path, '?'); i >= 0 {
		path = path[:i]
	}
	label, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if label == "" || l.published(u.Host) != "" || !isPopular(l, u.Domain) {
		return ""
	}
	if shared, _ := l.page(u.Host, u.Path); shared != "" {
		return ""
	}
	return u.Host + "/" + strings.ToLower(label)
}

// shared returns the host whose pages anyone can publish, or "" when the host's name
// already tells who publishes: "www.", "m." and numbered servers belong to the service, any
// other label names a customer.
func (l hostLists) shared(host string) string {
	p := l.published(host)
	label := strings.TrimSuffix(strings.TrimSuffix(host, p), ".")
	if p == "" || label != "" && label != "www" && label != "m" &&
		strings.Trim(label, "0123456789") != "" {
		return ""
	}
	return p
}

// published returns the host under which anyone can publish, or "": the listed name
// itself or a parent of host.
func (l hostLists) published(host string) string {
	for h := host; h != ""; {
		if l.publish[h] {
			return h
		}
		i := strings.IndexByte(h, '.')
		if i < 0 {
			return ""
		}
		h = h[i+1:]
	}
	return ""
}
