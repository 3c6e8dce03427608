package identity

import (
	"net/netip"
	"slices"
	"strings"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/internal/mailbox"
	"hisseki/internal/received"
)

// Relay is a host that hands mail over for accounts which logged in there, not here: a cloud
// provider, groupware, another MTA. What it says of an account is believed; what others
// write in the same places is not.
type Relay struct {
	Name string
	// A mail comes from the relay where its client is one of Hosts, or showed a certificate
	// that the MTA verified for the name Certificate.
	Hosts       []netip.Prefix
	Certificate string
	// Proof are fields that the mail must carry to be ours. A provider's hosts hand over the
	// mail of all its customers; only such a field says which customer's it is.
	Proof []Proof
	// Domains of our accounts, in lower case.
	Domains []string
	Account []Source // where the account is named; the first that names one of ours counts
	Client  []Source // where the person's address stands; the first that names one counts
	// Inside are the addresses of the relay's own machines in Received fields, beside Hosts.
	Inside []netip.Prefix

	any bool // domain is ours
}

// Source is a place in a mail. With Header it is the topmost field of that name, which is the
// one that was added last.
type Source struct {
	Kind   SourceKind
	Header string
	// Last takes the last field of the name: where the relay wrote the whole mail, as webmail
	// does, or adds its own at the end.
	Last bool
}

// SourceKind says what kind of place a Source is.
type SourceKind string

// Kinds of sources. Header may name an account or an address, Received an address, the others
// an account.
const (
	Header   SourceKind = "header"
	MailFrom SourceKind = "mail_from"
	From     SourceKind = "from"
	Received SourceKind = "received"
)

// String writes a source as the configuration does.
func (s Source) String() string {
	switch {
	case s.Kind != Header:
		return string(s.Kind)
	case s.Last:
		return "header:" + s.Header + ":last"
	}
	return "header:" + s.Header
}

// Proof is a field and its value, such as X-OriginatorOrg: example.jp.
type Proof struct{ Name, Value string }

// hands says whether the relay is who hands a mail over.
func (r *Relay) hands(e *analyzer.Envelope) bool {
	return e.Client.IsValid() && within(r.Hosts, e.Client) ||
		r.Certificate != "" && strings.EqualFold(e.CertSubject, r.Certificate)
}

// identify fills in who sent a mail of this relay, and from where. It returns false, and
// changes nothing, where no account of ours is named by a place that counts.
func (r *Relay) identify(id *Identity, m *analyzer.Mail) bool {
	if !r.proved(m) {
		return false
	}
	address, by := r.named(id, m)
	if address == "" {
		return false
	}
	m.Class, m.Sender = analyzer.Account, id.Normal(address)
	m.Relay, m.NamedBy = r.Name, by.String()
	m.Automatic = automatic(m)
	m.Client, m.ClientName, m.Helo = r.client(m), "", "" // those of the relay say nothing
	return true
}

// named returns the address of ours that a mail of this relay names, and the place where.
func (r *Relay) named(id *Identity, m *analyzer.Mail) (address string, by Source) {
	for _, s := range r.Account {
		if address := r.account(id, m, s); address != "" {
			return address, s
		}
	}
	return "", Source{}
}

// proved says whether a mail carries what shows that it is ours. Every field of the name must
// have the value: who adds a second one wants to be taken for somebody else.
func (r *Relay) proved(m *analyzer.Mail) bool {
	for _, p := range r.Proof {
		found := false
		for i := range m.Header {
			if !strings.EqualFold(m.Header[i].Name, p.Name) {
				continue
			}
			if !strings.EqualFold(strings.TrimSpace(m.Header[i].Value), p.Value) {
				return false
			}
			found = true
		}
		if !found {
			return false
		}
	}
	return true
}

// account returns the address of ours that a place names, "" for none.
func (r *Relay) account(id *Identity, m *analyzer.Mail, s Source) string {
	switch s.Kind {
	case Header:
		return r.ours(id, addressOf(topmost(m.Header, s)))
	case MailFrom:
		return r.mailFrom(id, m.MailFrom)
	case From:
		// A MAIL FROM of somebody else's says that the mail is not this account's own: it was
		// forwarded, or sent by a service in its name.
		if r.mailFrom(id, m.MailFrom) == "" {
			return ""
		}
		return r.ours(id, addressOf(only(m.Header, "From")))
	}
	return ""
}

