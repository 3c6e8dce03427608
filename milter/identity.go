package milter

import (
	"net/netip"
	"strings"

	"hisseki/analyzer"
)

// Identity turns what SMTP says about a client into the sender's key.
type Identity struct {
	DefaultRealm string            // appended to a login without "@", so alice is alice@example.org
	Aliases      map[string]string // normalised login to the login whose habits it shares
	Webmail      []netip.Prefix    // hosts whose ClientHeader is believed, nobody else's is
	ClientHeader string            // the header in which webmail names its user's address
}

// sender fills in Sender and Class from the other fields of the envelope.
func (id *Identity) sender(e *analyzer.Envelope) {
	from := strings.ToLower(e.MailFrom)
	switch {
	case e.Login != "":
		e.Class, e.Sender = analyzer.Account, id.normal(e.Login)
	case from == "":
		e.Class, e.Sender = analyzer.Null, "null:"+source(e)
	default:
		e.Class, e.Sender = analyzer.Application, "app:"+source(e)+"|"+from
	}
}

func (id *Identity) normal(login string) string {
	login = strings.ToLower(strings.TrimSpace(login))
	if !strings.Contains(login, "@") && id.DefaultRealm != "" {
		login += "@" + strings.ToLower(id.DefaultRealm)
	}
	if other, ok := id.Aliases[login]; ok {
		return other
	}
	return login
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
// ClientHeader, which is the one the host itself wrote. Without a readable header the
// webmail host's own address says nothing and is dropped.
func (id *Identity) client(m *analyzer.Mail) netip.Addr {
	trusted := false
	for _, p := range id.Webmail {
		trusted = trusted || p.Contains(m.Client.Unmap())
	}
	if !trusted || id.ClientHeader == "" {
		return m.Client
	}
	for i := len(m.Header) - 1; i >= 0; i-- {
		if !strings.EqualFold(m.Header[i].Name, id.ClientHeader) {
			continue
		}
		value := strings.Trim(strings.TrimSpace(m.Header[i].Value), "[]")
		if a, err := netip.ParseAddr(strings.TrimPrefix(value, "IPv6:")); err == nil {
			return a
		}
		break
	}
	return netip.Addr{}
}
