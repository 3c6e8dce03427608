package link

import (
	"strings"

	"hisseki/analyzer/content/mime"
)

// Resolve makes a reference absolute. It returns "" for what does not lead to the
// web: fragments, mail and telephone links, scripts, inline data, and relative
// references without a base.
func Resolve(base, ref string) string {
	ref = strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r == 0 {
			return -1
		}
		return r
	}, strings.TrimFunc(ref, func(r rune) bool { return r <= ' ' || r == '\u00a0' }))
	if ref == "" || ref[0] == '#' {
		return ""
	}
	slashed := strings.ReplaceAll(ref[:min(len(ref), 2)], "\\", "/")
	if slashed == "//" {
		scheme, _, ok := strings.Cut(base, "://")
		if !ok || len(scheme) > 5 {
			scheme = "http"
		}
		return scheme + "://" + ref[2:]
	}
	if i := strings.IndexByte(ref, ':'); i > 0 && isScheme(ref[:i]) {
		scheme := strings.ToLower(ref[:i])
		switch scheme {
		case "http", "https", "ftp", "ftps":
			rest := strings.TrimLeft(ref[i+1:], "/\\")
			if rest == "" {
				return ""
			}
			return scheme + "://" + rest
		case "mailto", "tel", "sms", "callto", "cid", "mid", "data", "javascript", "vbscript",
			"about", "blob", "fax", "skype", "xmpp", "urn", "webcal", "x-apple-data-detectors":
			return ""
		}
		if strings.HasPrefix(ref[i:], "://") {
			return ref // file://server/share, ms-word:ofe..., search-ms: and so on
		}
		return ""
	}
	if mime.HasFold(ref, "www.") && isTLDHost(ref) {
		return "http://" + ref // as Outlook and browsers' address bars repair it
	}
	return join(base, ref)
}

func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		if !mime.IsLetter(s[i]) && (i == 0 || strings.IndexByte("0123456789+-.", s[i]) < 0) {
			return false
		}
	}
	return len(s) <= 30
}

func isTLDHost(ref string) bool {
	host := ref
	if i := strings.IndexAny(host, "/?#:"); i >= 0 {
		host = host[:i]
	}
	return isTLD(host[strings.LastIndexByte(host, '.')+1:])
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
