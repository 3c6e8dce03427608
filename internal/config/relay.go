package config

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"hisseki/internal/mailbox"
)

// Relay is a host that hands mail over for accounts which logged in there.
type Relay struct {
	Name        string    `toml:"name"`
	Hosts       []Network `toml:"hosts"`
	HostsFile   string    `toml:"hosts_file"`  // one address or network a line
	Certificate string    `toml:"certificate"` // the name in a client's verified certificate
	Proof       []string  `toml:"proof"`       // "X-OriginatorOrg: example.jp"
	Domains     []string  `toml:"domains"`     // of our accounts
	Account     []Place   `toml:"account"`
	Client      []Place   `toml:"client"`
	Inside      []Network `toml:"inside"` // the relay's own machines in Received fields

	fileHosts []Network // what HostsFile says
}

// AllHosts are the addresses of the relay, of the setting and of the file.
func (r *Relay) AllHosts() []netip.Prefix {
	var out []netip.Prefix
	for _, n := range slices.Concat(r.Hosts, r.fileHosts) {
		out = append(out, netip.Prefix(n))
	}
	return out
}

// Place is where in a mail an account or an address stands: "header:NAME" (the topmost field
// of that name), "header:NAME:last", "mail_from", "from", "received".
type Place struct {
	Kind string // "header", or the whole text
	Name string // of a header field
	Last bool
}

// fieldName is what RFC 5322 2.2 lets a field be called, as far as anybody does.
var fieldName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Place) UnmarshalText(text []byte) error {
	kind, rest, _ := strings.Cut(string(text), ":")
	switch {
	case kind != "header":
		*p = Place{Kind: string(text)}
		return nil
	case strings.HasSuffix(rest, ":last"):
		*p = Place{Kind: kind, Name: strings.TrimSuffix(rest, ":last"), Last: true}
	default:
		*p = Place{Kind: kind, Name: rest}
	}
	if !fieldName.MatchString(p.Name) {
		return fmt.Errorf("%.60q names no header field: write it as in \"header:X-Originating-IP\"", text)
	}
	switch strings.ToLower(p.Name) {
	case "from", "received", "return-path":
		return fmt.Errorf("%.60q: write \"from\", \"received\" or \"mail_from\" for that field", text)
	}
	return nil
}

// String writes a place as the configuration does.
func (p Place) String() string {
	if p.Kind != "header" {
		return p.Kind
	}
	if p.Last {
		return "header:" + p.Name + ":last"
	}
	return "header:" + p.Name
}

// maxHostsFile bounds a file of hosts, in bytes.
const maxHostsFile = 1 << 20

// readHosts reads the files that relays name.
func (c *Config) readHosts() error {
	var errs []error
	for i := range c.Identity.Relay {
		r := &c.Identity.Relay[i]
		r.fileHosts = nil
		if r.HostsFile == "" {
			continue
		}
		list, err := hostsOf(r.HostsFile)
		if err != nil {
			errs = append(errs, &KeyError{fmt.Sprintf("identity.relay[%d].hosts_file", i), err.Error()})
		}
		r.fileHosts = list
	}
	return errors.Join(errs...)
}

// hostsOf reads a file of addresses and networks:
//
//	40.92.0.0/15   # Exchange Online
func hostsOf(path string) ([]Network, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxHostsFile || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file of at most %d bytes", path, maxHostsFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []Network
	row := 0
	for line := range strings.Lines(string(text)) {
		row++
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		var n Network
		if err := n.UnmarshalText([]byte(line)); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, row, err)
		}
		out = append(out, n)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s names no host", path)
	}
	return out, nil
}

