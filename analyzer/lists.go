package analyzer

import (
	_ "embed" // the lists are part of the program; NOTICE names source and licence
	"strings"
	"sync"
)

//go:embed lists/popular.txt
var popularText string

//go:embed lists/publish.txt
var publishText string

//go:embed lists/dyndns.txt
var dynDNSText string

//go:embed lists/tlds.txt
var tldText string

// hostLists are names known to the whole world. They are read once and never change.
type hostLists struct {
	popular map[string]int  // registrable domain to rank, 1 is the most visited
	publish map[string]bool // anyone can publish there: the host says nothing
	tlds    map[string]bool // top-level domains with much abuse
}

var lists = sync.OnceValue(func() hostLists {
	l := hostLists{
		popular: make(map[string]int),
		publish: make(map[string]bool),
		tlds:    make(map[string]bool),
	}
	for i, name := range strings.Fields(popularText) {
		l.popular[name] = i + 1
	}
	for _, name := range strings.Fields(publishText + dynDNSText) {
		l.publish[name] = true
	}
	for _, name := range strings.Fields(tldText) {
		l.tlds[name] = true
	}
	return l
})

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
