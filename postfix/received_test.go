package postfix

import (
	"strings"
	"testing"
)

func TestTrace(t *testing.T) {
	for field, want := range map[string]string{
		"from pc (unknown [192.0.2.7])\n\t(using TLSv1.3 with cipher X (256/256 bits))\n\t(Authenticated sender: a@example.jp)\n" +
			"\tby mx.example.jp (Postfix) with ESMTPSA id 4b1Rw22LDbz9rxP\n\tfor <b@example.org>; Sat, 28 Nov 2026 10:00:00 +0900": "mx.example.jp 4b1Rw22LDbz9rxP",
		"from pc (unknown [192.0.2.7])\r\n\tby mx.example.jp (Our Mail) with ESMTPA id 3E1A22C0F1;\r\n\tSat, 28 Nov 2026 10:00:00 +0900": "mx.example.jp 3E1A22C0F1",
		"from app (localhost [127.0.0.1])\n\tby mx.example.jp (Postfix) with ESMTP id 4b1Rw22LDbz9rxP\n\tfor <b@example.org>; x":         "mx.example.jp 4b1Rw22LDbz9rxP",
		// amavisd's own, and one whose client calls itself so.
		"from mx.example.jp ([127.0.0.1])\n by localhost (mx.example.jp [127.0.0.1]) (amavisd-new, port 10024)\n with ESMTP id x1; now": "",
		"from by mx.example.jp (Postfix) with ESMTPSA id 4b1Rw22LDbz9rxP (x [192.0.2.1])\n\tby other (Exim)\n\tid 1; now":               "",
		strings.Repeat("\n x", 1000) + "\n\tby mx.example.jp (Postfix) with ESMTPSA id 4b1Rw22LDbz9rxP":                                 "",
		"": "",
	} {
		host, id, ok := Trace(field)
		got := strings.TrimSpace(host + " " + id)
		if got != want || ok != (want != "") {
			t.Errorf("%.60q: %q, want %q", field, got, want)
		}
	}
}

// What a client may choose, the name that he greets with and those in his certificate, verifies
// nothing.
func TestVerifiedClient(t *testing.T) {
	const tls = "from pc (unknown [192.0.2.7])\n\t(using TLSv1.3 with cipher X (256/256 bits)\n\t key-exchange X25519 server-signature ECDSA)\n"
	const by = "\n\tby mx.example.jp (Postfix) with ESMTPS id 4b1Rw22LDbz9rxP\n\tfor <b@example.org>; x"
	for field, want := range map[string]string{
		tls + "\t(Client CN \"relay.example\", Issuer \"An Authority\" (verified OK))" + by:                                         "relay.example",
		tls + "\t(Client CN \"relay.example\", Issuer \"An Authority (G2)\" (verified OK))" + by:                                    "relay.example",
		tls + "\t(Client CN \"relay.example\", Issuer \"An Authority\" (not verified))" + by:                                        "",
		tls + "\t(Client did not present a certificate)" + by:                                                                       "",
		tls + "\t(Client CN \"relay.example\", Issuer \"x\" (verified OK)\", Issuer \"x\" (not verified))" + by:                     "",
		"from (Client CN \"relay.example\", Issuer \"x\" (verified OK)) (unknown [192.0.2.7])" + by:                                 "",
		tls + "\t(Authenticated sender: a (Client CN \"relay.example\", Issuer \"x\" (verified OK)))" + by:                          "",
		tls + "\t(Client CN \"x\", Issuer \"y\", Client CN \"relay.example\", Issuer \"x\" (verified OK)\", z (not verified))" + by: "",
	} {
		if got := VerifiedClient(field); got != want {
			t.Errorf("%q: %q, want %q", field, got, want)
		}
	}
}
