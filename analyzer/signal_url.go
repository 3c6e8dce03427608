package analyzer

import (
	"fmt"
	"slices"
	"strings"

	"hisseki/analyzer/content"
	"hisseki/baseline"
)

// popularRank is how far down the list of the most visited domains a host counts as
// known to the world. Phishing on hosts of one's own is not visited by many.
const popularRank = 20000

// linkFound is a link of the mail that its sender does not use.
type linkFound struct {
	url   *content.URL
	site  string
	key   baseline.Key // of the site
	level int          // of unknownURL
	why   string
}

// unusualLinks looks at every link that a reader may open. A partner's link in the quoted
// mail is no news; but what is quoted without answering any mail, or to one reader after
// another, may be quoted only to hide it.
func (v *view) unusualLinks() (list []linkFound) {
	answers := len(v.c.InReplyTo)+len(v.c.References) > 0
	quoted := make(map[baseline.Key]bool)
	for i := range v.c.URLs {
		u := &v.c.URLs[i]
		s := site(u)
		if s == "" || u.Where == content.InSrc || v.allowed(u) {
			continue
		}
		k := v.hasher.key(baseline.Site, s)
		if level, why := urlLevel(v, u, k); level > 0 {
			list = append(list, linkFound{u, s, k, level, why})
			if u.Quoted && answers {
				quoted[k] = true
			}
		}
	}
	if len(quoted) == 0 {
		return list
	}
	elsewhere := v.state.elsewhere(quoted, v.o)
	for i := range list {
		if l := &list[i]; l.url.Quoted && !elsewhere[l.key] {
			l.level = min(l.level, urlOrg)
		}
	}
	return list
}

// unknownSites are the sites of the links that nobody here uses.
func unknownSites(v *view) (marks []baseline.Key) {
	for i := range v.links {
		if v.links[i].level >= urlPage {
			marks = append(marks, v.links[i].key)
		}
	}
	return marks
}

// unknownURL: the most unusual URL of the author's own text.
// Levels: 1 new to the sender but known in the organisation, or another part of a much visited
// site that he uses, 2 a much visited site, 3 a
// new page on a shared host that the sender uses, 4 a new page on another shared host, 5
// a host new to sender, organisation and world, 6 the same and built to deceive (IP
// address, look-alike, user part, link text of another domain, a top-level domain with
// much abuse).
func unknownURL(v *view) reading {
	r := reading{ok: true, usual: fmt.Sprintf("%d known sites", v.sender.Count(baseline.Site))}
	for i := range v.links {
		l := &v.links[i]
		level, why := l.level, l.why
		if level >= urlPage && v.begunByMany(l.key) {
			level, why = urlOrg, "which other accounts began to use in the last days"
		}
		r.urls = append(r.urls, l.url)
		if level > r.level {
			r.level, r.observed = level, l.site
			r.text = fmt.Sprintf("%s to %s, %s", linkIn(l.url), l.site, why)
		}
	}
	if r.level <= urlPopular {
		r.most = weakLure
	}
	return r
}

// linkIn says where a link stands that is not in the text.
func linkIn(u *content.URL) string {
	switch {
	case u.Where == content.InCode:
		return "a link in a QR code"
	case u.InFile:
		return "a link in an attached file"
	}
	return "a link"
}

// manyAccounts is how many other accounts make a novelty the organisation's: a signature
// with a new link, an invitation that everybody forwards.
const manyAccounts = 3

// begunByMany says whether other accounts began to send a mark in the last days, and none of
// them was held for it.
func (v *view) begunByMany(mark baseline.Key) bool {
	return v.carried[mark].accounts >= manyAccounts || v.isNewSignature(mark)
}

// weakLure is the most points of what others send every day: a site that the organisation has
// known for a day, or the world, a harmless kind of file. An attacker's site is rare everywhere
// (Ho et al., USENIX Security 2019); where anybody can publish on a much visited site, the page
// counts.
const weakLure = 0.9

// Levels of unknownURL that other code names.
const (
	urlOrg     = 1 // known in the organisation
	urlPopular = 2 // known to the world
	urlPage    = 3 // from here on the link is unknown and marks a campaign
)

func urlLevel(v *view, u *content.URL, k baseline.Key) (int, string) {
	if v.sender.Accepts(baseline.Site, k, v.today) {
		if v.isOtherRoom(u) {
			return urlOrg, "another part than this account and the organisation use of a much visited site"
		}
		return 0, ""
	}
	if v.org.Known(baseline.Site, k, v.today) {
		return urlOrg, "new to this account, known in the organisation"
	}
	l := lists()
	if shared, _ := l.page(u.Host, u.Path); shared != "" {
		host := v.hasher.key(baseline.Site, shared)
		if v.sender.Accepts(baseline.Site, host, v.today) {
			return urlPage, "a new page on a shared host that this account uses"
		}
		return 4, "a new page on a host where anyone can publish"
	}
	if isPopular(l, u.Domain) {
		return urlPopular, "new to this account, but a much visited site"
	}
	if why := deceit(l, u); why != "" {
		return 6, "unknown to this account and the organisation, " + why
	}
	return 5, "unknown to this account, to the organisation and among much visited sites"
}

// isOtherRoom says whether a URL leads to a part of a much visited site that nobody here uses.
func (v *view) isOtherRoom(u *content.URL) bool {
	room := lists().room(u)
	if room == "" {
		return false
	}
	k := v.hasher.key(baseline.Site, room)
	return !v.sender.Accepts(baseline.Site, k, v.today) && !v.org.Known(baseline.Site, k, v.today)
}

func isPopular(l hostLists, domain string) bool {
	rank := l.popular[domain]
	return rank > 0 && rank <= popularRank
}

// deceit names what is built to deceive in a URL, or "".
func deceit(l hostLists, u *content.URL) string {
	switch {
	case u.IP.IsValid():
		return "an address instead of a name"
	case u.UserInfo:
		return "with a user part that looks like a host"
	case u.Mismatch:
		return "while the link's text shows another domain"
	case u.Mixed || u.LooksLike != "":
		return "with look-alike letters"
	case l.tlds[u.Host[strings.LastIndexByte(u.Host, '.')+1:]]:
		return "under a top-level domain with much abuse"
	}
	return ""
}

// maxNoted bounds the unusual URLs, and their domains, that the journal keeps of a mail.
const maxNoted = 20

// noted returns URLs and their domains as the journal keeps them.
func noted(list []*content.URL) (urls, domains []string) {
	for _, u := range list {
		if len(urls) < maxNoted {
			urls = append(urls, clip(u.Raw, 300))
		}
		if len(domains) < maxNoted && !slices.Contains(domains, u.Domain) {
			domains = append(domains, u.Domain)
		}
	}
	return urls, domains
}
