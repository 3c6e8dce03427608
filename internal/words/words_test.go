package words

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// verb is a place of a text that an argument fills, such as %d or %[2]s.
var verb = regexp.MustCompile(`%(?:\[(\d)\])?([sdvq])`)

// verbs are the kinds of arguments that a text takes, in their order.
func verbs(text string) []string {
	var out []string
	for _, m := range verb.FindAllStringSubmatch(text, -1) {
		if m[1] == "" {
			m[1] = itoa(len(out) + 1)
		}
		out = append(out, m[1]+m[2])
	}
	slices.Sort(out)
	return out
}

func japanese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
	})
}

// Every text is there in both languages, each in its own, and takes the same arguments.
func TestCatalogueIsWhole(t *testing.T) {
	for key, w := range catalogue {
		if key == "comma" || key == "other-language" { // punctuation, and each other's name
			continue
		}
		if w[0] == "" || !japanese(w[1]) || japanese(w[0]) {
			t.Errorf("%s lacks a language: %q", key, w)
		}
		if !slices.Equal(verbs(w[0]), verbs(w[1])) {
			t.Errorf("%s: %q takes %v, %q takes %v", key, w[0], verbs(w[0]), w[1], verbs(w[1]))
		}
	}
}
