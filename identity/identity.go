// Package identity says whose mail a mail is: it turns what SMTP and a relay that is believed
// tell of a client into the sender's key, for the milter and for replays alike.
package identity

import (
	"net/netip"
	"slices"
	"strings"

	"hisseki/analyzer"
	"hisseki/internal/mailbox"
	"hisseki/internal/received"
)

// Identity turns what SMTP says about a client into the sender's key. The zero value
// takes logins as they are, in lower case, and believes no header.
type Identity struct {
	DefaultRealm string // appended to a login without "@", so alice is alice@example.org
	// Realms are those that there are, in lower case: a login with another one is one without. None
	// takes every realm as it is.
	Realms []string
	// AppSeparator begins the part of a login's name that distinguishes one of its programs from
	// another, such as "+" in alice+phone@example.org; "" when there is no such thing.
	AppSeparator string
	Aliases      map[string]string // normalised login to the login whose habits it shares
	Webmail      []netip.Prefix    // hosts whose ClientHeader is believed, nobody else's is
	ClientHeader string            // the header in which webmail names its user's address
	Relays       []Relay           // the first that a mail comes from and that names an account is believed
}

// Identify fills in Sender and Class from the rest of the mail, and the person's address
// where a host that is believed wrote it.
func (id *Identity) Identify(m *analyzer.Mail) {
	for i := range id.Relays {
		if r := &id.Relays[i]; m.Login == "" && r.hands(&m.Envelope) && r.identify(id, m) {
			return
		}
	}
	id.sender(&m.Envelope)
	if client := id.client(m); client != m.Client {
		m.Client, m.ClientName = client, "" // the name is the webmail host's
	}
}

// sender fills in Sender and Class from the other fields of the envelope.
func (id *Identity) sender(e *analyzer.Envelope) {
	from := mailbox.Lower(e.MailFrom)
	switch {
	case e.Login != "":
		e.Class, e.Sender = analyzer.Account, id.Normal(e.Login)
	case from == "":
		e.Class, e.Sender = analyzer.Null, "null:"+source(e)
	default:
		e.Class = analyzer.Application
		e.Sender = "app:" + source(e) + "|" + applicationOf(from, e.Recipients)
	}
}

// Principal names who answers for the memory that a mail takes: the account, else the
// client's network. Of the mail nothing but the envelope need be known.
func (id *Identity) Principal(e *analyzer.Envelope) string {
	if e.Login != "" {
		return "account:" + id.Normal(e.Login)
	}
	for i := range id.Relays {
		if r := &id.Relays[i]; r.hands(e) {
			if account := r.mailFrom(id, e.MailFrom); account != "" {
				return "account:" + id.Normal(account)
			}
		}
	}
	return "client:" + source(e)
}

// OfRelay returns whose mail it is that a relay handed over, and the address by which the relay
// names him; "" where none that is believed does.
func (id *Identity) OfRelay(m *analyzer.Mail) (sender, address string) {
	for i := range id.Relays {
		r := &id.Relays[i]
		if m.Login == "" && r.hands(&m.Envelope) && r.proved(m) {
			if address, _ := r.named(id, m); address != "" {
				return id.Normal(address), address
			}
		}
	}
	return "", ""
}

// Names says whether fields of a name say whose mail it is, or from where, or that it is ours.
func (id *Identity) Names(field string) bool {
	if strings.EqualFold(field, id.ClientHeader) {
		return true
	}
	for i := range id.Relays {
		r := &id.Relays[i]
		named := func(s Source) bool {
			return s.Kind == Header && strings.EqualFold(s.Header, field) || s.Kind == From && strings.EqualFold("From", field)
		}
		if slices.ContainsFunc(r.Account, named) || slices.ContainsFunc(r.Client, named) ||
			slices.ContainsFunc(r.Proof, func(p Proof) bool { return strings.EqualFold(p.Name, field) }) {
			return true
		}
	}
	return false
}

// Normal returns the login whose habits count: the sender of its mail. An alias may be given with its suffix.
func (id *Identity) Normal(login string) string {
	login = mailbox.Lower(strings.Trim(login, " \t\r\n"))
	name, realm, ok := cutLast(login, "@")
	if ok && !id.knows(realm) || !ok {
		realm = mailbox.Lower(id.DefaultRealm)
		ok = realm != ""
	}
	full := join(name, realm, ok)
	if other, ok := id.Aliases[full]; ok {
		return other
	}
	if id.AppSeparator == "" {
		return full
	}
	if i := strings.Index(name, id.AppSeparator); i > 0 {
		full = join(name[:i], realm, ok)
	}
	if other, ok := id.Aliases[full]; ok {
		return other
	}
	return full
}

// knows says whether a realm distinguishes accounts. Where it does not, for SASL ignores it,
// alice@anything is alice, and must be no account without a past. The domains of relays do.
func (id *Identity) knows(realm string) bool {
	return len(id.Realms) == 0 || realm == mailbox.Lower(id.DefaultRealm) || slices.Contains(id.Realms, realm) ||
		slices.ContainsFunc(id.Relays, func(r Relay) bool { return slices.Contains(r.Domains, realm) })
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func join(name, realm string, ok bool) string {
	if !ok {
		return name
	}
	return name + "@" + realm
}

// source names an unauthenticated client: its network (an application that moves within
// one /24 or /48 stays itself), or the daemon when there is no network.
func source(e *analyzer.Envelope) string {
	a := e.Client.Unmap()
	if !a.IsValid() {
		return e.Daemon
	}
	bits := 24
	if a.Is6() {
		bits = 48
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return a.String()
	}
	return p.String()
}

// client returns the address of the person behind a trusted webmail host: the last
// ClientHeader, which is the one the host itself wrote, for it wrote the whole mail. Without
// a readable header the webmail host's own address says nothing and is dropped.
//
//	Received: from [203.0.113.9] by webmail.example.jp with HTTP    Roundcube, for "Received"
func (id *Identity) client(m *analyzer.Mail) netip.Addr {
	if id.ClientHeader == "" || !within(id.Webmail, m.Client) {
		return m.Client
	}
	for i := len(m.Header) - 1; i >= 0; i-- {
		if !strings.EqualFold(m.Header[i].Name, id.ClientHeader) {
			continue
		}
		if strings.EqualFold(id.ClientHeader, "Received") {
			return received.From(m.Header[i].Value).Addr
		}
		a, _ := addressIn(m.Header[i].Value)
		return a
	}
	return netip.Addr{}
}

// within says whether an address lies in one of some networks.
func within(list []netip.Prefix, a netip.Addr) bool {
	a = a.Unmap()
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// addressIn reads what a header says of a client: 203.0.113.9, [203.0.113.9],
// [IPv6:2001:db8::9] (RFC 5321 4.1.3). Its zone, if any, means nothing here.
func addressIn(value string) (netip.Addr, bool) {
	value = strings.Trim(strings.TrimSpace(value), "[]")
	if len(value) > 5 && strings.EqualFold(value[:5], "IPv6:") {
		value = value[5:]
	}
	a, err := netip.ParseAddr(value)
	return a.Unmap().WithZone(""), err == nil
}
