package link

import (
	"strings"
	"unicode"

	"hisseki/analyzer/content/mime"
)

// Resolve makes a reference absolute. It returns "" for what leads nowhere: fragments, mail
// and telephone links, scripts, inline data, and relative references without a base. What
// stands without a scheme and looks like a host is one, as mail programs repair it.
func Resolve(base, ref string) string {
	ref = strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r == 0 {
			return -1
		}
		return r
	}, strings.TrimFunc(ref, func(r rune) bool { return r <= ' ' || unicode.IsSpace(r) }))
	ref = unwrapped(ref)
	if ref == "" || ref[0] == '#' {
		if base == "" {
			return ""
		}
		return base + ref // of the page that <base> names, not of the mail
	}
	if strings.HasPrefix(ref, "\\\\") { // a share: "\\server\folder\file.exe"
		return share(ref)
	}
	if slashed := strings.ReplaceAll(ref[:min(len(ref), 2)], "\\", "/"); slashed == "//" {
		scheme, _, ok := strings.Cut(base, "://")
		if !ok || len(scheme) > 5 {
			scheme = "http"
		}
		return scheme + "://" + ref[2:]
	}
	if isHostRef(ref, base != "") {
		return "http://" + ref
	}
	if i := strings.IndexByte(ref, ':'); i > 0 && isScheme(ref[:i]) {
		return opened(strings.ToLower(ref[:i]), ref[i+1:])
	}
	return join(base, ref)
}

// unwrapped drops what programs and slips put around a URL:
//
//	<https://example.org/>   "https://example.org/"   3D"https://example.org/"
func unwrapped(ref string) string {
	i := strings.IndexByte(ref, ':')
	if i < len("http") || i > len(`3D"https`) {
		return ref
	}
	bare := strings.TrimLeft(strings.TrimPrefix(ref, "3D"), "<\"'")
	if len(bare) == len(ref) || !mime.HasFold(bare, "http") {
		return ref
	}
	return strings.TrimRight(bare, ">\"'")
}

// opened returns where a reference with a scheme leads: programs other than the browser
// open many, and go on to the web or to a share that stands in them.
//
//	ms-word:ofe|u|https://example.org/a.docx
//	search-ms:query=x&crumb=location:\\example.org@SSL\share
//	intent://example.org/a#Intent;scheme=https;end
func opened(scheme, rest string) string {
	switch scheme {
	case "http", "https", "ftp", "ftps":
		if rest = strings.TrimLeft(rest, "/\\"); rest == "" {
			return ""
		}
		return scheme + "://" + rest
	case "mailto", "tel", "sms", "callto", "cid", "mid", "data", "javascript", "vbscript",
		"about", "blob", "fax", "skype", "xmpp", "urn", "x-apple-data-detectors":
		return ""
	case "file":
		return fileURL(rest)
	}
	switch scheme {
	case "intent": // "#Intent;S.browser_fallback_url=https%3A...;end"
		if _, to, ok := strings.Cut(rest, "fallback_url="); ok {
			rest, _, _ = strings.Cut(to, ";")
		}
	case "android-app": // "android-app://com.example/https/example.org/a"
		if f := strings.SplitN(strings.TrimLeft(rest, "/"), "/", 3); len(f) == 3 && mime.HasFold(f[1], "http") {
			return f[1] + "://" + f[2]
		}
	}
	if to := firstWeb(rest); to != "" {
		return to
	}
	plain := mime.PercentDecode(rest)
	if i := strings.Index(plain, "\\\\"); i >= 0 {
		return share(plain[i:])
	}
	// "rdp://full%20address=s:example.org:3389&audiomode=i:2"
	if _, host, ok := strings.Cut(strings.ToLower(plain), "address=s:"); ok {
		host, _, _ = strings.Cut(host, "&")
		return scheme + "://" + host
	}
	authority, ok := strings.CutPrefix(rest, "//")
	host, _, _ := hostAndPath(authority)
	host = host[strings.LastIndexByte(host, '@')+1:]
	switch {
	case webByName[scheme] && (ok || isHostRef(authority, false)):
		return "http://" + authority
	case ok && (remote[scheme] || isDotted(host) && (endsHost(host) || isReserved(host))):
		return scheme + ":" + rest
	}
	return "" // a page of a program: "ms-windows-store://pdp/?productid=1"
}

// webByName are schemes that are the web by another name, and remote those of programs that go
// to another machine, also to one that has a name without a dot.
var (
	webByName = setOf("webcal webcals feed itpc pcast intent microsoft-edge googlechrome googlechromes " +
		"view-source firefox opera brave")
	remote = setOf("rdp vnc ssh sftp telnet smb cifs afp nfs dav davs webdav webdavs ldap ldaps git svn rsync " +
		"ms-rd ws wss gopher")
)

// firstWeb finds a URL of the web in what follows another scheme, as it is or percent-encoded,
// once or twice.
func firstWeb(rest string) string {
	for range 3 {
		for i := 0; i < len(rest); i++ {
			if to := ""; mime.HasFold(rest[i:], "http") {
				if to = web(rest[i:]); to == "" {
					continue
				}
				if end := strings.IndexAny(to, "|&\"' <>"); end >= 0 {
					to = to[:end]
				}
				return to
			}
		}
		if plain := mime.PercentDecode(rest); plain != rest {
			rest = plain
			continue
		}
		break
	}
	return ""
}

