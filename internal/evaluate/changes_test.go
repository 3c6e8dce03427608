package main

import "testing"

// One thing that everybody changes is not held, and all at once neither when it was declared.
// Undeclared it looks as a thief with many accounts would.
func TestAChangeForEverybodyStopsLittle(t *testing.T) {
	for _, c := range changeCases() {
		out, err := runChange(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		first, second, later := out[changeDays[0]], out[changeDays[1]], out[changeDays[2]]
		if first.Mails < 20 || second.Mails < 20 || later.Mails < 60 {
			t.Fatalf("%s: too little mail: %d, %d, %d", c.name, first.Mails, second.Mails, later.Mails)
		}
		undeclared := c.after == officeAfter && !c.declared
		if !undeclared && first.Held+second.Held+later.Held > 0 {
			t.Errorf("%s: held %d on the first day and %d later", c.name, first.Held, second.Held+later.Held)
		}
		if delayed := first.Delayed + second.Delayed + later.Delayed; c.declared && delayed > 0 {
			t.Errorf("%s: delayed %d", c.name, delayed)
		}
	}
}

func TestAClerksFirstRun(t *testing.T) {
	s, err := runClerk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Mails != 50 || s.Held > 2 {
		t.Errorf("held %d of %d", s.Held, s.Mails)
	}
}
