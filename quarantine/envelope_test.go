package quarantine

import (
	"strings"
	"testing"
)

// printed is what postcat -qe printed of a mail on hold (Postfix 3.7.11).
const printed = `*** ENVELOPE RECORDS hold/4jc4sD3hSbz1Sbd3 ***
message_size:             388             759               1               0             388               1
message_arrival_time: Sat Nov 28 09:35:44 2026
create_time: Sat Nov 28 09:35:44 2026
named_attribute: log_ident=4jc4sD3hSbz1Sbd3
named_attribute: rewrite_context=local
named_attribute: sasl_method=PLAIN
named_attribute: sasl_username=bob@example.org
sender: bob@example.net
named_attribute: client_address=203.0.113.7
named_attribute: dsn_orig_rcpt=rfc822;x@partner.test
original_recipient: x@partner.test
recipient: x@partner.test
*** MESSAGE CONTENTS hold/4jc4sD3hSbz1Sbd3 ***
`

func TestParseEnvelope(t *testing.T) {
	e := parseEnvelope(printed)
	if e.Queue != "hold" || e.Login != "bob@example.org" || e.From != "bob@example.net" || e.Client.String() != "203.0.113.7" {
		t.Errorf("%+v", e)
	}
	// What a client may choose comes later, and does not count again.
	forged := strings.Replace(printed, "original_recipient: x", "original_recipient: x\nnamed_attribute: sasl_username=ceo@example.org\nx", 1)
	forged = strings.Replace(forged, "sender: bob@example.net", "sender: bob\nnamed_attribute: sasl_username=ceo@example.org", 1)
	if e := parseEnvelope(forged); e.Login != "bob@example.org" {
		t.Errorf("forged: %+v", e)
	}
	for _, odd := range []string{"", "x", "*** ENVELOPE RECORDS ***", "*** ENVELOPE RECORDS hold/"} {
		if e := parseEnvelope(odd); e.Login != "" || e.From != "" {
			t.Errorf("%q: %+v", odd, e)
		}
	}
}

func FuzzParseEnvelope(f *testing.F) {
	f.Add(printed)
	f.Add("*** ENVELOPE RECORDS hold/x ***\nnamed_attribute: sasl_username=\n\n: \nsender")
	f.Fuzz(func(t *testing.T, text string) {
		e := parseEnvelope(text)
		if strings.ContainsAny(e.Login+e.From+e.Queue, "\n") || e != parseEnvelope(text) {
			t.Errorf("%q: %+v", text, e)
		}
	})
}
