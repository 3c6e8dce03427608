package analyzer_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/replay"
)

// people are n addresses that nobody wrote to, from the i-th on.
func people(i, n int) (list []string) {
	for k := range n {
		list = append(list, fmt.Sprintf("s%d@stranger%d.example.org", i+k, (i+k)/3))
	}
	return list
}

// send judges a mail of b@example.jp from the usual computer, or another.
func send(t *testing.T, a *analyzer.Analyzer, after time.Duration, client string, to []string, body string,
	head ...string) *analyzer.Record {
	t.Helper()
	m := letter("b@example.jp", attackDay.Add(after), client, to[0], body, head...)
	m.Recipients = to
	r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const ownClient, otherClient = "192.0.2.11", "203.0.113.9"

// Whoever writes to hundreds is stopped, from the owner's own computer and without anything
// to click: in one mail, or in several to other people each. The evidence says what is usual.
func TestReachNeedsNoLure(t *testing.T) {
	a := office(t, replay.NewMemory())
	if r := send(t, a, 0, ownClient, people(0, 1000), honest); r.Verdict.Would != analyzer.Hold ||
		r.Verdict.Cause != "reach" {
		t.Errorf("one mail to 1,000: %+v", r.Verdict)
	}
	a = office(t, replay.NewMemory())
	reached := 0
	for i := range 20 {
		r := send(t, a, time.Duration(i)*time.Minute, ownClient, people(100*i, 100), honest)
		if r.Verdict.Would == analyzer.Pass {
			reached += 100
		}
		if i == 1 && (r.Verdict.Would != analyzer.Hold ||
			!strings.Contains(fmt.Sprint(r.Verdict.Evidence), "usually at most")) {
			t.Errorf("the second hundred: %+v", r.Verdict)
		}
	}
	if reached > 100 {
		t.Errorf("20 mails to 100 people each reached %d", reached)
	}
}

// An answer goes to whom a discussion reaches: it waits where a new letter would be held, from a network
// that is somewhat new. It gains half as many people and no more, and nothing with an unknown link or
// from quite another computer.
func TestAnswersToManyWait(t *testing.T) {
	answer := "In-Reply-To: <1@partner.example.org>"
	for name, tt := range map[string]struct {
		client string
		people int
		body   string
		head   []string
		want   analyzer.Action
	}{
		"a letter":          {ownClient, 400, honest, nil, analyzer.Hold},
		"an answer":         {ownClient, 400, honest, []string{answer}, analyzer.Delay},
		"to more":           {ownClient, 600, honest, []string{answer}, analyzer.Hold},
		"with a link":       {ownClient, 400, "Please see https://news.lure.test/\n" + honest, []string{answer}, analyzer.Hold},
		"another's program": {otherClient, 400, honest, []string{answer, "X-Mailer: Other Program", "Date: Fri, 06 Nov 2026 05:30:00 +0530"}, analyzer.Hold},
	} {
		a := office(t, replay.NewMemory())
		if r := send(t, a, 0, tt.client, people(0, tt.people), tt.body, tt.head...); r.Verdict.Would != tt.want {
			t.Errorf("%s: got %s for %s, want %s: %+v", name, r.Verdict.Would, r.Verdict.Cause, tt.want, r.Verdict.Evidence)
		}
	}
}

// Another computer that writes to one after the other is held without a lure; one that
// writes to the same people again and again, as a series does, is not.
func TestAnotherComputerGoesFromOneToTheNext(t *testing.T) {
	text := func(i int) string { return strings.Repeat(fmt.Sprintf("Line %d of something else. ", i*7919), 4) }
	odd := []string{"X-Mailer: Other Program", "Date: Fri, 06 Nov 2026 05:30:00 +0530"}
	held := func(to func(i int) []string) (n int) {
		a := office(t, replay.NewMemory())
		for i := range 8 {
			r := send(t, a, time.Duration(i)*time.Minute, otherClient, to(i), text(i), odd...)
			if r.Verdict.Would == analyzer.Hold {
				n++
			}
		}
		return n
	}
	if n := held(func(i int) []string { return people(i, 1) }); n == 0 {
		t.Error("eight people, one after the other: nothing was held")
	}
	if n := held(func(int) []string { return people(0, 4) }); n != 0 {
		t.Errorf("eight mails to the same four people: %d held", n)
	}
}

// A mailing of the owner with one new link is one question: one mail is held, with those that
// still wait, and the rest waits its delay only.
func TestOwnMailingIsOneQuestion(t *testing.T) {
	a := office(t, replay.NewMemory())
	held, waited := 0, 0
	for i := range 40 {
		r := send(t, a, time.Duration(i)*15*time.Second, ownClient, people(i, 1),
			"Please see https://news.lure.test/\n"+honest)
		switch r.Verdict.Would {
		case analyzer.Hold:
			held++
		case analyzer.Delay:
			waited++
		}
	}
	if held != 1 || waited < 20 {
		t.Errorf("%d of 40 held, %d waited", held, waited)
	}
}

// A harmless mail from a new computer does not excuse the link that follows to the same
// people (on a site that few visit: example.org itself is much visited), and a further mail without a lure to them is no news.
func TestAGreetingExcusesNoLure(t *testing.T) {
	for _, first := range []bool{false, true} {
		a := office(t, replay.NewMemory())
		to := people(0, 24)
		if first {
			send(t, a, 0, otherClient, to, honest)
		}
		held := 0
		for i := range to {
			r := send(t, a, time.Duration(20+i)*time.Minute, otherClient, to[i:i+1],
				"Please look at https://kakunin.test/x today.")
			if r.Verdict.Would == analyzer.Hold {
				held++
			}
		}
		if held < len(to)-2 {
			t.Errorf("greeted first %t: %d of %d links are held", first, held, len(to))
		}
	}
	a := office(t, replay.NewMemory())
	to := people(0, 1)
	send(t, a, 0, otherClient, to, honest)
	if r := send(t, a, time.Minute, otherClient, to, honest); r.Verdict.Would != analyzer.Pass || !r.Verdict.Repeat {
		t.Errorf("a second mail to the same: %+v", r.Verdict)
	}
}
