// Package memorytest is the contract of analyzer.Memory as tests: every implementation
// runs the same ones (store, replay, drill), so that what replay and drill show is what
// serve does.
package memorytest

import (
	"bytes"
	"context"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
)

// Subject is a memory under test, with what people and time do to it. A nil function says
// that the implementation knows no such thing; its tests are skipped.
type Subject struct {
	analyzer.Memory
	// Release lets a kept mail go as its sender's own, which teaches it, once.
	Release func(record int64) error
	// EndDelay lets a delayed mail go whose time has come, which teaches it, once. It does
	// nothing to a mail that became a hold.
	EndDelay func(record int64) error
	// Dismiss and Confirm end the sender's incident at a time; nothing where none is open.
	Dismiss func(sender string, at time.Time) error
	Confirm func(sender string, at time.Time) error
	// Restart returns the memory as the next process finds it.
	Restart func() analyzer.Memory

	SetSenderRule func(sender string, o analyzer.Override) error
	SetClassRule  func(class analyzer.Class, o analyzer.Override) error
	BlockHost     func(host string, o analyzer.Override) error
	AddHabit      func(h analyzer.Habit) error
	AddLogin      func(l analyzer.Login) error
}

// Now is when the tests' first mail is sent.
var Now = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// Alice and Bob are the tests' senders.
const (
	Alice = "alice@example.org"
	Bob   = "bob@example.org"
)

// Run runs the contract's tests, each on a memory of its own. open returns an empty one.
func Run(t *testing.T, open func(t *testing.T) *Subject) {
	for _, c := range []struct {
		name string
		test func(*suite)
	}{
		{"Empty", (*suite).empty},
		{"Order", (*suite).order},
		{"Canceled", (*suite).canceled},
		{"Lessons", (*suite).lessons},
		{"Profiles", (*suite).profiles},
		{"SaveProfiles", (*suite).saveProfiles},
		{"Recent", (*suite).recent},
		{"Sightings", (*suite).sightings},
		{"IncidentOpens", (*suite).incidentOpens},
		{"Promotion", (*suite).promotion},
		{"DelaysEnd", (*suite).delaysEnd},
		{"Dismiss", (*suite).dismiss},
		{"Confirm", (*suite).confirm},
		{"SumAfterEnd", (*suite).sumAfterEnd},
		{"SumAfterRestart", (*suite).sumAfterRestart},
		{"Vouched", (*suite).vouched},
		{"Restart", (*suite).restart},
		{"Rules", (*suite).rules},
		{"Habits", (*suite).habits},
		{"Logins", (*suite).logins},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.test(&suite{T: t, Subject: open(t), ctx: t.Context()})
		})
	}
}

type suite struct {
	*testing.T
	*Subject
	ctx context.Context
}

// must fails the test on an error.
func (s *suite) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// needs skips the test where the implementation has no such function.
func (s *suite) needs(known bool) {
	if !known {
		s.Skip("this memory knows none")
	}
}

// mail is a record of a sender, so many minutes after Now, to one recipient.
func mail(sender string, minute int, action analyzer.Action) *analyzer.Record {
	at := Now.Add(time.Duration(minute) * time.Minute)
	r := &analyzer.Record{
		Envelope: analyzer.Envelope{Time: at, Sender: sender, Class: analyzer.Account,
			Login: sender, MailFrom: sender, Host: "mx.example.org", QueueID: queueID(minute),
			Recipients: []string{"r@example.net"}},
		Learn: action == analyzer.Pass,
		Verdict: analyzer.Verdict{Action: action, Would: action, Points: float64(minute % 7),
			Sum: float64(minute%7) / 2},
	}
	r.Observation.At, r.Observation.Recipients = at, 1
	r.Observation.Points = r.Verdict.Points
	r.Observation.Keys[baseline.Recipient] = []baseline.Key{baseline.Key(100 + minute)}
	if action == analyzer.Delay {
		r.Due = at.Add(10 * time.Minute)
	}
	return r
}

// queueID is a long one of Postfix, for a release asks for the mail by it.
func queueID(minute int) string {
	const digits = "0123456789BCDFGHJKLMNPQRSTVWXYZ"
	return "4dLd" + string(digits[minute/30/30%30]) + string(digits[minute/30%30]) +
		string(digits[minute%30]) + "Sz1z4"
}

// keep records a mail and waits until it is durable.
func (s *suite) keep(r *analyzer.Record) analyzer.Recorded {
	s.Helper()
	kept, err := s.Begin(s.ctx, r)()
	s.must(err)
	return kept
}

// encoded is a sender's profile in its canonical encoding.
func (s *suite) encoded(m analyzer.Memory, sender string) []byte {
	s.Helper()
	p, _, err := m.Profile(s.ctx, sender)
	s.must(err)
	data, err := p.MarshalBinary()
	s.must(err)
	return data
}

// learned is the encoding of a profile that learned just these mails.
func (s *suite) learned(list ...*analyzer.Record) []byte {
	s.Helper()
	var p baseline.Profile
	for _, r := range list {
		p.Learn(&r.Observation)
	}
	data, err := p.MarshalBinary()
	s.must(err)
	return data
}

// knows checks a sender's profile, and the organisation's.
func (s *suite) knows(sender string, list ...*analyzer.Record) {
	s.Helper()
	want := s.learned(list...)
	for _, who := range []string{sender, ""} {
		if !bytes.Equal(s.encoded(s.Memory, who), want) {
			s.Errorf("the profile of %q is not that of %d mails", who, len(list))
		}
	}
}

// open checks the sender's incident.
func (s *suite) open(sender string, want bool, since time.Time) {
	s.Helper()
	open, at, err := s.Incident(s.ctx, sender)
	s.must(err)
	if open != want || open && !at.Equal(since) {
		s.Errorf("incident of %s: %v since %v, want %v since %v", sender, open, at, want, since)
	}
}

// past reads a sender's newest mail.
func (s *suite) past(m analyzer.Memory, sender string, since time.Time, most int) analyzer.Past {
	s.Helper()
	p, err := m.Past(s.ctx, sender, since, most)
	s.must(err)
	return p
}
