package link

import (
	"encoding/base64"
	"strings"

	"hisseki/analyzer/content/mime"
)

// maxRedirects bounds the redirectors looked through in one URL.
const maxRedirects = 4

// parse takes a URL apart and looks through redirectors: what a link leads to is what it is
// judged by, for every purpose. Only targets that stand in the link itself are found;
// nothing is ever asked.
func parse(raw string, where Where) URL {
	u := split(raw, where)
	for range maxRedirects {
		to := u.target()
		if to == "" {
			break
		}
		v := split(to, where)
		if v.Host == "" {
			break
		}
		v.Via = u.Raw
		if u.Via != "" {
			v.Via = u.Via // the outermost is what stands in the mail
		}
		u = v
	}
	return u
}

// Wrapper returns the redirector that stands in the mail in front of u.
func (u *URL) Wrapper() (URL, bool) {
	if u.Via == "" {
		return URL{}, false
	}
	return split(u.Via, u.Where), true
}

// target returns the URL that a known redirector leads to, "" for none.
func (u *URL) target() string {
	if len(u.Path) < 3 && strings.IndexByte(u.Raw, '#') < 0 && !strings.HasSuffix(u.Host, translated) {
		return ""
	}
	to := ""
	u.known(func(r *redirector) bool {
		to = r.target(u)
		return to != ""
	})
	return to
}

// known calls each for the redirectors that a URL's host may be, until it returns true.
func (u *URL) known(each func(*redirector) bool) {
	all := redirectors()
	try := func(host string) bool {
		for i := range all[host] {
			if each(&all[host][i]) {
				return true
			}
		}
		return false
	}
	for host := u.Host; host != ""; _, host, _ = strings.Cut(host, ".") {
		if try(host) {
			return
		}
		if len(host) <= len(u.Domain) {
			break
		}
	}
	// a search engine of many countries: google.co.jp, google.de
	switch name, _, _ := strings.Cut(u.Domain, "."); {
	case name == "google", name == "yahoo":
		try(name + ".*")
	case strings.HasSuffix(u.Host, translated):
		try(translated[1:]) // where hosts are registered, as the list of public suffixes has it
	}
}

// mayBeCut says whether a URL is of a mail filter that writes the target in a form of its own:
// where that could not be read, the URL was cut before the target ended, as in old mails' lines.
func (u *URL) mayBeCut() (cut bool) {
	u.known(func(r *redirector) bool {
		cut = r.filter && strings.HasPrefix(u.Path, r.path)
		return cut
	})
	return cut
}

// parts are what of a link a redirector's target may stand in: strings, so that no URL has to be
// kept for it.
type parts struct {
	host, path, query string // path is what follows the redirector's
	raw               string
}

// A redirector says where in its URLs the target stands: in parameters of the query behind
// a path, or where how says.
type redirector struct {
	path   string
	params []string
	how    func(l parts) string
	filter bool // of a mail filter that rewrites links
}

func (r *redirector) target(u *URL) string {
	path, query, _ := strings.Cut(u.Path, "?")
	if path = plainPath(path); !strings.HasPrefix(path, r.path) {
		return ""
	}
	if r.how != nil {
		return web(r.how(parts{u.Host, path[len(r.path):], query, u.Raw}))
	}
	for _, name := range r.params {
		for value := range queryValues(query, name) {
			if to := written(value); to != "" {
				return to
			}
		}
	}
	return ""
}

// plainPath returns a path with one slash for several and letters for their escapes, as
// servers look it up: "//%75rl" is "/url".
func plainPath(path string) string {
	if !strings.HasPrefix(path, "//") && strings.IndexByte(path, '%') < 0 {
		return path
	}
	first, rest, _ := strings.Cut(strings.TrimLeft(path, "/"), "/")
	if rest != "" {
		rest = "/" + rest
	}
	return "/" + mime.PercentDecode(first) + rest
}

// written returns the URL that a parameter's value is: as it stands, in base64, or a host
// without a scheme, which redirectors make a URL of.
func written(value string) string {
	plain := mime.PercentDecode(value)
	if to := web(plain); to != "" {
		return to
	}
	if to := base64URL(value); to != "" {
		return to
	}
	host := plain
	if i := strings.IndexAny(plain, "/?#"); i >= 0 {
		host = plain[:i]
	}
	if isDotted(host) && (endsHost(host) || isReserved(host)) {
		return "http://" + plain
	}
	return ""
}

// web returns a URL of the web with its scheme, "" for anything else. Of the slashes behind
// the scheme some get lost on the way.
func web(to string) string {
	switch {
	case mime.HasFold(to, "http:/"), mime.HasFold(to, "https:/"):
		scheme, rest, _ := strings.Cut(to, ":")
		return scheme + "://" + strings.TrimLeft(rest, "/\\")
	case strings.HasPrefix(to, "//") && len(to) > 2:
		return "http:" + to
	}
	return ""
}

// base64URL decodes what some redirectors make of a URL, with one or two letters in front
// ("a1aHR0cHM6Ly9l..." at Bing), to one that begins as a URL; "" else.
func base64URL(value string) string {
	i := strings.Index(value, "aHR0c") // "http"
	if i < 0 || i > 2 {
		return ""
	}
	return web(decode64(value[i:]))
}

// decode64 decodes base64 of either alphabet, also where its end was cut off or escaped;
// "" for what is not base64.
func decode64(value string) string {
	value = strings.TrimRight(value64.Replace(value), "-")
	if len(value)%4 == 1 {
		value = value[:len(value)-1] // cut off
	}
	to, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return ""
	}
	return string(to)
}

// value64 makes one alphabet of two. Yahoo writes "--" for what fills up.
var value64 = strings.NewReplacer("+", "-", "/", "_", "%3D", "", "%3d", "", "%2B", "-", "%2b", "-",
	"%2F", "_", "%2f", "_", "=", "")
