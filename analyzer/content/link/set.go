package link

import (
	"strings"

	"hisseki/analyzer/content/mime"
)

// Set keeps some of the URLs of a mail, in the order met, each once, and reports all.
type Set struct {
	List []URL
	Full bool // a site was met of which no URL could be kept, or URLs within one were too many

	limit int
	watch Watch
	index map[urlKey]int
	known map[string]bool // raw, wherever it stood
	sites map[siteKey]int // where in List a URL of the site is
}

// Watch says who is told of the URLs, and which of them are alike.
type Watch struct {
	// See is told of every URL, also of those that are not kept, before its quotes and
	// labels are known; an equal one that is kept comes once. It may be nil.
	See func(*URL)
	// Site returns what of a URL may be known to somebody. When many URLs are kept already,
	// one of each further site is. It may be nil: then the host is.
	Site func(*URL) string
}

// urlKey tells URLs apart.
type urlKey struct {
	raw   string
	where Where
}

// siteKey tells apart what is judged apart: what a page loads is not followed.
type siteKey struct {
	site   string
	loaded bool
}

// maxSites bounds the URLs that are kept beyond the limit, one of each site.
const maxSites = 2000

// NewSet returns a Set that keeps limit URLs, and one of each further site.
func NewSet(limit int, watch Watch) *Set {
	if watch.Site == nil {
		watch.Site = func(u *URL) string { return u.Host }
	}
	return &Set{limit: limit, watch: watch, index: make(map[urlKey]int),
		known: make(map[string]bool), sites: make(map[siteKey]int)}
}

// Known says whether a URL is kept already, wherever it stood.
func (s *Set) Known(raw string) bool { return s.known[raw] }

// add keeps a URL that is not kept yet, and those that stand within it.
func (s *Set) add(u URL) {
	s.keep(u)
	all := u.inner(func(to string) {
		v := parse(to, u.Where)
		v.Quoted, v.InFile, v.Within = u.Quoted, u.InFile, true
		if old := s.kept(v.Raw, v.Where); old != nil {
			old.Quoted = old.Quoted && v.Quoted
			return
		}
		s.keep(v)
	})
	s.Full = s.Full || !all
}

// keep keeps a URL that is not kept yet. Of a site that is, and when there is no room for
// more, the kept one takes over what weighs more.
func (s *Set) keep(u URL) {
	if s.watch.See != nil {
		s.watch.See(&u)
	}
	site := siteKey{s.watch.Site(&u), u.Where == InSrc}
	i, met := s.sites[site]
	switch {
	case len(s.List) < s.limit:
	case met:
		s.List[i].merge(&u)
		return
	case len(s.List) >= s.limit+maxSites:
		s.Full = true
		return
	}
	if !met {
		s.sites[site] = len(s.List)
	}
	u.look()
	s.index[urlKey{u.Raw, u.Where}] = len(s.List)
	s.known[u.Raw] = true
	s.List = append(s.List, u)
}

// merge makes a kept URL stand for another one as well.
func (u *URL) merge(other *URL) {
	u.Quoted = u.Quoted && other.Quoted
	u.InFile = u.InFile && other.InFile
	u.Defanged = u.Defanged && other.Defanged
	u.Bare = u.Bare && other.Bare
	u.UserInfo = u.UserInfo || other.UserInfo
	if other.Mismatch && !u.Mismatch {
		u.Shown, u.Mismatch = other.Shown, true
	}
}

// kept returns the kept URL that is equal but for what stands around it.
func (s *Set) kept(raw string, where Where) *URL {
	if i, ok := s.index[urlKey{raw, where}]; ok {
		return &s.List[i]
	}
	return nil
}

// AddText keeps a URL found in text.
func (s *Set) AddText(h Hit, where Where, quoted bool) {
	if old := s.kept(h.Raw, where); old != nil {
		old.Quoted = old.Quoted && quoted
		old.Defanged = old.Defanged && h.Defanged
		old.Bare = old.Bare && h.Bare
		old.InFile = false
		return
	}
	if where == InRaw && s.known[h.Raw] {
		return
	}
	u := parse(h.Raw, where)
	if old := s.kept(u.Raw, where); old != nil && u.Via != "" {
		old.Quoted = old.Quoted && quoted
		return
	}
	u.Quoted, u.Defanged, u.Bare = quoted, h.Defanged, h.Bare
	s.add(u)
}

// AddFile keeps a URL found in the text of a file.
func (s *Set) AddFile(h Hit, quoted bool) {
	if s.known[h.Raw] {
		return
	}
	u := parse(h.Raw, InText)
	u.Quoted, u.Defanged, u.Bare, u.InFile = quoted, h.Defanged, h.Bare, true
	s.add(u)
}

// Tell tells of a URL that may be there, and keeps it not: what only some see must be found by rules, and
// is no sign of anything.
func (s *Set) Tell(h Hit) {
	if s.watch.See != nil && !h.Bare && !s.known[h.Raw] {
		u := parse(h.Raw, InText)
		u.InFile = true
		s.watch.See(&u)
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
	u := parse(l.URL, l.Where)
	u.Quoted, u.InFile = quoted, file
	if l.Where == InHref && l.Label != "" {
		u.Shown = shownDomain(l.Label)
		u.Mismatch = u.Shown != "" && u.Domain != "" && u.Shown != u.Domain
	}
	if old := s.kept(u.Raw, u.Where); old != nil {
		old.Quoted = old.Quoted && u.Quoted
		old.Defanged = old.Defanged && u.Defanged
		if u.Mismatch && !old.Mismatch {
			old.Shown, old.Mismatch = u.Shown, true
		}
		return
	}
	s.add(u)
}

// shownDomain returns the registrable domain that a link's text shows, when the
// text is nothing but a URL or a host.
func shownDomain(label string) string {
	label = strings.Trim(label, " \t\n\u00a0\u3000<>[]()「」\"'.,:;→")
	if label == "" || len(label) > 2000 || strings.ContainsAny(label, " \n\t") ||
		mime.IsASCII(label) && strings.IndexByte(label, '.') < 0 {
		return ""
	}
	domain, first := "", true
	Find(label, func(h Hit) {
		if !first {
			return
		}
		first = false
		if u := parse(h.Raw, InText); h.At == 0 && (u.IP.IsValid() || u.Domain != u.Host ||
			isTLD(u.Host[strings.LastIndexByte(u.Host, '.')+1:])) {
			domain = u.Domain
		}
	})
	return domain
}
