package passkey

import (
	"crypto/rand"
	"testing"
	"time"
)

// Everybody may ask to log in by a passkey. However often somebody does, a question that another
// browser is about to answer stays good; a ticket that is old, changed or another page's is none, and
// one question's answer counts once.
func TestAnonymousQuestions(t *testing.T) {
	now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	desk := func() *Desk {
		d, err := New("https://hisseki.example.org", nil, func() time.Time { return now }, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := desk()
	_, ticket, err := d.BeginLogin()
	if err != nil {
		t.Fatal(err)
	}
	for range 10 * maxUsed {
		if _, _, err := d.BeginLogin(); err != nil {
			t.Fatal(err)
		}
	}
	c, ok := d.read(ticket)
	if !ok || c.Reviewer != "" || c.Session.Challenge == "" {
		t.Fatalf("others' questions pushed this one out: %+v", c)
	}
	if !d.once(&c, "ada") || d.once(&c, "ada") || d.once(&c, "bob") {
		t.Error("an answer does not count exactly once")
	}
	changed := []byte(ticket)
	changed[10] ^= 1
	for _, other := range []string{"", ".", string(changed), ticket[:len(ticket)-1], ticket + "A"} {
		if _, ok := d.read(other); ok {
			t.Errorf("%q is a ticket", other)
		}
	}
	if _, ok := desk().read(ticket); ok {
		t.Error("another page's ticket is taken")
	}
	now = now.Add(AnswerWithin + time.Second)
	if _, ok := d.read(ticket); ok {
		t.Error("an old ticket is taken")
	}
}

// What is remembered of answers ends, and has an end of its own.
func TestAnswersAreForgotten(t *testing.T) {
	now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	d, err := New("https://hisseki.example.org", nil, func() time.Time { return now }, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	answer := func(who string) bool {
		_, ticket, err := d.BeginLogin()
		c, ok := d.read(ticket)
		if err != nil || !ok {
			t.Fatal(err, ok)
		}
		return d.once(&c, who)
	}
	for range maxUsed {
		if !answer("ada") {
			t.Fatal("an answer does not count")
		}
	}
	if answer("ada") {
		t.Error("there is no end to what is remembered of her")
	}
	if !answer("bob") {
		t.Error("she takes his share")
	}
	now = now.Add(AnswerWithin + time.Second)
	if !answer("ada") || len(d.used) != 1 {
		t.Errorf("%d answers are remembered", len(d.used))
	}
}
