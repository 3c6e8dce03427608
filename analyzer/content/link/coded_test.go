package link

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// What a script undoes when it runs is undone to find where it leads.
func TestCoded(t *testing.T) {
	for text, want := range map[string]string{
		`location = atob("aHR0cHM6Ly9sdXJlLmV4YW1wbGUubmV0L3g=")`:                                                            "https://lure.example.net/x",
		`location = "\x68ttps:\/\/lure.example.net/x"`:                                                                       "https://lure.example.net/x",
		`location = unescape("%68ttps://lure.example.net/x")`:                                                                "https://lure.example.net/x",
		`write(unescape("%3Ca href=%22%68%74%74%70%73%3A//lure.example.net/x%22%3E"))`:                                       "https://lure.example.net/x",
		`location = "https:" + '//lure.exa' +` + "\n" + `"mple.net/x";`:                                                      "https://lure.example.net/x",
		`location = "htt"+"ps://lure.example.net/x"`:                                                                         "https://lure.example.net/x",
		`location = "//lure.example.net/x"`:                                                                                  "http://lure.example.net/x",
		`String.fromCharCode(104, 116,116,112,58,47,47,108,117,114,101,46,101,120,97,109,112,108,101,46,110,101,116,47,120)`: "http://lure.example.net/x",
		`a = "x" + y + "z"; // not "a" + b`:                                                                                  "",
		`1,2,3,104,116,116,112`:                                                                                              "",
	} {
		var got []string
		left := MaxCoded
		Coded(text, &left, func(raw string) { got = append(got, raw) })
		if want == "" && len(got) > 0 || want != "" && !slices.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// Whatever a file holds, its cost grows with its size and no faster.
func TestCodedCost(t *testing.T) {
	for _, unit := range []string{`"+"`, `"+`, `"`, "104,", "104 ", "%68", `"//`, "\\x68", `"` + strings.Repeat(" ", 39)} {
		text := strings.Repeat(unit, (1<<18)/len(unit))
		begun := time.Now()
		left := MaxCoded
		Coded(text, &left, func(string) {})
		if took := time.Since(begun); took > 20*time.Second { // a second where it is linear, on a busy machine
			t.Errorf("256 KiB of %q takes %v", unit, took)
		}
	}
}
