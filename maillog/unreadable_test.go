package maillog

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// A log in a form that nobody knows is an error that shows a line, and nothing of it is taken
// for read: a version that knows the form reads it from its begin.
func TestUnreadableLogIsAnError(t *testing.T) {
	d := newDesk(t)
	d.write(d.path, "mx 24/11/2026 postfix: x\n")
	for range 2 {
		err := d.source.round(d.t.Context())
		if !errors.Is(err, errUnreadable) || !strings.Contains(err.Error(), `"mx 24/11/2026 postfix: x"`) {
			t.Errorf("round: %v", err)
		}
		d.write(d.path, "mx 24/11/2026 postfix: y\n")
	}
	if known, err := d.db.LogPositions(t.Context(), d.path, ""); err != nil || len(known) != 0 {
		t.Errorf("positions %+v, %v", known, err)
	}
	d.write(d.path, d.line())
	d.round()
	d.write(d.path, strings.Repeat("? x\n", maxStreak-1)) // a program may do so
	d.round()
	d.write(d.path, "? x\n")
	if err := d.source.round(t.Context()); !errors.Is(err, errUnreadable) {
		t.Errorf("after %d lines: %v", maxStreak, err)
	}
	known, err := d.db.LogPositions(t.Context(), d.path, "")
	info, e := os.Stat(d.path)
	if err != nil || e != nil || len(known) != 1 || known[0].Offset != info.Size()-4*maxStreak {
		t.Errorf("positions %+v of %d bytes, %v %v", known, info.Size(), err, e)
	}
	d.restart()
	d.write(d.path, d.line())
	d.round()
	d.complete()
}

// A rotated file that nobody can read does not keep today's from being read.
func TestUnreadableRotatedLog(t *testing.T) {
	d := newDesk(t)
	d.write(d.path, d.line())
	d.round()
	d.rename(d.path, d.path+".2")
	d.write(d.path+".1", "mx 24/11/2026 postfix: x\n")
	d.write(d.path, d.line())
	d.restart()
	d.round()
	d.complete()
	if !strings.Contains(d.said.String(), "a rotated mail log cannot be read") {
		t.Errorf("said %s", &d.said)
	}
}
