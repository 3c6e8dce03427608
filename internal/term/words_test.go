package term

import "testing"

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 mails", 1: "1 mail", 2: "2 mails"} {
		if got := Count(n, "mail"); got != want {
			t.Errorf("Count(%d) is %q, want %q", n, got, want)
		}
	}
}

func TestFew(t *testing.T) {
	list := []string{"a@example.org", "b\x1b@example.org", "c@example.org"}
	for n, want := range map[int]string{1: "a@example.org +2",
		2: "a@example.org, b·@example.org +1", 3: "a@example.org, b·@example.org, c@example.org"} {
		if got := Few(list, n); got != want {
			t.Errorf("the first %d: %q, want %q", n, got, want)
		}
	}
	if got := Few(nil, 2); got != "" {
		t.Errorf("of nothing: %q", got)
	}
}
