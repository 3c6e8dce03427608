package places

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"
)

// Where publishers keep what we want. A path whose value has another type or means nothing
// is passed over.
var (
	countryPaths = [][]any{
		{"country", "iso_code"}, // MaxMind, DB-IP, IP2Location, geoacumen
		{"country_code"},        // IPinfo Lite, IPLocate, sapics
		{"country"},             // IPinfo, ipapi.is: "JP"; of IPinfo Lite the name, not a code
		{"country", "code"},     // ipregistry and kin, also below "location"
		{"location", "country", "code"},
		{"location", "country_code"},
		{"geo", "country_code"},
		{"countryCode"},
		{"country_iso_code"},
		{"country_short"},
	}
	numberPaths = [][]any{
		{"autonomous_system_number"}, // MaxMind, DB-IP, sapics: 2497
		{"asn"},                      // IPinfo: "AS2497"; IPLocate: 2497
		{"as_number"},
		{"asn", "asn"}, // ipapi.is and kin
		{"asn", "number"},
		{"as", "asn"},
		{"as", "number"},
		{"as"}, // "AS2497 Example Net"
		{"connection", "asn"},
		{"asNumber"},
		{"traits", "autonomous_system_number"}, // MaxMind's Enterprise
	}
	namePaths = [][]any{
		{"autonomous_system_organization"},
		{"as_name"}, // IPinfo Lite
		{"name"},    // IPinfo, IPLocate
		{"as_org"},
		{"org"},
		{"asn", "org"},
		{"asn", "name"},
		{"as", "name"},
		{"as", "organization"},
		{"connection", "organization"},
		{"asName"},
		{"traits", "autonomous_system_organization"},
	}
)

// country returns a record's ISO 3166 code in upper case, or "".
func country(r maxminddb.Result) string {
	for _, path := range countryPaths {
		var code string
		// An error means a record without this field, or a broken one: both unknown.
		if r.DecodePath(&code, path...) == nil && isCountry(strings.ToUpper(code)) {
			return strings.ToUpper(code)
		}
	}
	return ""
}

// isCountry says whether a text is two letters and stands for a country: "None", "-" and
// the codes that mean "unknown" do not.
func isCountry(code string) bool {
	return len(code) == 2 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" &&
		code != "ZZ" && code != "XX"
}

// provider returns a record's network operator as "AS2497 Name", or "".
func provider(r maxminddb.Result) string {
	n := number(r)
	if n == 0 {
		return ""
	}
	for _, path := range namePaths {
		var name string
		if r.DecodePath(&name, path...) == nil && !blank(name) {
			return fmt.Sprintf("AS%d %s", n, name)
		}
	}
	return fmt.Sprintf("AS%d", n)
}

func blank(name string) bool {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "", "-", "none", "null", "unknown", "not routed":
		return true
	}
	return false
}

// number returns the number of a record's autonomous system, 0 for none.
func number(r maxminddb.Result) uint64 {
	for _, path := range numberPaths {
		var value any
		if r.DecodePath(&value, path...) != nil {
			continue
		}
		text, _, _ := strings.Cut(strings.ToUpper(fmt.Sprint(value)), " ") // "AS2497 Example Net"
		text = strings.TrimPrefix(text, "AS")
		if n, err := strconv.ParseUint(text, 10, 32); err == nil && n > 0 {
			return n
		}
	}
	return 0
}

// maxSamples bounds the networks that Samples looks at: a file with nothing in so many has
// nothing.
const maxSamples = 20000

// Sample is what one of the files says of some network.
type Sample struct {
	Key     string // "places.country", "places.provider"
	Network string // an example that the file knows, "" for none
	Found   string // of it
	Type    string // of the file, by its own word
}

// Samples looks up a network in each file: an intact file may still hold nothing that is of
// use, such as one of another kind.
func (p *Files) Samples() []Sample {
	var list []Sample
	for _, file := range []struct {
		key  string
		db   *maxminddb.Reader
		what func(maxminddb.Result) string
	}{{"places.country", p.country, country}, {"places.provider", p.provider, provider}} {
		if file.db == nil {
			continue
		}
		s := Sample{Key: file.key, Type: file.db.Metadata.DatabaseType}
		n := 0
		for r := range file.db.Networks() {
			if s.Found = file.what(r); s.Found != "" {
				s.Network = r.Prefix().String()
				break
			}
			if n++; n == maxSamples {
				break
			}
		}
		list = append(list, s)
	}
	return list
}
