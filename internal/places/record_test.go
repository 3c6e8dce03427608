package places

import (
	"net/netip"
	"testing"

	"hisseki/internal/config"
)

var english = record{"en": "a test"}

// TestRecords: publishers keep the same thing in different places.
func TestRecords(t *testing.T) {
	for name, c := range map[string]struct {
		record            record
		country, provider string
	}{
		"MaxMind": {record{"country": record{"iso_code": "JP"}}, "JP", ""},
		"IPinfo":  {record{"country": "JP", "country_name": "Japan"}, "JP", ""},
		"IPinfo Lite": {record{"country": "Japan", "country_code": "JP", "asn": "AS2497",
			"as_name": "Example Net"}, "JP", "AS2497 Example Net"},
		"sapics":     {record{"country_code": "jp"}, "JP", ""},
		"name alone": {record{"country": "Japan"}, "", ""},
		"None":       {record{"country": record{"iso_code": "None"}}, "", ""},
		"unknown":    {record{"country": "ZZ", "country_code": "-", "asn": "None"}, "", ""},
		"a number":   {record{"country": uint16(81)}, "", ""},
		"ASN": {record{"autonomous_system_number": uint32(2497),
			"autonomous_system_organization": "Example Net"}, "", "AS2497 Example Net"},
		"ASN as text":  {record{"asn": "as2497", "name": "Example Net", "org": "Another"}, "", "AS2497 Example Net"},
		"ASN, no name": {record{"asn": uint16(2497), "name": "None"}, "", "AS2497"},
		"Enterprise":   {record{"traits": record{"autonomous_system_number": uint32(2497)}}, "", "AS2497"},
		"ipregistry":   {record{"location": record{"country": record{"code": "jp", "name": "Japan"}}, "connection": record{"asn": uint32(2497), "organization": "Example Net"}}, "JP", "AS2497 Example Net"},
		"ipapi.is":     {record{"country": "JP", "asn": record{"asn": uint32(2497), "org": "Example Net"}}, "JP", "AS2497 Example Net"},
		"IPinfo Core":  {record{"geo": record{"country_code": "JP"}, "as": record{"asn": "AS2497", "name": "Example Net"}}, "JP", "AS2497 Example Net"},
		"one text":     {record{"countryCode": "JP", "as": "AS2497 Example Net"}, "JP", "AS2497"},
		"AS0":          {record{"asn": "AS0", "name": "Not routed"}, "", ""},
		"a name alone": {record{"name": "Example Net"}, "", ""},
	} {
		path := writeDB(t, "test", english, map[string]record{"203.0.113.0/24": c.record,
			"198.51.100.0/24": {"other": "x"}})
		p, err := Open(config.Places{Country: path, Provider: path})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := p.Locate(netip.MustParseAddr("203.0.113.7"))
		if got.Country != c.country || got.Provider != c.provider {
			t.Errorf("%s: %+v, want %q and %q", name, got, c.country, c.provider)
		}
		for i, want := range []string{c.country, c.provider} {
			s := p.Samples()[i]
			if s.Found != want || (s.Network == "203.0.113.0/24") != (want != "") || s.Type != "test" {
				t.Errorf("%s: sample %+v, want %q", name, s, want)
			}
		}
		for _, nowhere := range []string{"198.51.100.1", "192.0.2.1", "2001:db8::1"} {
			got := p.Locate(netip.MustParseAddr(nowhere))
			if got.Country != "" || got.Provider != "" {
				t.Errorf("%s: %s is %+v", name, nowhere, got)
			}
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestNoDescription: the format does not ask for one.
func TestNoDescription(t *testing.T) {
	for name, description := range map[string]record{"none": nil, "empty": {}} {
		path := writeDB(t, "DBIP-Country-Lite", description, map[string]record{
			"203.0.113.0/24": {"country": record{"iso_code": "JP"}}})
		p, err := Open(config.Places{Country: path})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		defer p.Close()
		if got := p.Locate(netip.MustParseAddr("203.0.113.7")); got.Country != "JP" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
