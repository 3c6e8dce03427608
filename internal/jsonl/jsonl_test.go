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
	if err := Write(&b, []any{make(chan int)}); err == nil {
		t.Error("what has no JSON was written")
	}
}
