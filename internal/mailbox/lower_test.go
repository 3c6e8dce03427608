package mailbox

import "testing"

func TestLower(t *testing.T) {
	for in, want := range map[string]string{"": "", "bob@example.org": "bob@example.org",
		"Bob@EXAMPLE.org": "bob@example.org", "\u212Aen@example.org": "\u212Aen@example.org",
		"AL\u0130@x": "al\u0130@x", "É@x": "É@x", "Z\xffA": "z\xffa"} {
		if got := Lower(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
