package company

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

var end = time.Date(2026, 11, 17, 10, 0, 0, 0, Tokyo)

func TestSameSeedSameMail(t *testing.T) {
	a, b := New(7).Weeks(3, end), New(7).Weeks(3, end)
	if len(a) < 500 || len(a) != len(b) {
		t.Fatalf("%d and %d mails", len(a), len(b))
	}
	for i := range a {
		if !bytes.Equal(a[i].Message, b[i].Message) || !a[i].Time.Equal(b[i].Time) {
			t.Fatalf("mail %d differs", i)
		}
		if !a[i].Time.Before(end) || i > 0 && a[i].Time.Before(a[i-1].Time) {
			t.Fatalf("mail %d is out of order: %v", i, a[i].Time)
		}
	}
}

// TestIncident asserts what makes the incident hard: the recipients are the victim's own.
func TestIncident(t *testing.T) {
	c := New(7)
	known := map[string]bool{}
	for _, m := range c.Weeks(3, end) {
		if m.Login == Victim {
			known[m.Recipients[0]] = true
		}
	}
	theft, ordinary := c.Incident(end, 20*time.Minute, 40)
	if len(theft) != 40 || len(ordinary) != 3 {
		t.Fatalf("%d stolen, %d ordinary", len(theft), len(ordinary))
	}
	unknown := 0
	for _, m := range theft {
		if !known[m.Recipients[0]] {
			unknown++
		}
		if m.Login != Victim || m.Time.Sub(end) >= 20*time.Minute {
			t.Errorf("not part of the incident: %s at %v", m.Login, m.Time)
		}
	}
	if unknown > 0 {
		t.Errorf("%d of 40 recipients are new to the victim, should be its partners", unknown)
	}
	if slices.ContainsFunc(ordinary, func(m Mail) bool { return m.Client == theft[0].Client }) {
		t.Error("ordinary mail comes from the attacker's address")
	}
}
