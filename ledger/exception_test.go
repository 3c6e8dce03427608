package ledger

import (
	"bytes"
	"testing"
	"time"

	"hisseki/analyzer"
)

// An exception that was signed before there were programs and devices stays signed, and neither can
// be added to it, nor taken from one that has them.
func TestExceptionIsSignedWhole(t *testing.T) {
	e := Exception{ID: 7, Habit: analyzer.Habit{Senders: []string{"b@example.jp"}, Countries: []string{"US"},
		Until: time.Unix(1795860418, 0)}}
	plain := e.Statement()
	if plain.Kind != "exception" || len(plain.Fields) != 10 {
		t.Errorf("it is signed as %+v", plain)
	}
	seen := [][]byte{plain.Bytes()}
	for _, change := range []func(){
		func() { e.Programs = []string{"Outlook*"} },
		func() { e.Programs, e.Devices = nil, []string{"Outlook*"} },
		func() { e.Programs = []string{"Outlook*"} },
	} {
		change()
		b := e.Statement().Bytes()
		for _, other := range seen {
			if bytes.Equal(b, other) {
				t.Errorf("%+v is signed as another one was", e.Habit)
			}
		}
		seen = append(seen, b)
	}
}
