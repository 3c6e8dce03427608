package main

import "testing"

// What everybody changes is not held, one thing and all at once, declared or not.
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
		if first.Held+second.Held+later.Held > 0 {
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

// A thief with many accounts is no change for everybody: each account is contained, few mails of
// each get out while its owner writes, and no owner's mail is held.
func TestManyStolenAccountsAreNoChange(t *testing.T) {
	for _, c := range manyTheftCases {
		r, err := runManyThefts(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if r.mails != c.stolen*c.mails || r.owners == 0 != c.holiday {
			t.Fatalf("%s: %d mails, %d of the owners", c.name, r.mails, r.owners)
		}
		most := 3 * c.stolen
		if c.holiday {
			most = 5 * c.stolen // nobody is there to write from the old place
		}
		if r.contained != c.stolen || r.escaped > most || r.ownersHeld > 0 {
			t.Errorf("%s: contained %d of %d, escaped %d, held of the owners %d", c.name, r.contained, c.stolen,
				r.escaped, r.ownersHeld)
		}
	}
}
