package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"hisseki/access"
)

// TestMistakesInJapanese: whatever a person can write wrongly into a form is said in Japanese, with the
// name of the form's field and the value, and without the command line's options.
func TestMistakesInJapanese(t *testing.T) {
	o := newOffice(t, nil)
	o.hire("ada", access.Admin)
	o.theft()
	token := o.token("ada")
	// Two English words in a row, which are neither a value nor a name of ours.
	english := regexp.MustCompile(`\b[a-z]{2,} [a-z]{2,}\b|--[a-z]`)
	ask := func(method, path string, form url.Values) string {
		t.Helper()
		res := o.ask(method, path, token, form, "Accept-Language", "ja")
		text := body(t, res.Body)
		if res.StatusCode != http.StatusBadRequest && res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, res.Status)
		}
		return problem(t, text)
	}
	rule := func(more ...string) url.Values {
		v := url.Values{"rule": {"hold"}, "subject": {"bando@example.jp"}, "until": {"2d"}}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	habit := func(more ...string) url.Values {
		v := url.Values{"senders": {"bando@example.jp"}, "networks": {"192.0.2.0/24"}, "until": {"2d"}}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	for name, said := range map[string]string{
		"since":            ask("GET", "/quarantine?since=yesterday", nil),
		"points":           ask("GET", "/quarantine?min-points=many", nil),
		"state":            ask("GET", "/quarantine?state=gone-away", nil),
		"incident":         ask("GET", "/quarantine?incident=first", nil),
		"audit since":      ask("GET", "/audit?since=yesterday", nil),
		"id":               ask("GET", "/incident/none", nil),
		"format":           ask("GET", "/incident/I1/report?format=word", nil),
		"attack since":     ask("GET", "/incident/I1/confirm?since=yesterday", nil),
		"decision":         ask("GET", "/quarantine/decide?to=eat&id=H1", nil),
		"nothing selected": ask("GET", "/quarantine/decide?to=discard", nil),
		"no rule":          ask("POST", "/rules/set", rule("rule", "eat")),
		"rule until":       ask("POST", "/rules/set", rule("until", "someday")),
		"rule over":        ask("POST", "/rules/set", rule("until", "2001-01-01")),
		"rule subject":     ask("POST", "/rules/set", rule("subject", " ")),
		"rule link":        ask("POST", "/rules/set", rule("rule", "block-url", "subject", "friend@mail.test")),
		"rule no link":     ask("POST", "/rules/set", rule("rule", "block-url", "subject", "")),
		"rule wide link":   ask("POST", "/rules/set", rule("rule", "block-url", "subject", "co.jp")),
		"rule host":        ask("POST", "/rules/set", rule("rule", "block-url", "subject", "localhost")),
		"habit network":    ask("POST", "/rules/habit", habit("networks", "home")),
		"habit hours":      ask("POST", "/rules/habit", habit("hours", "late", "zone", "Asia/Tokyo")),
		"habit zone":       ask("POST", "/rules/habit", habit("hours", "06:00-22:00")),
		"habit odd zone":   ask("POST", "/rules/habit", habit("hours", "06:00-22:00", "zone", "Tokyo")),
		"habit nothing":    ask("POST", "/rules/habit", habit("networks", "")),
		"habit nobody":     ask("POST", "/rules/habit", habit("senders", "")),
		"habit end":        ask("POST", "/rules/habit", habit("until", "")),
		"habit country":    ask("POST", "/rules/habit", habit("countries", "Japan")),
	} {
		if said == "" || english.MatchString(said) || !regexp.MustCompile(`[\x{3040}-\x{30ff}\x{4e00}-\x{9fff}]`).MatchString(said) {
			t.Errorf("%s: %q", name, said)
		}
	}
}

// problem is what a page says of a mistake: the parts that are for it.
func problem(t *testing.T, page string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			if a.Key == "class" && (a.Val == "problem" || a.Val == "mono") && n.Data == "p" {
				for c := range n.Descendants() {
					if c.Type == html.TextNode {
						out = append(out, c.Data)
					}
				}
			}
		}
	}
	return strings.TrimSpace(strings.Join(out, " "))
}
