// Package link finds where a mail leads: the URLs and hosts in its text and markup,
// taken apart as browsers and mail programs do, looked through where they are wrapped,
// and compared with patterns.
package link

import (
	"net/netip"
	"strings"
)

// Where says where in the mail a URL stood.
type Where string

// Places of a URL.
const (
	InText    Where = "text"
	InHref    Where = "href"
	InSrc     Where = "src" // an image or frame: loaded, not followed
	InForm    Where = "form"
	InRefresh Where = "refresh"
	InRaw     Where = "raw" // found by scanning a broken body
)

// URL is one URL, once per distinct Raw and Where. Quoted tells only where it stands:
// a sender can put anything below a line that looks like an old mail's header, so
// that it is a hint in an answer to a known mail and no excuse elsewhere.
type URL struct {
	Raw       string     // as a reader's mail program would open it
	Scheme    string     // "http", "https", "ftp" ...
	Host      string     // lower case, ASCII (punycode); "" when there is none
	Unicode   string     // Host with its labels decoded
	Domain    string     // registrable domain by the public suffix list; Host for an IP address
	Path      string     // escaped path with query, "" or starting with "/"
	IP        netip.Addr // valid when the host is an IP address, however written
	Where     Where
	Quoted    bool   // stands in quoted or forwarded text, not in the author's own
	InFile    bool   // stands in an attached file (HTML page, shortcut, calendar) only
	Shown     string // registrable domain that a link's text shows, when it is a URL or host
	Mismatch  bool   // Shown is another registrable domain than Domain
	UserInfo  bool   // has a user part before the host
	Defanged  bool   // was written hxxp or [.]
	Mixed     bool   // a label of the host mixes scripts
	LooksLike string // Skeleton of a host beyond ASCII, when that is ASCII
}

// New takes a URL apart as browsers do (WHATWG URL standard, "URL parsing"),
// which is more lenient than RFC 3986: backslashes count as slashes, tabs and line
// ends inside vanish, any number of slashes follows a web scheme.
func New(raw string, where Where) URL {
	raw = strings.TrimSpace(raw)
	if strings.ContainsAny(raw, "\t\n\r") {
		raw = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(raw)
	}
	if len(raw) > maxURLBytes {
		raw = strings.ToValidUTF8(raw[:maxURLBytes], "")
	}
	u := URL{Raw: raw, Where: where}
	scheme, rest, ok := strings.Cut(raw, ":")
	if !ok {
		return u
	}
	u.Scheme = strings.ToLower(scheme)
	authority, path := cutAuthority(rest)
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		u.UserInfo = true
		authority = authority[i+1:]
	}
	host := cutPort(authority)
	u.Path = escapePath(path)
	u.setHost(host)
	return u
}

// cutAuthority splits what follows "scheme:" into authority and path.
func cutAuthority(rest string) (authority, path string) {
	rest = strings.TrimLeft(rest, "/\\")
	i := strings.IndexAny(rest, "/\\?#")
	if i < 0 {
		return rest, ""
	}
	path = rest[i:]
	if path[0] == '\\' {
		path = "/" + path[1:]
	}
	if path[0] != '/' {
		path = "/" + path
	}
	return rest[:i], path
}

// cutPort drops ":port" but leaves IPv6 literals whole.
func cutPort(authority string) string {
	if strings.HasPrefix(authority, "[") {
		if i := strings.IndexByte(authority, ']'); i > 0 {
			return authority[:i+1]
		}
		return authority
	}
	if i := strings.IndexByte(authority, ':'); i >= 0 {
		return authority[:i]
	}
	return authority
}

// escapePath percent-encodes blanks, controls and bytes beyond ASCII, drops the
// fragment, and leaves existing escapes alone.
func escapePath(path string) string {
	if i := strings.IndexByte(path, '#'); i >= 0 {
		path = path[:i]
	}
	clean := true
	for i := 0; i < len(path) && clean; i++ {
		clean = path[i] > ' ' && path[i] < 0x7f
	}
	if clean {
		return path
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if c := path[i]; c > ' ' && c < 0x7f {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}
