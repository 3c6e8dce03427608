package content

import (
	"strings"
)

// urlKey tells URLs apart.
type urlKey struct {
	raw   string
	where Where
}

// urlSet keeps URLs in the order met, each once.
type urlSet struct {
	limit int
	list  []URL
	index map[urlKey]int
	known map[string]bool // raw, wherever it stood
	full  bool
}

// add keeps a URL; an equal one that stands in the author's own text makes the kept
// one not quoted.
func (s *urlSet) add(u URL) *URL {
	if s.index == nil {
		s.index = make(map[urlKey]int)
		s.known = make(map[string]bool)
	}
	key := urlKey{u.Raw, u.Where}
	if i, ok := s.index[key]; ok {
		old := &s.list[i]
		old.Quoted = old.Quoted && u.Quoted
		old.Defanged = old.Defanged && u.Defanged
		if u.Mismatch && !old.Mismatch {
			old.Shown, old.Mismatch = u.Shown, true
		}
		return old
	}
	if len(s.list) >= s.limit {
		s.full = true
		return nil
	}
	s.index[key] = len(s.list)
	s.known[u.Raw] = true
	s.list = append(s.list, u)
	return &s.list[len(s.list)-1]
}

// addText keeps a URL found in text.
func (s *urlSet) addText(h hit, where Where, quoted bool) {
	if i, ok := s.index[urlKey{h.raw, where}]; ok {
		s.list[i].Quoted = s.list[i].Quoted && quoted
		s.list[i].Defanged = s.list[i].Defanged && h.defanged
		return
	}
	if where == InRaw && s.known[h.raw] {
		return
	}
	if len(s.list) >= s.limit {
		s.full = true
		return
	}
	u := newURL(h.raw, where)
	u.Quoted, u.Defanged = quoted, h.defanged
	s.add(u)
}

// addLink keeps a URL that HTML refers to.
func (s *urlSet) addLink(l htmlLink, quoted, file bool) {
	if len(s.list) >= s.limit {
		if _, ok := s.index[urlKey{l.url, l.where}]; !ok {
			s.full = true
			return
		}
	}
	u := newURL(l.url, l.where)
	u.Quoted, u.InFile = quoted, file
	if l.where == InHref {
		u.Shown = shownDomain(l.label)
		u.Mismatch = u.Shown != "" && u.Domain != "" && u.Shown != u.Domain &&
			u.Shown != wrapped(u)
	}
	s.add(u)
}

// shownDomain returns the registrable domain that a link's text shows, when the
// text is nothing but a URL or a host.
func shownDomain(label string) string {
	label = strings.Trim(label, " \t\n\u00a0\u3000<>[]()「」\"'.,:;→")
	if label == "" || len(label) > 2000 || strings.ContainsAny(label, " \n\t") {
		return ""
	}
	domain := ""
	findURLs(label, 1, func(h hit) {
		if u := newURL(h.raw, InText); h.at == 0 && (u.IP.IsValid() || u.Domain != u.Host ||
			isTLD(u.Host[strings.LastIndexByte(u.Host, '.')+1:])) {
			domain = u.Domain
		}
	})
	return domain
}

// newURL takes a URL apart as browsers do (WHATWG URL standard, "URL parsing"),
// which is more lenient than RFC 3986: backslashes count as slashes, tabs and line
// ends inside vanish, any number of slashes follows a web scheme.
func newURL(raw string, where Where) URL {
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

// scanURLs collects the URLs in a part's text.
func (p *parser) scanURLs(s shown, at place) {
	where := InText
	if at.raw {
		where = InRaw
	}
	labels := s.labels // in order, as the hits are
	whole := findURLs(s.text, p.lim.URLs*4, func(h hit) {
		for len(labels) > 0 && labels[0].end <= h.at {
			labels = labels[1:]
		}
		if len(labels) > 0 && labels[0].start <= h.at {
			return // the text of a link does not lead where it says
		}
		if at.raw && h.bare && !hasFold(s.text[h.at:], "www.") {
			return // headers and code are full of host names
		}
		p.urls.addText(h, where, at.foreign || s.lines.quotedAt(h.at))
	})
	p.urls.full = p.urls.full || !whole
}