// mailFrom returns the address of ours that a MAIL FROM names, "" for none: of other domains, of
// nobody, or of a machine that hands somebody else's mail on.
func (r *Relay) mailFrom(id *Identity, from string) string {
	from = mailbox.Lower(from)
	if from == "" || forwards(from) {
		return ""
	}
	return r.ours(id, unstamped(from, r.owns))
}

// owns says whether a domain is one of our accounts'.
func (r *Relay) owns(domain string) bool { return r.any || slices.Contains(r.Domains, domain) }

// ours returns an address that is one of our accounts', "" for others.
func (r *Relay) ours(id *Identity, address string) string {
	if len(address) > maxAddress {
		return ""
	}
	address = mailbox.Lower(mailbox.Canonical(address))
	if address == "" || strings.ContainsAny(address, " \t\r\n\"<>|") {
		return ""
	}
	name, domain, ok := cutLast(address, "@")
	if !ok {
		domain = id.DefaultRealm // as a login is written
	}
	domain = mailbox.Domain(domain)
	if name == "" || domain == "" || !r.owns(domain) {
		return ""
	}
	return name + "@" + domain
}

// maxAddress is the length of a mailbox (RFC 5321 4.5.3.1).
const maxAddress = 320

// topmost returns the value of the field that a source names, "" for none.
func topmost(fields []content.Field, s Source) string {
	value := ""
	for i := range fields {
		if strings.EqualFold(fields[i].Name, s.Header) {
			value = fields[i].Value
			if !s.Last {
				break
			}
		}
	}
	return value
}

// only returns the value of a field that a mail has once, "" where it has none or several: whoever
// checks one of two (RFC 5322 3.6 allows one From) may have checked the other.
func only(fields []content.Field, name string) (value string) {
	seen := false
	for i := range fields {
		if !strings.EqualFold(fields[i].Name, name) {
			continue
		}
		if seen {
			return ""
		}
		value, seen = fields[i].Value, true
	}
	return value
}

// maxField bounds what is read of a field that names an account.
const maxField = 2 << 10

// addressOf returns the one address in a field; "" where there are more, for nobody could say
// which of them is meant.
//
//	alice@example.jp    Alice <alice@example.jp>    smtp:alice@example.jp
func addressOf(value string) string {
	value = strings.TrimSpace(value)
	if value == "" || len(value) > maxField {
		return ""
	}
	if rest, ok := strings.CutPrefix(strings.ToLower(value), "smtp:"); ok {
		value = strings.TrimSpace(rest)
	}
	if !strings.ContainsAny(value, " \t\r\n,;<>\"()") {
		return value
	}
	c := content.Parse(content.Source{Header: []content.Field{{Name: "From", Value: value}}},
		content.Limits{})
	if len(c.From) != 1 {
		return ""
	}
	return c.From[0].Addr
}

// client returns the address of the person who gave a mail to the relay, the zero address
// where no place names one.
func (r *Relay) client(m *analyzer.Mail) netip.Addr {
	for _, s := range r.Client {
		var a netip.Addr
		if s.Kind == Received {
			a = r.firstHop(m.Header)
		} else {
			a, _ = addressIn(topmost(m.Header, s))
		}
		if personal(a) && !within(r.Hosts, a) && !within(r.Inside, a) {
			return a
		}
	}
	return netip.Addr{}
}

// personal says whether an address may be a person's: not a machine's talk with itself.
func personal(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !(a.Is4() && a.As4()[0] == 0)
}

// maxHops bounds the Received fields that are read.
const maxHops = 30

// firstHop returns the address from which the relay got the mail. It follows the Received
// fields from the top as long as each tells of a machine of the relay's. The first that tells
// of somebody else is the last one that the relay wrote: what stands below it the client may
// have written.
func (r *Relay) firstHop(fields []content.Field) netip.Addr {
	hops := 0
	for i := range fields {
		if !strings.EqualFold(fields[i].Name, "Received") {
			continue
		}
		if hops++; hops > maxHops {
			break
		}
		a := received.Hop(fields[i].Value).Addr
		if personal(a) && !within(r.Hosts, a) && !within(r.Inside, a) {
			return a
		}
	}
	return netip.Addr{}
}
