package identity

import (
	"net/netip"
	"regexp"
	"strings"
)

// An application's mail may carry another MAIL FROM each time: with the recipient in it
// (VERP), numbered, or stamped by a gateway. applicationOf makes one sender of them:
//
//	news-12345@example.org                             news-#@example.org
//	bounce+bob=example.net@example.org                 bounce+#@example.org
//	list-return-7-bob=example.net@example.org          list-return-#-#@example.org   qmail, ezmlm
//	prvs=0123456789=news@example.org                   news@example.org              BATV
//	srs0=aB1c=X2=example.net=bob@example.org           bob@example.net               SRS
//
// The address is in lower case. Recipients tell exactly which part of it is one of theirs.
func applicationOf(from string, recipients []string) string {
	from = unstamped(from, func(string) bool { return true })
	at := strings.LastIndexByte(from, '@')
	if at < 0 {
		return unnumbered(from)
	}
	local, domain := from[:at], from[at:]
	return unnumbered(withoutRecipient(local, recipients)) + domain
}

// maxStamps bounds how often gateways may have stamped one address.
const maxStamps = 4

// stamps are what gateways put around an address: the SRS of libsrs2 and postsrsd, and its
// second hop; the BATV draft's prvs in both orders; those of Barracuda and Momentum. SRS is that of
// the domain that rewrote the address, the others leave the domain as it is.
var stamps = []struct {
	form *regexp.Regexp
	into string
	srs  bool
}{
	{regexp.MustCompile(`^srs0[=+-][^=]*=[^=]*=([^=]+)=(.+)@[^@]*$`), "$2@$1", true},
	{regexp.MustCompile(`^srs1[=+-][^=]*=[^=]+==[^=]*=[^=]*=([^=]+)=(.+)@[^@]*$`), "$2@$1", true},
	{regexp.MustCompile(`^prvs=[0-9a-f]{6,12}=(.+)$`), "$1", false},
	{regexp.MustCompile(`^prvs=([^/=]+)/[0-9a-f]{6,12}(@.*)$`), "$1$2", false},
	{regexp.MustCompile(`^btv1==[0-9a-f]+==(.+)$`), "$1", false},
	{regexp.MustCompile(`^msprvs1=[^=]+=(.+)$`), "$1", false},
}

// unstamped takes off what gateways put around an address. SRS is undone where the domain that
// rewrote the address is known: anybody can write an address of somebody else's into one of his own.
//
//	srs0=aB1c=X2=example.jp=ceo@evil.test
func unstamped(from string, known func(domain string) bool) string {
	for range maxStamps {
		before := from
		for _, s := range stamps {
			if !s.form.MatchString(from) {
				continue
			}
			if s.srs && !known(from[strings.LastIndexByte(from, '@')+1:]) {
				return from
			}
			from = s.form.ReplaceAllString(from, s.into)
			break
		}
		if from == before {
			break
		}
	}
	return from
}

// maxVERP bounds the recipients that are looked for in an address: a mail with VERP has one.
const maxVERP = 16

// verp is a recipient in a local part where the envelope does not tell it: behind the first
// "+", or as the last word before a domain.
var verp = regexp.MustCompile(`(\+).+$|([-_.])[^-_.=]+=[a-z0-9-]+(?:\.[a-z0-9-]+)+$`)

// withoutRecipient puts "#" in the place of a recipient, or of what stands behind a "+".
func withoutRecipient(local string, recipients []string) string {
	for _, rcpt := range recipients[:min(len(recipients), maxVERP)] {
		at := strings.LastIndexByte(rcpt, '@')
		if at <= 0 {
			continue
		}
		name, domain := strings.ToLower(rcpt[:at]), strings.ToLower(rcpt[at+1:])
		for _, form := range []string{name + "=" + domain, name + "=40" + domain, domain + "=" + name} {
			if i := strings.Index(local, form); i > 0 {
				local = local[:i] + "#" + local[i+len(form):]
			}
		}
	}
	return verp.ReplaceAllString(local, "$1$2#")
}

var (
	uuid   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	word   = regexp.MustCompile(`[^-+=._~#]+`)
	digits = regexp.MustCompile(`[0-9]+`)
	// Letters and digits in turn, as ids have them: 0100018f2b, xk3p9q.
	mixed = regexp.MustCompile(`^[^0-9]*(?:[0-9]+[^0-9]+){2}[0-9]*[^0-9]*|^[0-9]+[^0-9]+[0-9]+$`)
)

// unnumbered puts "#" in the place of numbers and ids.
func unnumbered(local string) string {
	local = uuid.ReplaceAllString(local, "#")
	return word.ReplaceAllStringFunc(local, func(w string) string {
		if len(w) >= 6 && mixed.MatchString(w) {
			return "#"
		}
		return digits.ReplaceAllString(w, "#")
	})
}

// ApplicationParts takes the name of an application apart: "app:192.0.2.0/24|a@example.org".
func ApplicationParts(sender string) (network netip.Prefix, address string, ok bool) {
	rest, ok := strings.CutPrefix(sender, "app:")
	text, address, cut := strings.Cut(rest, "|")
	if !ok || !cut {
		return netip.Prefix{}, "", false
	}
	network, err := netip.ParsePrefix(text)
	return network, address, err == nil
}
