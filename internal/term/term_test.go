package term

import "testing"

func TestSafe(t *testing.T) {
	for _, c := range []struct {
		in   string
		most int
		want string
	}{
		{"請求書の件", 20, "請求書の件"},
		{"a\x1b[31mred\x07", 20, "a·[31mred·"},
		{"two\r\nlines\tand", 20, "two  lines and"},
		{"exe\u202efdp.invoice", 30, "exe·fdp.invoice"},
		{"zero\u200bwidth", 20, "zero·width"},
		{"bad \xff byte", 20, "bad \ufffd byte"},
		{"\u009b2J", 20, "·2J"},
		{"abcdef", 3, "abc…"},
		{"全角\u3000空白", 20, "全角\u3000空白"},
	} {
		if got := Safe(c.in, c.most); got != c.want {
			t.Errorf("Safe(%q, %d) = %q, want %q", c.in, c.most, got, c.want)
		}
	}
}
