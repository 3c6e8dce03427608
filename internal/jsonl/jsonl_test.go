package jsonl

import (
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	var b strings.Builder
	err := Write(&b, []map[string]string{{"subject": "a\nb\x1b[2J<b>"}, {"subject": "請求書"}})
	want := "{\"subject\":\"a\\nb\\u001b[2J<b>\"}\n{\"subject\":\"請求書\"}\n"
	if err != nil || b.String() != want {
		t.Errorf("%q, %v; want %q", b.String(), err, want)
	}
	b.Reset()
	err = Write(&b, []string{"\u009b2J\x7f\u202egnp.exe\u2069 請求\u200d書 \xff"})
	if want := `"\u009b2J\u007f\u202egnp.exe\u2069 請求` + "\u200d" + `書 ` + "\\ufffd\"\n"; err != nil || b.String() != want {
		t.Errorf("%q, %v; want %q", b.String(), err, want)
	}
	if err := Write(&b, []any{make(chan int)}); err == nil {
		t.Error("what has no JSON was written")
	}
}
