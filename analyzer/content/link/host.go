package link

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"go.mau.fi/util/confusable"
	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"hisseki/analyzer/content/mime"
)

// hostProfile maps hosts as browsers do (UTS 46, non-transitional) without refusing
// what is merely against the rules of registries.
var hostProfile = sync.OnceValue(func() *idna.Profile {
	return idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false),
		idna.CheckHyphens(false), idna.VerifyDNSLength(false), idna.ValidateLabels(false),
		idna.CheckJoiners(false))
})

// asciiHost returns a host as a browser asks for it: percent-decoded, mapped by UTS 46, in
// lower case and punycode, without the root's dot. What cannot be mapped stays.
func asciiHost(host string) string {
	host = mime.PercentDecode(host)
	if !plainHost(host) {
		host, _ = mime.Visible(unseen.Replace(host))
		if a, _ := hostProfile().ToASCII(host); a != "" {
			host = a // also with an error: what could be mapped
		}
		if end := strings.IndexAny(host, "/\\?#:"); end >= 0 {
			host = host[:end] // "example.org／a", full width
		}
		host = host[strings.LastIndexByte(host, '@')+1:]
		host = strings.ToValidUTF8(host, "")
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if len(host) > 253 {
		host = strings.ToValidUTF8(host[:253], "")
	}
	return host
}

// unseen are letters that browsers drop from hosts since Unicode 16, and the capital sharp s,
// which is "ß" since 15.1 (UTS 46 section 5, table 2b); Go's tables are older.
var unseen = strings.NewReplacer("\u115f", "", "\u1160", "", "\u17b4", "", "\u17b5", "", "\u3164", "",
	"\uffa0", "", "ẞ", "ß")

// setHost fills what follows from the host as written.
func (u *URL) setHost(host string) {
	if strings.HasPrefix(host, "[") {
		if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
			u.IP = ip.Unmap().WithZone("")
			u.Host = u.IP.String()
			u.Domain, u.Unicode = u.Host, u.Host
		}
		return
	}
	host = asciiHost(host)
	if ip, ok := parseIPv4(host); ok {
		u.IP, u.Host = ip, ip.String()
		u.Domain, u.Unicode = u.Host, u.Host
		return
	}
	u.Host, u.Domain, u.Unicode = host, registrable(host), host
}

// look fills what a host looks like to a reader.
func (u *URL) look() {
	if !strings.Contains(u.Host, "xn--") && mime.IsASCII(u.Host) {
		return
	}
	if s, err := hostProfile().ToUnicode(u.Host); err == nil {
		u.Unicode = s
	}
	if !mime.IsASCII(u.Unicode) {
		u.Mixed = mixedScript(u.Unicode)
		if like := Skeleton(u.Unicode); like != u.Unicode && mime.IsASCII(like) {
			u.LooksLike = like
		}
	}
}

// plainHost says whether a host is ASCII that needs no mapping.
func plainHost(host string) bool {
	for i := 0; i < len(host); i++ {
		if c := host[i]; c <= ' ' || c >= 0x7f || c == '%' {
			return false
		}
	}
	return true
}

// registrable returns the registrable domain by the public suffix list, the host
// itself when it is a suffix or has none.
func registrable(host string) string {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if host == "" || host[0] == '.' || strings.Contains(host, "..") ||
		strings.Trim(last, "0123456789") == "" {
		return host
	}
	suffix, _ := publicsuffix.PublicSuffix(host)
	i := len(host) - len(suffix) - 1
	if i <= 0 {
		return host
	}
	return host[1+strings.LastIndexByte(host[:i], '.'):]
}

func isIPv4(s string) bool {
	_, ok := parseIPv4(s)
	return ok && strings.Count(s, ".") == 3
}

// parseIPv4 reads an IPv4 address in any form that browsers take (WHATWG URL
// standard, "IPv4 parser"): one to four numbers, decimal, octal or hexadecimal.
func parseIPv4(s string) (netip.Addr, bool) {
	if s == "" || len(s) > 60 || s[0] < '0' || s[0] > '9' {
		return netip.Addr{}, false
	}
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var sum uint64
	for i, part := range parts {
		n, ok := parseNumber(part)
		if !ok {
			return netip.Addr{}, false
		}
		if i < len(parts)-1 {
			if n > 255 {
				return netip.Addr{}, false
			}
			sum |= n << (8 * (3 - i))
			continue
		}
		if n >= 1<<(8*(5-len(parts))) {
			return netip.Addr{}, false
		}
		sum |= n
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(sum))
	return netip.AddrFrom4(b), true
}

func parseNumber(s string) (n uint64, ok bool) {
	base := uint64(10)
	switch {
	case s == "":
		return 0, false
	case len(s) >= 2 && s[0] == '0' && s[1]|0x20 == 'x':
		base, s = 16, s[2:]
	case len(s) >= 2 && s[0] == '0':
		base, s = 8, s[1:]
	}
	for i := 0; i < len(s); i++ {
		d := mime.Unhex(s[i])
		if d < 0 || uint64(d) >= base || n > 1<<40 {
			return 0, false
		}
		n = n*base + uint64(d)
	}
	return n, true
}

// Skeleton returns what a host looks like to a hurried reader: confusable letters of
// other scripts become the ASCII ones (UTS 39 section 4), and so do the digits and
// pairs that stand in for letters ("rn" for "m", "0" for "o"). Two hosts with equal
// skeletons are easily mistaken for each other.
func Skeleton(host string) string {
	if mime.IsASCII(host) {
		return asciiSkeleton(host)
	}
	var b strings.Builder
	for _, r := range host {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
			continue
		}
		b.WriteString(confusable.Skeleton(string(r)))
	}
	bare := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1 // "é" reads as "e"
		}
		return unicode.ToLower(r)
	}, b.String())
	return asciiSkeleton(bare)
}

var skeletonDigits = strings.NewReplacer("rn", "m", "vv", "w", "0", "o", "1", "l")

func asciiSkeleton(host string) string {
	if !strings.ContainsAny(host, "01") && !strings.Contains(host, "rn") &&
		!strings.Contains(host, "vv") {
		return host
	}
	return skeletonDigits.Replace(host)
}

// scripts that a label may show, beside Common and Inherited.
var scripts = []struct {
	table *unicode.RangeTable
	bit   uint
}{
	{unicode.Latin, 1}, {unicode.Han, 2}, {unicode.Hiragana, 4}, {unicode.Katakana, 8},
	{unicode.Hangul, 16}, {unicode.Bopomofo, 32}, {unicode.Cyrillic, 64}, {unicode.Greek, 128},
	{unicode.Arabic, 256}, {unicode.Hebrew, 512}, {unicode.Thai, 1024}, {unicode.Devanagari, 2048},
	{unicode.Armenian, 4096}, {unicode.Georgian, 8192}, {unicode.Cherokee, 16384},
}

// mixedScript says whether a label mixes scripts beyond what UTS 39 section 5.2
// calls highly restrictive: Latin goes with Japanese, Chinese or Korean only.
func mixedScript(host string) bool {
	for _, label := range strings.Split(host, ".") {
		var seen uint
		for _, r := range label {
			for _, s := range scripts {
				if unicode.Is(s.table, r) {
					seen |= s.bit
					break
				}
			}
		}
		const japanese, chinese, korean uint = 1 | 2 | 4 | 8, 1 | 2 | 32, 1 | 2 | 16
		one := seen&(seen-1) == 0
		if !one && seen&^japanese != 0 && seen&^chinese != 0 && seen&^korean != 0 {
			return true
		}
	}
	return false
}
