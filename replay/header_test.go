package replay

import (
	"testing"
	"time"

	"hisseki/analyzer/content"
)

func TestParseDate(t *testing.T) {
	for in, want := range map[string]string{
		"Mon, 5 Jan 2026 09:00:00 +0900":           "2026-01-05T00:00:00Z",
		"5 Jan 2026 09:00 +0000":                   "2026-01-05T09:00:00Z",
		" Mon,  5 Jan 2026\n 09:00:00 -0800 (PST)": "2026-01-05T17:00:00Z",
		"Mon, 5 Jan 2026 09:00:00 JST":             "2026-01-05T00:00:00Z",
		"Mon, 5 Jan 2026 09:00:00 EST":             "2026-01-05T14:00:00Z",
		"Mon, 5 Jan 2026 09:00:00 XYZ":             "2026-01-05T09:00:00Z",
		"Mon, 5 Jan 26 09:00:00 GMT":               "2026-01-05T09:00:00Z",
		"Mon Jan  5 09:00:00 2026":                 "2026-01-05T09:00:00Z",
		"Mon Jan  5 09:00:00 2026 +0900":           "2026-01-05T00:00:00Z",
		"2026-01-05T09:00:00+09:00":                "2026-01-05T00:00:00Z",
		"Mon, 5 Jan 2026 09.00.00 +0000":           "2026-01-05T09:00:00Z",
		"yesterday":                                "",
		"":                                         "",
		"Mon, 99 Jan 2026 09:00:00 +0000":          "",
	} {
		got := ""
		if at := parseDate(in); !at.IsZero() {
			got = at.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("parseDate(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMailTime(t *testing.T) {
	date := content.Field{Name: "DATE", Value: "Mon, 5 Jan 2026 09:00:00 +0000"}
	received := func(at string) content.Field {
		return content.Field{Name: "Received", Value: "from x by y; " + at}
	}
	for name, c := range map[string]struct {
		fields []content.Field
		want   string
	}{
		"date": {[]content.Field{date}, "2026-01-05T09:00:00Z"},
		"received first": {[]content.Field{received("5 Jan 2026 08:00:00 +0000"), date},
			"2026-01-05T08:00:00Z"},
		"earliest received": {[]content.Field{received("5 Jan 2026 09:02:00 +0000"),
			received("5 Jan 2026 09:01:00 +0000"), date}, "2026-01-05T09:01:00Z"},
		"insane received": {[]content.Field{received("1 Jan 1970 00:00:00 +0000"), date},
			"2026-01-05T09:00:00Z"},
		"insane date":  {[]content.Field{{Name: "Date", Value: "1 Jan 2099 00:00:00 +0000"}}, ""},
		"no semicolon": {[]content.Field{{Name: "Received", Value: "5 Jan 2026 08:00:00 +0000"}}, ""},
		"none":         {nil, ""},
	} {
		got := ""
		if at := mailTime(c.fields); !at.IsZero() {
			got = at.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestClientOf(t *testing.T) {
	for in, want := range map[string]string{
		"from pc (host.example.org [192.0.2.1]) by mx.example.org; x": "192.0.2.1 host.example.org pc",
		"from pc (unknown [192.0.2.1])\n\tby mx; x":                   "192.0.2.1  pc",
		"from [10.1.2.3] (helo=pc) by mx; x":                          "10.1.2.3  [10.1.2.3]",
		"from pc ([IPv6:2001:db8::7]) by mx; x":                       "2001:db8::7  pc",
		"from localhost (localhost [127.0.0.1]) by mx; x":             "",
		"from pc (h.example.org [999.0.2.1]) by mx; x":                "",
		"by mx with local from pc [192.0.2.1]; x":                     "",
		"from pc by mx [192.0.2.1]; x":                                "",
		"":                                                            "",
	} {
		got := ""
		if addr, name, helo := clientOf(in); addr.IsValid() {
			got = addr.String() + " " + name + " " + helo
		}
		if got != want {
			t.Errorf("clientOf(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestEnvelopeOf(t *testing.T) {
	e := envelopeOf([]content.Field{
		{Name: "Return-Path", Value: "<bounce@example.org>"},
		{Name: "Received", Value: "from mx (mx.example.org [192.0.2.9]) by mx2; x"},
		{Name: "Received", Value: "from pc (pc.example.org [192.0.2.1]) by mx; x"},
		{Name: "From", Value: "=?utf-8?q?A?= <A@Example.org>"},
		{Name: "To", Value: `"B, C" <b@example.jp>, c@example.jp`},
		{Name: "cc", Value: "B@example.jp"},
		{Name: "Bcc", Value: "d@example.jp, undisclosed"},
	}, time.Unix(0, 0))
	if e.Sender != "a@example.org" || e.MailFrom != "bounce@example.org" ||
		e.Client.String() != "192.0.2.1" || e.Helo != "pc" || e.Class != "account" {
		t.Errorf("envelope is %+v", e)
	}
	if len(e.Recipients) != 3 || e.Recipients[2] != "d@example.jp" {
		t.Errorf("recipients are %q", e.Recipients)
	}
}