// checkRelays refuses relays that would let strangers say whose mail theirs is.
func (c *Config) checkRelays() error {
	var errs []error
	seen := map[string]bool{}
	for i := range c.Identity.Relay {
		r := &c.Identity.Relay[i]
		key := func(name string) string { return fmt.Sprintf("identity.relay[%d].%s", i, name) }
		errs = append(errs,
			must(r.Name != "" && fieldName.MatchString(r.Name), key("name"),
				fmt.Sprintf("%.60q is not a name of letters, digits, \"-\" and \"_\": the evidence shows it", r.Name)),
			must(!seen[r.Name], key("name"), fmt.Sprintf("%q names two relays", r.Name)),
			must(len(r.Hosts) > 0 || r.HostsFile != "" || r.Certificate != "", key("name"),
				fmt.Sprintf("%q believes everybody: name its hosts, hosts_file or certificate", r.Name)),
			must(r.Certificate == "" || hostName.MatchString(r.Certificate), key("certificate"),
				fmt.Sprintf("%.100q is not the name in a certificate, such as \"relay.example.com\"", r.Certificate)),
			r.checkDomains(key("domains")), r.checkPlaces(key),
		)
		seen[r.Name] = true
		for _, n := range r.AllHosts() {
			errs = append(errs, narrow(key("hosts"), n))
		}
		for _, n := range r.Inside {
			errs = append(errs, narrow(key("inside"), netip.Prefix(n)))
		}
		for _, p := range r.Proof {
			name, value, _ := strings.Cut(p, ":")
			errs = append(errs, must(fieldName.MatchString(name) && strings.TrimSpace(value) != "", key("proof"),
				fmt.Sprintf("%.100q is not a field and its value, such as \"X-OriginatorOrg: example.jp\"", p)))
		}
	}
	return errors.Join(errs...)
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$`)

func (r *Relay) checkDomains(key string) error {
	errs := []error{must(len(r.Domains) > 0, key,
		fmt.Sprintf("is empty: whoever sends through %q could name any account; write the domains of your accounts", r.Name))}
	for _, d := range r.Domains {
		ascii := mailbox.Domain(d)
		suffix, _ := publicsuffix.PublicSuffix(ascii)
		errs = append(errs, must(hostName.MatchString(ascii) && suffix != ascii, key,
			fmt.Sprintf("%.100q is not a domain of yours, such as \"example.jp\"", d)))
	}
	return errors.Join(errs...)
}

// What places may name an account, and a person's address.
var (
	accountPlaces = []string{"header", "mail_from", "from"}
	clientPlaces  = []string{"header", "received"}
)

func (r *Relay) checkPlaces(key func(string) string) error {
	var errs []error
	for _, p := range r.Account {
		errs = append(errs, must(slices.Contains(accountPlaces, p.Kind), key("account"),
			fmt.Sprintf("%.60q is not \"header:NAME\", \"mail_from\" or \"from\"", p.Kind)))
	}
	for _, p := range r.Client {
		errs = append(errs, must(slices.Contains(clientPlaces, p.Kind), key("client"),
			fmt.Sprintf("%.60q is not \"header:NAME\" or \"received\"", p.Kind)))
	}
	return errors.Join(errs...)
}

// Widest networks whose word is believed. A provider has /14 of IPv4 and /36 of IPv6; inside
// the house a relay is a host or two, and a wider network is everybody's machines.
const (
	widest4       = 12
	widest6       = 32
	widestPrivate = 24
	widestLocal6  = 64
)

// narrow refuses a network from which anybody could send.
func narrow(key string, n netip.Prefix) error {
	a := n.Addr()
	most4, most6 := widest4, widest6
	if a.IsPrivate() {
		most4, most6 = widestPrivate, widestLocal6
	}
	switch {
	case a.IsLoopback():
		// 127.0.0.1 has whatever runs here; another single address a program that binds to it.
		return must(a.Is4() && n.IsSingleIP() && a != netip.AddrFrom4([4]byte{127, 0, 0, 1}), key, n.String()+
			" is this machine: every program and user on it could name any account; let it log in")
	case a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() || a.Is4In6():
		return &KeyError{key, n.String() + " is nobody's address: strangers could name any account; " + writeOwn}
	case a.Is4() && n.Bits() >= most4, a.Is6() && n.Bits() >= most6:
		return nil
	case a.IsPrivate():
		return &KeyError{key, n.String() + " is a whole office: every machine in it could name any account; " + writeOwn}
	}
	return &KeyError{key, n.String() + " is too wide: strangers in it could name any account; " + writeOwn}
}

const writeOwn = "write the relay's own addresses"
