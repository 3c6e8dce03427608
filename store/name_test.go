package store

import (
	"math"
	"strings"
	"testing"
)

func TestNamesRoundTrip(t *testing.T) {
	for _, id := range []int64{1, 12, 31, 32, 1 << 20, 1<<20 - 1, 1 << 40, math.MaxInt64} {
		h := Hold{ID: id}
		for _, text := range []string{h.Code(), strings.ToLower(h.Code()), h.Name()} {
			if got, err := HoldID(text); err != nil || got != id {
				t.Errorf("%d is %q and read back as %d, %v", id, text, got, err)
			}
		}
		i := Incident{ID: id}
		if got, err := IncidentID(i.Code()); err != nil || got != id {
			t.Errorf("%d is %q and read back as %d, %v", id, i.Code(), got, err)
		}
	}
	if got, err := HoldID("h-0o0l" + (&Hold{ID: 1}).Code()[6:]); err != nil || got != 1 {
		t.Errorf("a misread name is %d, %v", got, err)
	}
}

func TestWrongNamesAreNoticed(t *testing.T) {
	for _, id := range []int64{1, 77, 4242, 1<<30 + 5} {
		name := []byte((&Hold{ID: id}).Code())
		for at := 2; at < len(name); at++ {
			for _, c := range []byte(crockford) {
				wrong := append([]byte{}, name...)
				if wrong[at] = c; c == name[at] {
					continue
				}
				if got, err := HoldID(string(wrong)); err == nil {
					t.Errorf("%s read as %d, a wrong %s", wrong, got, name)
				}
			}
			for to := at + 1; to < len(name); to++ {
				wrong := append([]byte{}, name...)
				wrong[at], wrong[to] = wrong[to], wrong[at]
				if got, err := HoldID(string(wrong)); err == nil && wrong[at] != wrong[to] {
					t.Errorf("%s read as %d, a swapped %s", wrong, got, name)
				}
			}
		}
	}
	for _, text := range []string{"", "H", "H-", "H0", "0", "-1", "H-0000", "H-00000", "I-00010",
		"H+1", "H1.5", "H99999999999999999999", "H-ZZZZZZZZZZZZZZ", "H-ZZZZZZZZZZZZZZZZZ", "H-00ä1"} {
		if got, err := HoldID(text); err == nil {
			t.Errorf("%q read as %d", text, got)
		}
	}
}

func FuzzHoldID(f *testing.F) {
	f.Add("H-0001D")
	f.Add("12")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := HoldID(text)
		if err != nil {
			return
		}
		if back, err := HoldID((&Hold{ID: id}).Code()); err != nil || back != id {
			t.Errorf("%q is %d, its name reads back as %d, %v", text, id, back, err)
		}
	})
}
