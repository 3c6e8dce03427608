package link

import (
	"strings"

	"hisseki/analyzer/content/mime"
)

// Unwrapped returns the URL inside one that a filter or a web mail has wrapped.
func (u *URL) Unwrapped() (URL, bool) { return unwrapped(*u, 3) }

// wrapped returns the registrable domain of the URL inside one that a filter or a
// web mail has wrapped, "" when it is not wrapped. A quoted mail is full of them,
// and the text of such a link shows where it really leads.
func wrapped(u URL) string {
	inner, _ := unwrapped(u, 3)
	return inner.Domain
}

// unwrapped returns the innermost URL, looking through at most depth layers.
func unwrapped(u URL, depth int) (URL, bool) {
	_, query, _ := strings.Cut(u.Path, "?")
	inner := ""
	switch {
	case strings.HasSuffix(u.Host, ".safelinks.protection.outlook.com"):
		inner = mime.PercentDecode(queryValue(query, "url"))
	case u.Host == "urldefense.proofpoint.com":
		// version 2 writes "-" for "%" and "_" for "/"
		inner = queryValue(query, "u")
		inner = mime.PercentDecode(strings.NewReplacer("-", "%", "_", "/").Replace(inner))
	case u.Host == "urldefense.com":
		_, inner, _ = strings.Cut(u.Path, "/v3/__")
	case u.Host == "www.google.com" && strings.HasPrefix(u.Path, "/url?"):
		inner = mime.PercentDecode(queryValue(query, "q"))
	}
	if !strings.Contains(inner, "://") {
		return URL{}, false
	}
	target := New(inner, InHref)
	if depth > 1 {
		if deeper, ok := unwrapped(target, depth-1); ok && deeper.Domain != "" {
			return deeper, true
		}
	}
	return target, true
}

// queryValue returns the raw value of the first parameter of that name; HTML's
// "&amp;" that was left in is tolerated.
func queryValue(query, name string) string {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		pair = strings.TrimPrefix(pair, "amp;")
		if key, value, ok := strings.Cut(pair, "="); ok && key == name {
			return value
		}
	}
	return ""
}
