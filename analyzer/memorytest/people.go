package memorytest

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
)

// rules: an admin's rule for a sender goes before that for his class, and has an end.
func (s *suite) rules() {
	s.needs(s.SetSenderRule != nil && s.SetClassRule != nil && s.BlockHost != nil)
	rule := func(action analyzer.Action, hours int) analyzer.Override {
		return analyzer.Override{Action: action, Until: Now.Add(time.Duration(hours) * time.Hour),
			By: "admin", Reason: "a test"}
	}
	s.must(s.SetClassRule(analyzer.Account, rule(analyzer.Pass, 5)))
	s.must(s.SetSenderRule(Alice, rule(analyzer.Hold, 2)))
	for _, c := range []struct {
		sender string
		hours  int
		want   analyzer.Action
	}{{Alice, 1, analyzer.Hold}, {Alice, 3, analyzer.Pass}, {Bob, 1, analyzer.Pass}, {Bob, 6, ""}} {
		o, ok, err := s.Override(s.ctx, c.sender, analyzer.Account, Now.Add(time.Duration(c.hours)*time.Hour))
		s.must(err)
		if ok != (c.want != "") || o.Action != c.want {
			s.Errorf("%s after %d h: %v %q, want %q", c.sender, c.hours, ok, o.Action, c.want)
		}
	}
	if _, ok, err := s.Override(s.ctx, Alice, analyzer.Null, Now); err != nil || !ok {
		s.Errorf("a sender's rule goes with his class: %v, %v", ok, err)
	}
	s.must(s.SetSenderRule(Bob, analyzer.Override{Mode: analyzer.Enforce, By: "admin"})) // for good
	o, ok, err := s.Override(s.ctx, Bob, analyzer.Account, Now.AddDate(10, 0, 0))
	if err != nil || !ok || o.Mode != analyzer.Enforce {
		s.Errorf("a rule without an end: %+v, %v, %v", o, ok, err)
	}
	s.must(s.BlockHost("lure.test", rule(analyzer.Hold, 1)))
	list, err := s.URLRules(s.ctx)
	s.must(err)
	if len(list) != 1 || list[0].Action != analyzer.Hold {
		s.Errorf("rules for links: %+v", list)
	}
}

// habits: exceptions are kept, also those that are over.
func (s *suite) habits() {
	s.needs(s.AddHabit != nil)
	s.must(s.AddHabit(analyzer.Habit{Senders: []string{Alice}, Countries: []string{"JP"},
		Programs: []string{"Outlook*"}, Devices: []string{"PC-7"}, Until: Now.Add(time.Hour), By: "admin", Reason: "a trip"}))
	list, err := s.Memory.Habits(s.ctx)
	s.must(err)
	if len(list) != 1 || len(list[0].Senders) != 1 || list[0].Senders[0] != Alice ||
		!slices.Equal(list[0].Programs, []string{"Outlook*"}) || !slices.Equal(list[0].Devices, []string{"PC-7"}) ||
		!list[0].Until.Equal(Now.Add(time.Hour)) {
		s.Errorf("habits: %+v", list)
	}
}

// logins: those of the account in [since, until), oldest first.
func (s *suite) logins() {
	s.needs(s.AddLogin != nil)
	s.keep(mail(Alice, 0, analyzer.Pass)) // guesses at names that nobody has are not kept
	for i, result := range []analyzer.LoginResult{analyzer.LoginFailure, analyzer.LoginSuccess} {
		at := Now.Add(time.Duration(i) * time.Hour)
		s.must(s.AddLogin(analyzer.Login{At: at, Last: at, Count: 1, Sender: Alice,
			Client: netip.MustParseAddr("203.0.113.7"), Result: result, Service: "imap"}))
	}
	for _, c := range []struct {
		since, until, want int
	}{{0, 2, 2}, {0, 1, 1}, {1, 2, 1}, {2, 3, 0}} {
		list, err := s.Memory.Logins(s.ctx, Alice, Now.Add(time.Duration(c.since)*time.Hour),
			Now.Add(time.Duration(c.until)*time.Hour))
		s.must(err)
		if len(list) != c.want || c.want == 2 && list[0].Result != analyzer.LoginFailure {
			s.Errorf("hours %d to %d: %+v, want %d", c.since, c.until, list, c.want)
		}
	}
}

// letter is a mail to an analyzer, with one link.
func letter(sender string, minute int, host string) *analyzer.Mail {
	to := fmt.Sprintf("r%d@example%d.net", minute, minute)
	head := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: %d\r\nMessage-ID: <%d@example.org>\r\n",
		sender, to, minute, minute)
	src, err := content.ReadSource(strings.NewReader(head+"\r\nSee https://"+host+
		"/login now.\r\n"), 1<<10)
	if err != nil {
		panic(err)
	}
	return &analyzer.Mail{Envelope: analyzer.Envelope{
		Time: Now.Add(time.Duration(minute) * time.Minute), Sender: sender, Class: analyzer.Account,
		Login: sender, MailFrom: sender, Host: "mx.example.org", QueueID: queueID(minute),
		Recipients: []string{to}, Client: netip.MustParseAddr("203.0.113.7")}, Source: src}
}

// dropping is a memory that can stop keeping what is recorded.
type dropping struct {
	analyzer.Memory
	drop bool
}

func (d *dropping) Begin(ctx context.Context, r *analyzer.Record) analyzer.Pending {
	if d.drop {
		return func() (analyzer.Recorded, error) { return analyzer.Recorded{ID: 1 << 40}, nil }
	}
	return d.Memory.Begin(ctx, r)
}
