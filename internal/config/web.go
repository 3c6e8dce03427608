package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"time"
)

// Web is the review page.
type Web struct {
	Listen Address `toml:"listen"`
	// Remote allows to listen on the network, which needs TLS.
	Remote bool `toml:"remote"`
	// Plain allows to do so without TLS: a proxy in front of it has the certificate.
	Plain bool   `toml:"plain"`
	Cert  string `toml:"cert"` // files of the certificate and its key, PEM
	Key   string `toml:"key"`
	URL   string `toml:"url"` // as browsers reach it, "" for where it listens
	Zone  string `toml:"zone"`
	// Proxies are believed about who asks (X-Forwarded-For).
	Proxies []Network `toml:"proxies"`
	// UserHeader names who a proxy has let in, "" for nobody.
	UserHeader   string   `toml:"user_header"`
	PasswordOnly bool     `toml:"password_only"`
	Idle         Duration `toml:"idle"`
	Absolute     Duration `toml:"absolute"`
	// OpenID is a provider at which reviewers log in.
	OpenID OpenID `toml:"openid"`
}

// OpenID is an OpenID Connect provider. Without Issuer there is none.
type OpenID struct {
	Issuer           string            `toml:"issuer"`
	ClientID         string            `toml:"client_id"`
	SecretFile       string            `toml:"secret_file"`
	SecretCredential string            `toml:"secret_credential"` // systemd's name for it
	Label            string            `toml:"label"`             // of the button
	Scopes           []string          `toml:"scopes"`
	NameClaim        string            `toml:"name_claim"`
	GroupsClaim      string            `toml:"groups_claim"`
	Roles            map[string]string `toml:"roles"` // by group
}

// checkOpenID wants all that a provider needs.
func (c *Config) checkOpenID() error {
	o := &c.Web.OpenID
	if o.Issuer == "" {
		return must(o.ClientID == "", "web.openid.issuer", "is missing")
	}
	errs := []error{checkURL("web.openid.issuer", o.Issuer),
		must(o.ClientID != "", "web.openid.client_id", "is missing"),
		must((o.SecretFile == "") != (o.SecretCredential == ""), "web.openid.secret_file",
			"name the secret either here or as secret_credential"),
		must(c.Web.URL != "", "web.url", "is missing: the provider sends browsers back to it"),
		must(len(o.Roles) > 0, "web.openid.roles", `is empty, so nobody could come in: name a role for a group`),
		must(o.NameClaim != "" && o.GroupsClaim != "", "web.openid.name_claim", "and groups_claim must not be empty")}
	for group, role := range o.Roles {
		errs = append(errs, oneOf("web.openid.roles."+group, role, "viewer", "reviewer", "admin"))
	}
	return errors.Join(errs...)
}

// Location is the zone of the times that reviewers read.
func (w *Web) Location() (*time.Location, error) {
	if w.Zone == "" {
		return time.Local, nil
	}
	return ParseZone(w.Zone)
}

// checkWeb keeps the page from the network unless that is meant, and then wants TLS.
func (c *Config) checkWeb() error {
	w := &c.Web
	_, zone := w.Location()
	errs := []error{
		must((w.Cert == "") == (w.Key == ""), "web.cert", "and web.key belong together: name both or neither"),
		must(w.Cert == "" || filepath.IsAbs(w.Cert) && filepath.IsAbs(w.Key), "web.cert",
			"and web.key must be absolute paths"),
		must(zone == nil, "web.zone", fmt.Sprintf("%q is not a time zone such as Asia/Tokyo", w.Zone)),
		must(w.Idle >= Duration(minute) && w.Idle <= w.Absolute, "web.idle", "is not from 1m to web.absolute"),
		must(w.Absolute <= Duration(30*day), "web.absolute", "is over 30d"),
		must(w.UserHeader == "" || len(w.Proxies) > 0, "web.user_header",
			"needs web.proxies: anybody else could name himself"),
		w.checkURL(), w.checkListen(), c.checkOpenID(),
	}
	return errors.Join(errs...)
}

func (w *Web) checkURL() error {
	if w.URL == "" {
		return nil
	}
	u, err := url.Parse(w.URL)
	ok := err == nil && u.Scheme == "https" && u.Host != "" && (u.Path == "" || u.Path == "/") && u.RawQuery == ""
	return must(ok, "web.url", "is not https://HOST or https://HOST:PORT")
}

func (w *Web) checkListen() error {
	if w.Listen.Network != "tcp" {
		return must(w.Listen.Network != "", "web.listen", "is empty")
	}
	host, _, err := net.SplitHostPort(w.Listen.Name)
	if err != nil {
		return &KeyError{"web.listen", fmt.Sprintf("%q is not HOST:PORT", w.Listen.Name)}
	}
	addr, err := netip.ParseAddr(host)
	switch {
	case host == "localhost", err == nil && addr.IsLoopback():
		return nil
	case !w.Remote:
		return &KeyError{"web.listen", "is not on the machine's own loop (127.0.0.1): set web.remote = true" +
			" if that is meant"}
	}
	return must(w.Cert != "" || w.Plain, "web.listen", "is reached from the network without TLS: name web.cert and"+
		" web.key, or set web.plain = true where a proxy does TLS")
}
