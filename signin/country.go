package signin

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// byName are the codes of countries by their English names in lower case.
var byName = sync.OnceValue(func() map[string]string {
	names := display.English.Regions()
	out := map[string]string{"republic of korea": "KR", "russian federation": "RU", "viet nam": "VN"}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			r, err := language.ParseRegion(string(a) + string(b))
			if name := names.Name(r); err == nil && r.IsCountry() && r.Canonicalize() == r && name != "" {
				out[strings.ToLower(name)] = r.String()
			}
		}
	}
	return out
})

// country returns the ISO 3166 code of a code or an English name, "" for neither.
func country(s string) string {
	s = strings.TrimSpace(s)
	if len(s) == 2 {
		if r, err := language.ParseRegion(s); err == nil && r.IsCountry() {
			return r.Canonicalize().String()
		}
		return ""
	}
	return byName()[strings.ToLower(s)]
}
