package link

import (
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"

	"hisseki/analyzer/content/mime"
)

// Pattern stands for URLs: those of a host and of all hosts below it, or those that
// begin with a host and a path. Scheme, user part and port do not count.
type Pattern struct {
	Host string // as in URL.Host
	Path string // decoded, begins with "/"; "" stands for the host and all below it
}

// ParsePattern reads "example.org", "192.0.2.7", "example.org/path" or a URL, also one
// that was made harmless ("hxxps://example[.]org"). It refuses what stands for a whole
// registry such as co.jp.
func ParsePattern(text string) (Pattern, error) {
	p, u := readPattern(text)
	switch {
	case len(text) > maxURLBytes, strings.ContainsAny(p.Host, " \t*%<>\"'"), p.Host == "":
		return Pattern{}, fmt.Errorf("%.80q is not a host, domain or URL: write example.org,"+
			" files.example.org or https://example.org/path", text)
	case u.IP.IsValid():
	case !strings.Contains(p.Host, "."):
		return Pattern{}, fmt.Errorf("%.80q has no dot: write the whole name of the host", text)
	default:
		if suffix, registry := publicsuffix.PublicSuffix(p.Host); registry && suffix == p.Host {
			return Pattern{}, fmt.Errorf("%.80q is where a registry gives out names, it would"+
				" stand for all of them", text)
		}
	}
	return p, nil
}

// KeptPattern reads what String wrote, whatever ParsePattern would say of it today: lists of
// registries change, and one old rule must not keep all others from being read.
func KeptPattern(text string) Pattern {
	p, _ := readPattern(text)
	return p
}

func readPattern(text string) (Pattern, URL) {
	raw := strings.NewReplacer("[.]", ".", "(.)", ".").Replace(strings.TrimSpace(text))
	if addr, err := netip.ParseAddr(raw); err == nil && addr.Is6() {
		raw = "[" + raw + "]"
	}
	if !strings.Contains(raw, "://") {
		raw = "http://" + raw
	}
	u := split(raw, InText)
	return Pattern{Host: strings.Trim(u.Host, "."), Path: mime.PercentDecode(u.Path)}, u
}

// String returns the pattern in the form that ParsePattern reads and that is the same
// for equal patterns.
func (p Pattern) String() string {
	host := p.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + escapePath(strings.NewReplacer("%", "%25", "#", "%23").Replace(p.Path))
}

// Matches says whether the pattern stands for a URL.
func (p Pattern) Matches(u *URL) bool {
	if p.Path == "" {
		return u.Host == p.Host || !u.IP.IsValid() && strings.HasSuffix(u.Host, "."+p.Host)
	}
	return u.Host == p.Host && strings.HasPrefix(mime.PercentDecode("/"+strings.TrimPrefix(u.Path, "/")),
		p.Path)
}

// Narrower says whether p says more exactly than q which URLs it means, both matching
// the same one.
func (p Pattern) Narrower(q Pattern) bool {
	if len(p.Host) != len(q.Host) {
		return len(p.Host) > len(q.Host)
	}
	return len(p.Path) > len(q.Path)
}
