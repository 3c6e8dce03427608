// Package link finds where a mail leads: the URLs and hosts in its text and markup,
// taken apart as browsers and mail programs do, looked through where they are wrapped,
// and compared with patterns.
package link

import (
	"net/netip"
	"strings"

	"hisseki/analyzer/content/mime"
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
	InSubject Where = "subject"
	InCode    Where = "code" // a QR code in a picture
)

// URL is one URL, once per distinct Raw and Where. Quoted says only where it stands:
// a sender can put anything below a line that looks like an old mail's header, so
// that it is a hint in an answer to a known mail and no excuse elsewhere.
type URL struct {
	Raw       string     // as a reader's mail program would open it, behind redirectors
	Via       string     // the redirector's URL that stands in the mail, "" for none
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
	Within    bool   // stands within another URL, which may lead on to it
	UserInfo  bool   // has a user part before the host
	Bare      bool   // was written without a scheme and "www.": not all programs make it a link
	Defanged  bool   // was written hxxp or [.]
	Mixed     bool   // a label of the host mixes scripts
	LooksLike string // Skeleton of a host beyond ASCII, when that is ASCII
}

// New takes a URL apart as browsers do (WHATWG URL standard, "URL parsing"),
// which is more lenient than RFC 3986: backslashes count as slashes, tabs and line
// ends inside vanish, any number of slashes follows a web scheme. Redirectors are looked
// through.
func New(raw string, where Where) URL {
	u := parse(raw, where)
	u.look()
	return u
}

// split takes a URL apart as it stands, without what costs most: what the host looks like.
func split(raw string, where Where) URL {
	raw = strings.TrimSpace(raw)
	if strings.ContainsAny(raw, "\t\n\r") {
		raw = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(raw)
	}
	// What stands in a file's bytes may be no text: "http://0\xf6.AAA".
	u := URL{Raw: strings.ToValidUTF8(raw[:min(len(raw), maxURLBytes)], ""), Where: where}
	scheme, rest, ok := strings.Cut(raw, ":")
	if !ok {
		return u
	}
	u.Scheme = strings.ToLower(scheme)
	authority, path := cutAuthority(rest)
	for range 2 { // "http://https://example.org/", a slip
		word := strings.ToLower(strings.TrimSuffix(authority, ":"))
		if word != "http" && word != "https" || !strings.HasPrefix(path, "//") {
			break
		}
		authority, path = cutAuthority(path)
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		u.UserInfo = true
		authority = authority[i+1:]
	}
	if len(path) > maxURLBytes {
		path = strings.ToValidUTF8(path[:maxURLBytes], "")
	}
	u.Path = escapePath(path)
	u.setHost(cutPort(authority))
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
// fragment, removes dot segments, and leaves existing escapes alone.
func escapePath(path string) string {
	if i := strings.IndexByte(path, '#'); i >= 0 {
		path = path[:i]
	}
	path = withoutDots(path)
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

// withoutDots resolves "." and ".." among the segments of a path, also where they are
// percent-encoded, as browsers do before they ask for a page (WHATWG URL standard, "path
// state"): "/known/../other" is "/other".
func withoutDots(path string) string {
	path, query := path, ""
	if i := strings.IndexByte(path, '?'); i >= 0 {
		path, query = path[:i], path[i:]
	}
	if strings.IndexByte(path, '\\') >= 0 {
		path = strings.ReplaceAll(path, "\\", "/")
	}
	if !strings.Contains(path, "/.") && !strings.Contains(path, "/%2") {
		return path + query
	}
	out := make([]byte, 0, len(path))
	for path != "" {
		segment := path[1:]
		if i := strings.IndexByte(segment, '/'); i >= 0 {
			segment = segment[:i]
		}
		path = path[1+len(segment):]
		switch dots(segment) {
		case 0:
			out = append(append(out, '/'), segment...)
			continue
		case 2:
			for len(out) > 0 {
				c := out[len(out)-1]
				if out = out[:len(out)-1]; c == '/' {
					break
				}
			}
		}
		if path == "" {
			out = append(out, '/')
		}
	}
	return string(out) + query
}

// dots returns 1 or 2 for a segment that is "." or "..", however written, and 0 for others.
func dots(segment string) int {
	n := 0
	for segment != "" {
		switch {
		case segment[0] == '.':
			segment = segment[1:]
		case mime.HasFold(segment, "%2e"):
			segment = segment[3:]
		default:
			return 0
		}
		if n++; n > 2 {
			return 0
		}
	}
	return n
}
