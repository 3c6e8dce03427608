package link

import (
	"strings"
)

// urlKey tells URLs apart.
type urlKey struct {
	raw   string
	where Where
}

// Set keeps URLs in the order met, each once.
type Set struct {
	List []URL
	Full bool // there were more than are kept

	limit int
	index map[urlKey]int
	known map[string]bool // raw, wherever it stood
}

// NewSet returns a Set that keeps at most limit URLs.
func NewSet(limit int) *Set { return &Set{limit: limit} }

// Scan calls found for the URLs in text as Find does, and notes when there were more
// than may be looked at.
func (s *Set) Scan(text string, found func(Hit)) {
	if !Find(text, s.limit*scansPerURL, found) {
		s.Full = true
	}
}

// scansPerURL bounds the URLs looked at in one text for each that is kept.
const scansPerURL = 4

// Known tells whether a URL is kept already, wherever it stood.
func (s *Set) Known(raw string) bool { return s.known[raw] }

// add keeps a URL; an equal one that stands in the author's own text makes the kept
// one not quoted.
func (s *Set) add(u URL) *URL {
	if s.index == nil {
		s.index = make(map[urlKey]int)
		s.known = make(map[string]bool)
	}
	key := urlKey{u.Raw, u.Where}
	if i, ok := s.index[key]; ok {
		old := &s.List[i]
		old.Quoted = old.Quoted && u.Quoted
		old.Defanged = old.Defanged && u.Defanged
		if u.Mismatch && !old.Mismatch {
			old.Shown, old.Mismatch = u.Shown, true
		}
		return old
	}
	if len(s.List) >= s.limit {
		s.Full = true
		return nil
	}
	s.index[key] = len(s.List)
	s.known[u.Raw] = true
	s.List = append(s.List, u)
	return &s.List[len(s.List)-1]
}

// AddText keeps a URL found in text.
func (s *Set) AddText(h Hit, where Where, quoted bool) {
	if i, ok := s.index[urlKey{h.Raw, where}]; ok {
		s.List[i].Quoted = s.List[i].Quoted && quoted
		s.List[i].Defanged = s.List[i].Defanged && h.Defanged
		return
	}
	if where == InRaw && s.known[h.Raw] {
		return
	}
	if len(s.List) >= s.limit {
		s.Full = true
		return
	}
	u := New(h.Raw, where)
	u.Quoted, u.Defanged = quoted, h.Defanged
	s.add(u)
}

// AddFile keeps a URL found in the text of a file.
func (s *Set) AddFile(h Hit, quoted bool) {
	if s.known[h.Raw] {
		return
	}
	s.AddText(h, InText, quoted)
	if n := len(s.List); n > 0 && s.List[n-1].Raw == h.Raw {
		s.List[n-1].InFile = true
	}
}

// A Ref is a URL that markup refers to.
type Ref struct {
	URL   string // absolute
	Where Where
	Label string // text of the link, for InHref
}

// AddRef keeps a URL that markup refers to.
func (s *Set) AddRef(l Ref, quoted, file bool) {
	if len(s.List) >= s.limit {
		if _, ok := s.index[urlKey{l.URL, l.Where}]; !ok {
			s.Full = true
			return
		}
	}
	u := New(l.URL, l.Where)
	u.Quoted, u.InFile = quoted, file
	if l.Where == InHref {
		u.Shown = shownDomain(l.Label)
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
	Find(label, 1, func(h Hit) {
		if u := New(h.Raw, InText); h.At == 0 && (u.IP.IsValid() || u.Domain != u.Host ||
			isTLD(u.Host[strings.LastIndexByte(u.Host, '.')+1:])) {
			domain = u.Domain
		}
	})
	return domain
}
