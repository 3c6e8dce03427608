package analyzer

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"hisseki/analyzer/content"
	"hisseki/baseline"
)

// Place is where a client address is, as far as the admin's databases know.
type Place struct {
	Country  string // ISO 3166 code, "" unknown
	Provider string // "AS64500 Example", "" unknown
}

// Locator looks addresses up. It must be fast and safe for concurrent use.
type Locator interface {
	Locate(netip.Addr) Place
}

// maxRecipients is how many recipients of one mail are looked at one by one. More than
// a thousand say no more about habit than the first thousand, and cost memory.
const maxRecipients = 1000

// observe takes the habits that one mail shows. The signals' levels are filled in later.
func (a *Analyzer) observe(m *Mail, c *content.Content) (baseline.Observation, Place) {
	o := baseline.Observation{
		At:         m.Time.UTC().Truncate(time.Second),
		Recipients: len(m.Recipients),
	}
	h := a.hash
	set := func(f baseline.Family, values ...string) { o.Keys[f] = h.keys(f, values...) }
	var addrs, domains []string
	for _, r := range m.Recipients[:min(len(m.Recipients), maxRecipients)] {
		r = strings.ToLower(r)
		addrs = append(addrs, r)
		domains = append(domains, addressDomain(r))
	}
	set(baseline.Recipient, addrs...)
	o.To = a.circles(m, c, addrs)
	set(baseline.RecipientDomain, domains...)
	var place Place
	if m.Client.IsValid() {
		if a.cfg.Locate != nil {
			place = a.cfg.Locate.Locate(m.Client)
		}
		set(baseline.Network, network(m.Client, 24, 48))
		set(baseline.Provider, provider(m.Client, place))
		set(baseline.Country, place.Country)
		if m.Helo != "" {
			set(baseline.Helo, heloShape(m.Helo))
		}
	}
	set(baseline.Mailer, mailerName(c))
	set(baseline.IDShape, idShape(c.MessageID))
	set(baseline.HeaderShape, headerShape(c))
	set(baseline.Encoding, encodingShape(c))
	set(baseline.Zone, c.Zone)
	set(baseline.From, firstAddr(c.From)+"|"+strings.ToLower(m.MailFrom))
	set(baseline.ReplyTo, addressDomain(firstAddr(c.ReplyTo)))
	set(baseline.Hour, partOfWeek(m.Time))
	var kinds, sites, quoted []string // a shared host is a habit too, beside its pages
	for _, f := range c.Attachments {
		kinds = append(kinds, string(f.Kind))
	}
	set(baseline.File, kinds...)
	for i := range c.URLs {
		s := site(&c.URLs[i])
		if s != "" && c.URLs[i].Quoted {
			quoted = append(quoted, s)
		} else if s != "" {
			sites = append(sites, s)
			sites = append(sites, rooms(&c.URLs[i])...)
		}
	}
	set(baseline.Site, sites...)
	o.Keys[baseline.Quoted] = h.keys(baseline.Site, quoted...) // they are compared with sites
	set(baseline.Contact, contactKeys(c)...)
	st := a.styles.of(c.Own)
	set(baseline.Phrase, st.phrases...)
	o.Letters, o.SimHash, o.Style = st.letters, st.simHash, st.counts
	return o, place
}

// circles returns in which circles of people a mail's recipients are, a bit each, without the
// sender himself. One circle is everybody of a domain, for whoever has a box there may have
// two; of the own domain each address is one, for nobody else has a box there.
func (a *Analyzer) circles(m *Mail, c *content.Content, recipients []string) (to uint8) {
	own := addressDomain(m.Sender)
	for _, r := range recipients {
		if isSelf(m, c, r) {
			continue
		}
		circle := addressDomain(r)
		if circle == own {
			circle = r
		}
		to |= 1 << (a.hash.key(baseline.RecipientDomain, circle) % baseline.Circles)
	}
	return to
}

// isSelf says whether an address is the sender's own.
func isSelf(m *Mail, c *content.Content, addr string) bool {
	return addr == m.Sender || addr == strings.ToLower(m.Login) || addr == strings.ToLower(m.MailFrom) ||
		addr == firstAddr(c.From)
}

// site returns what of a URL is a habit: the registrable domain; where anyone can have
// a name of their own, that name; and where anyone can put a page on a shared host, the
// host with the label that names the page, for there the host says nothing.
func site(u *content.URL) string {
	if u.Host == "" {
		return ""
	}
	l := lists()
	if _, page := l.page(u.Host, u.Path); page != "" {
		return page
	}
	if l.published(u.Host) != "" {
		return u.Host
	}
	return u.Domain
}

// rooms are what of a URL is a habit beside its site: the shared host, or the part of a much visited
// site.
func rooms(u *content.URL) []string {
	l := lists()
	if shared, _ := l.page(u.Host, u.Path); shared != "" {
		return []string{shared}
	}
	if room := l.room(u); room != "" {
		return []string{room}
	}
	return nil
}

// pageLabel returns the label of a path that names the page: the first that looks like
// an identifier ("file" and "d" in /file/d/1AbC.../view are the service's), or the first.
func pageLabel(path string) string {
	labels := strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune("/?#&=", r) })
	for _, l := range labels {
		if len(l) >= 6 && strings.ContainsFunc(l, func(r rune) bool { return r < 'a' || r > 'z' }) {
			return l
		}
	}
	if len(labels) == 0 {
		return ""
	}
	return labels[0]
}

// addressDomain returns the registrable domain of an address, or its domain.
func addressDomain(addr string) string {
	i := strings.LastIndexByte(addr, '@')
	if i < 0 {
		return ""
	}
	d := strings.Trim(strings.ToLower(addr[i+1:]), ".")
	if r, err := publicsuffix.EffectiveTLDPlusOne(d); err == nil {
		return r
	}
	return d
}

func firstAddr(list []content.Address) string {
	if len(list) == 0 {
		return ""
	}
	return list[0].Addr
}

// network returns the prefix that an address is counted by.
func network(a netip.Addr, bits4, bits6 int) string {
	a = a.Unmap()
	bits := bits4
	if a.Is6() {
		bits = bits6
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}

// provider is the autonomous system, or the /16 or /32 that stands for it.
func provider(a netip.Addr, p Place) string {
	if p.Provider != "" {
		return p.Provider
	}
	return network(a, 16, 32)
}

// partOfWeek cuts the week into six-hour parts of working days and week ends, in UTC:
// coarse, because four of five attacks fall into the victim's usual hours anyway (Ho et
// al., USENIX Security 2019), and the organisation's own zone only shifts the parts.
func partOfWeek(t time.Time) string {
	kind := "working day"
	if d := t.UTC().Weekday(); d == time.Saturday || d == time.Sunday {
		kind = "week end"
	}
	return fmt.Sprintf("%s %d", kind, t.UTC().Hour()/6)
}

// openerCloser returns the first and the last line of the author's own text, folded:
// the most personal lines of a mail.
func openerCloser(own string) []string {
	first, last, n := "", "", 0
	for line := range strings.Lines(own) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if n++; n == 1 {
			first = line
		}
		last = line
	}
	if n < 2 {
		return nil
	}
	folded := func(line string) string {
		return clip(strings.Join(strings.Fields(strings.ToLower(line)), " "), 40)
	}
	return []string{"o:" + folded(first), "c:" + folded(last)}
}

// clip cuts a string to at most n characters.
func clip(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
