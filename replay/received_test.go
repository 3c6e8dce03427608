package replay

import (
	"testing"
	"time"

	"hisseki/analyzer/content"
)

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
		"a comment with a semicolon": {[]content.Field{received("5 Jan 2026 08:00:00 +0000 (a; b);"),
			date}, "2026-01-05T08:00:00Z"},
		"insane received": {[]content.Field{received("1 Jan 1970 00:00:00 +0000"), date},
			"2026-01-05T09:00:00Z"},
		"insane date":  {[]content.Field{{Name: "Date", Value: "1 Jan 2099 00:00:00 +0000"}}, ""},
		"no semicolon": {[]content.Field{{Name: "Received", Value: "5 Jan 2026 08:00:00 +0000"}}, ""},
		"none":         {nil, ""},
	} {
		got := ""
		if at := mailTime(c.fields); !at.IsZero() {
			got = at.UTC().Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
