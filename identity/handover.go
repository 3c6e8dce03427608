package identity

import (
	"net/netip"
	"slices"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
)

// Anywhere is a relay of every domain, for replays of mail of which no configuration tells the
// relay. Nobody can connect as it.
func Anywhere() Relay {
	return Relay{Name: "replay", any: true, Hosts: []netip.Prefix{netip.MustParsePrefix("192.0.2.25/32")},
		Account: []Source{{Kind: MailFrom}}, Client: []Source{{Kind: Header, Header: "X-Originating-IP"}}}
}

// Relay returns the relay of a name.
func (id *Identity) Relay(name string) (*Relay, bool) {
	i := slices.IndexFunc(id.Relays, func(r Relay) bool { return r.Name == name })
	if i < 0 {
		return nil, false
	}
	return &id.Relays[i], true
}

// HandOver makes of a past mail what this relay would have handed over: no login, the relay
// as the client, and what proves the mail. With told, the person's address is as it is known,
// in the place where the relay writes it; without, it is what stands in the mail. Then the
// mail is identified as any other.
func (r *Relay) HandOver(id *Identity, m *analyzer.Mail, told bool) {
	client := m.Client
	m.Login, m.AuthType, m.CertSubject, m.Client, m.ClientName = "", "", r.Certificate, netip.Addr{}, ""
	if len(r.Hosts) > 0 {
		m.Client = r.Hosts[0].Addr()
	}
	var added []content.Field
	for _, p := range r.Proof {
		if !r.proved(m) {
			added = append(added, content.Field{Name: p.Name, Value: p.Value})
		}
	}
	if told && client.IsValid() && len(r.Client) > 0 {
		added = append(added, r.Client[0].write(client, m.Time))
	}
	m.Header = append(added, m.Header...)
	alone := *id
	alone.Relays = []Relay{*r}
	alone.Identify(m)
}

// write is a field in which a source names an address.
func (s Source) write(client netip.Addr, at time.Time) content.Field {
	if s.Kind == Received {
		return content.Field{Name: "Received", Value: "from client ([" + client.String() +
			"]) by relay with ESMTPSA; " + at.Format(time.RFC1123Z)}
	}
	return content.Field{Name: s.Header, Value: "[" + client.String() + "]"}
}
