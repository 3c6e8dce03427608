package received

import "testing"

// TestFrom: the address is what the server saw, never what the client called itself.
func TestFrom(t *testing.T) {
	for in, want := range map[string]string{
		// Postfix, OpenSMTPD, Gmail
		"from pc (host.example.org [192.0.2.1]) by mx.example.org; x": "192.0.2.1 host.example.org pc",
		"from [198.51.100.3](p1.example.net[192.0.2.1]) by mx; x":     "192.0.2.1 p1.example.net [198.51.100.3]",
		"from [192.0.2.1:50123] (EHLO [198.51.100.3]) by mx; x":       "192.0.2.1  [198.51.100.3]",
		"from pc ([192.0.2.1:25]) by mx; x":                           "192.0.2.1  pc",
		"from pc (HELO=198.51.100.3; addr=[192.0.2.1]) by mx; x":      "192.0.2.1  198.51.100.3",
		"from pc (ip=192.0.2.1, helo=198.51.100.3) by mx; x":          "192.0.2.1  198.51.100.3",
		"from pc (192.0.2.1, helo 198.51.100.3) by mx; x":             "192.0.2.1  198.51.100.3",
		"from pc (client-ip=192.0.2.1) by mx; x":                      "192.0.2.1  pc",
		"from pc (unknown [192.0.2.1])\n\tby mx; x":                   "192.0.2.1  pc",
		"from [10.1.2.3] (p1.example.net [192.0.2.1])\n\t(using TLSv1.3 (256/256 bits))\n\t(Authenticated sender: by [192.0.2.9])\n\tby mx (Postfix) with ESMTPSA; x": "192.0.2.1 p1.example.net [10.1.2.3]",
		"from [IPv6:2001:db8::7] (unknown [IPv6:2001:db8:1::8]) by mx; x":                                                                                             "2001:db8:1::8  [IPv6:2001:db8::7]",
		"from pc (p1.example.net. [2001:db8:1::8]) by smtp.example.org; x":                                                                                            "2001:db8:1::8 p1.example.net pc",
		// Sendmail
		"from [10.1.2.3] (IDENT:u@p1.example.net [192.0.2.1] (may be forged))\n\t(authenticated bits=0) by mx (8.17/8.17); x": "192.0.2.1 p1.example.net [10.1.2.3]",
		"from pc ([192.0.2.1]) by mx (8.17/8.17); x": "192.0.2.1  pc",
		// Exim
		"from [192.0.2.1] (helo=pc) by mx with esmtpsa (Exim 4.96); x":     "192.0.2.1  pc",
		"from [192.0.2.1] (port=50123 helo=[10.1.2.3]) by mx; x":           "192.0.2.1  [10.1.2.3]",
		"from p1.example.net ([192.0.2.1]:50123 helo=[10.1.2.3]) by mx; x": "192.0.2.1 p1.example.net [10.1.2.3]",
		"from p1.example.net ([2001:db8:1::8] ident=u helo=pc) by mx; x":   "2001:db8:1::8 p1.example.net pc",
		// qmail and kin, Courier
		"from unknown (HELO [10.1.2.3]) (192.0.2.1)\n  by mx with SMTP; x":                "192.0.2.1  [10.1.2.3]",
		"from p1.example.net (HELO pc) (u@192.0.2.1) by mx with ESMTPA; x":                "192.0.2.1 p1.example.net pc",
		"from unknown (EHLO 10.1.2.3) ([192.0.2.1]) by mx; x":                             "192.0.2.1  10.1.2.3",
		"from [10.1.2.3] (p1.example.net [::ffff:192.0.2.1])\n  (AUTH: LOGIN u) by mx; x": "192.0.2.1 p1.example.net [10.1.2.3]",
		// Exchange, CommuniGate, MDaemon
		"from [10.1.2.3] (192.0.2.1) by ex.example.org (10.0.0.5) with Microsoft SMTP Server; x": "192.0.2.1  [10.1.2.3]",
		"from EX1.example.org (2001:db8:1::8) by EX2.example.org; x":                             "2001:db8:1::8  EX1.example.org",
		"from EX1.example.org ([fe80::1:2%12]) by EX1.example.org; x":                            "",
		"from [192.0.2.1] (account u@example.org HELO [10.1.2.3]) by mx; x":                      "192.0.2.1  [10.1.2.3]",
		"from pc (192.0.2.1:50123) by mx; x":                                                     "192.0.2.1  pc",
		// webmail
		"from 192.0.2.1 (SquirrelMail authenticated user u) by webmail with HTTP; x":       "192.0.2.1  192.0.2.1",
		"from p1.example.net (p1.example.net [192.0.2.1]) by webmail (Horde) with HTTP; x": "192.0.2.1 p1.example.net p1.example.net",
		"from pc [192.0.2.1] by mx; x": "192.0.2.1  pc",
		// none
		"from localhost (localhost [127.0.0.1]) by mx; x":   "",
		"from [192.0.2.1] (localhost [127.0.0.1]) by mx; x": "",
		"from pc (h.example.org [999.0.2.1]) by mx; x":      "",
		"by mx with local from pc [192.0.2.1]; x":           "",
		"from pc by mx [192.0.2.1]; x":                      "",
		"from pc (unclosed [0.0.2.1":                        "",
		"from":                                              "",
		"from (":                                            "",
		"":                                                  "",
	} {
		got := ""
		if c := From(in); c.Addr.IsValid() {
			got = c.Addr.String() + " " + c.Name + " " + c.Helo
		}
		if got != want {
			t.Errorf("From(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzFrom(f *testing.F) {
	f.Add("from [10.1.2.3] (p1.example.net [192.0.2.1]) (Authenticated sender: u) by mx; x")
	f.Add("from unknown (HELO [10.1.2.3]) (u@192.0.2.1) by mx")
	f.Fuzz(func(t *testing.T, received string) {
		c := From(received)
		if c.Addr.IsValid() != (c.Helo != "") || c.Addr.Zone() != "" || c.Addr.Is4In6() {
			t.Errorf("%q: %+v", received, c)
		}
	})
}