// share makes a URL of a path on another machine: "\\server@SSL@8443\folder" names a port
// and a protocol behind the server.
func share(path string) string {
	path = strings.TrimLeft(strings.ReplaceAll(path, "\\", "/"), "/")
	if end := strings.IndexAny(path, "&|"); end >= 0 {
		path = path[:end]
	}
	server, rest, _ := strings.Cut(path, "/")
	server, _, _ = strings.Cut(server, "@")
	if server == "" {
		return ""
	}
	if rest == "" {
		return "file://" + server
	}
	return "file://" + server + "/" + rest
}

// Shares calls found for the paths in text that lead to another machine by its name in the
// DNS or its address: "\\\\files.example.org\\share\\a.exe".
func Shares(text string, found func(raw string)) {
	for i := 0; ; {
		j := strings.Index(text[i:], "\\\\")
		if j < 0 {
			return
		}
		start := i + j + 2
		end := start
		for end < len(text) && (isHostByte(text[end]) || text[end] == '.') {
			end++
		}
		i = max(end, start)
		host := text[start:end]
		if end >= len(text) || text[end] != '\\' && text[end] != '@' ||
			!isIPv4(host) && (strings.IndexByte(host, '.') <= 0 || host[len(host)-1] == '.') {
			continue
		}
		found(share(host + text[end:end+shareEnd(text[end:])]))
	}
}

// shareEnd is the length of the path of a share that text begins with: no control, and nothing that
// names of files cannot have.
func shareEnd(text string) (end int) {
	for end < len(text) && end < maxURLBytes && text[end] > ' ' && strings.IndexByte("\"<>|&\x7f", text[end]) < 0 {
		end++
	}
	return end
}

// fileURL reads what follows "file:". One and three slashes begin a path on the reader's own
// machine, two a server, more a share (RFC 8089 appendix E.3).
func fileURL(rest string) string {
	path := strings.TrimLeft(rest, "/\\")
	switch n := len(rest) - len(path); {
	case path == "", n < 2, n == 3:
		return ""
	}
	return share(path)
}

// isHostRef says whether a reference without a scheme begins with a host or an address:
// "bad.example.org/login", "203.0.113.9/x", "example.org:8080". Where there is a base, a
// name alone is more likely a page.
func isHostRef(ref string, based bool) bool {
	host, path, ok := hostAndPath(ref)
	if ok && isIPv4(host) { // "203.0.113.9/x"
		return true
	}
	if !ok || !isDotted(host) {
		return false
	}
	tld := strings.ToLower(host[strings.LastIndexByte(host, '.')+1:])
	switch {
	case mime.HasFold(host, "www."): // "www.example.org", "www.intern"
		return isTLD(tld) || !based && isWord(tld)
	case based: // "example.org/a", not "page.py" or "readme.md"
		return isTLD(tld) && !fileTLD[tld] && (path != "" || strings.Count(host, ".") > 1)
	case !mime.IsASCII(tld): // "例え.テスト"
		return isTLD(tld)
	}
	return len(tld) > 1 && isWord(tld) && !pageNames[tld] // not "index.html"
}

// hostAndPath cuts a reference behind what may be a host; ok is false where something else
// than a port follows its colon:
//
//	example.org:8080/a   "example.org" and "/a"
//	mailto:a@b.test      not ok
func hostAndPath(ref string) (host, path string, ok bool) {
	host = ref
	if i := strings.IndexAny(ref, "/\\?#"); i >= 0 {
		host, path = ref[:i], ref[i:]
	}
	host, port, ported := strings.Cut(host, ":")
	return host, path, !ported || port != "" && strings.Trim(port, "0123456789") == ""
}

// isDotted says whether a word has dots as a host has them: "a.example", not ".a", "a..b".
func isDotted(host string) bool {
	return strings.LastIndexByte(host, '.') > 0 && !strings.Contains(host, "..") &&
		!strings.ContainsAny(host, " @%<>\"'(),;=&")
}

// pageNames are ends of names that are pages and files rather than hosts.
var pageNames = setOf("html htm xhtml shtml php asp aspx jsp jspx do cgi cfm png jpg jpeg gif bmp " +
	"svg webp ico css js json xml txt pdf doc docx xls xlsx ppt pptx csv ics eml msg exe gz tar rar " +
	"mht mhtml wmz emz vml thmx dat bin htc swf mp3 mp4 avi mpg tif tiff log rtf odt")

func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		if !mime.IsLetter(s[i]) && (i == 0 || strings.IndexByte("0123456789+-.", s[i]) < 0) {
			return false
		}
	}
	return len(s) <= 30
}

// join resolves a relative reference against a base.
func join(base, ref string) string {
	scheme, rest, ok := strings.Cut(base, "://")
	if !ok || !isScheme(scheme) || rest == "" {
		return ""
	}
	authority, path := cutAuthority(rest)
	root := strings.ToLower(scheme) + "://" + authority
	if ref[0] == '/' || ref[0] == '\\' {
		return root + ref
	}
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		path = path[:i]
	}
	return root + path[:strings.LastIndexByte(path, '/')+1] + slashFirst(path, ref)
}

func slashFirst(path, ref string) string {
	if path == "" {
		return "/" + ref
	}
	return ref
}
