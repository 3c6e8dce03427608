package drill

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
)

var monday = time.Date(2026, 11, 16, 9, 30, 0, 0, time.UTC)

func account() *Account {
	a := &Account{}
	for i := range 50 {
		r := &analyzer.Record{HeaderFrom: "b@example.jp", Subject: "weekly figures",
			MessageID: "1@example.jp"}
		r.Envelope = analyzer.Envelope{Sender: "b@example.jp", MailFrom: "b@example.jp",
			Time: monday.Add(time.Duration(i-49) * time.Hour), Helo: "pc",
			Client:     netip.MustParseAddr("192.0.2.10"),
			Recipients: []string{"P" + string(rune('a'+i%26)) + "@partner.example.org"}}
		a.Note(r)
	}
	a.Keep(sample("8bit", "text/plain; charset=utf-8", ownWords))
	return a
}

func TestNoteKeepsTheLatest(t *testing.T) {
	a := account()
	if len(a.Partners) != 26 || a.Partners[0] != "px@partner.example.org" || !a.Last.Equal(monday) {
		t.Errorf("%d partners, the first %q, last %v", len(a.Partners), a.Partners[0], a.Last)
	}
}

const ownWords = "Dear partner,\r\n\r\nthe two late orders left the house on Friday.\r\n"

func sample(encoding, kind, body string) *analyzer.Mail {
	m := &analyzer.Mail{}
	for _, f := range [][2]string{{"Received", "from pc"}, {"From", "B <b@example.jp>"},
		{"To", "old@partner.example.org"}, {"Subject", "weekly figures"}, {"X-Mailer", "Becky! 2.81"},
		{"Date", "Mon, 2 Nov 2026 18:30:00 +0900"}, {"Message-ID", "<20261102.1830@pc.example.jp>"},
		{"References", "<1@partner.example.org>"}, {"Content-Type", kind},
		{"Content-Transfer-Encoding", encoding}} {
		m.Header = append(m.Header, content.Field{Name: f[0], Value: f[1]})
	}
	m.Body = []byte(body)
	return m
}

// An imitation differs from the account's own mail by its link alone.
func TestMimic(t *testing.T) {
	r, _ := Find("mimic")
	for name, own := range map[string]*analyzer.Mail{
		"plain":  sample("7bit", "text/plain", ownWords),
		"base64": sample("base64", "text/plain; charset=utf-8", encode(ownWords)),
		"quoted": sample("quoted-printable", "text/plain",
			strings.ReplaceAll(ownWords, "two", "t=\r\nwo")),
		"iso-2022-jp": sample("7bit", "text/plain; charset=iso-2022-jp", "\x1b$B;0OB\x1b(B\r\n"),
	} {
		a := account()
		a.Keep(own)
		before := content.Parse(own.Source, content.Limits{})
		m := newThief(a, &Options{Newest: monday}, "mimic").mails(r)[0]
		after := content.Parse(m.Source, content.Limits{})
		if after.Mailer != before.Mailer || after.Zone != before.Zone ||
			after.Charset != before.Charset || after.Encoding != before.Encoding || after.Subject != before.Subject {
			t.Errorf("%s: %+v does not look like %+v", name, after, before)
		}
		if len(after.URLs) != 1 || strings.Replace(after.Own, after.URLs[0].Raw, "", 1) == after.Own ||
			!strings.HasSuffix(after.Own, strings.TrimSpace(before.Own)) {
			t.Errorf("%s: the words are %q, with links %+v", name, after.Own, after.URLs)
		}
		if after.MessageID == before.MessageID || len(after.References) != 1 || len(after.Defects) > 0 ||
			after.To[0].Addr != m.Recipients[0] {
			t.Errorf("%s: %q to %v, answering %v, %v", name, after.MessageID, after.To, after.References,
				after.Defects)
		}
	}
	a := account()
	a.sample = content.Source{}
	a.Keep(sample("8bit", "text/html", "<p>hello</p>"))
	a.Keep(sample("8bit", "text/plain", strings.Repeat("x", maxSample+1)))
	if len(a.sample.Header) > 0 {
		t.Error("a mail that cannot be imitated was kept")
	}
}

// A theft begins in the account's usual hour, when all that is learned is usual.
func TestStart(t *testing.T) {
	a := account()
	for _, c := range []struct {
		newest time.Time
		days   int
	}{
		{monday, 7}, {monday.AddDate(0, 0, 6), 7}, {monday.AddDate(0, 0, 6).Add(time.Hour), 14},
		{monday.AddDate(0, 0, 30), 35},
	} {
		if got := a.start(c.newest); !got.Equal(monday.AddDate(0, 0, c.days)) {
			t.Errorf("newest %v: starts %v", c.newest, got)
		}
	}
}

// Every recipe gives mail that the analyzer reads as the thief meant it.
func TestRecipes(t *testing.T) {
	for _, r := range thefts {
		t.Run(r.Name, func(t *testing.T) {
			opt := &Options{Newest: monday, Seed: 3}
			mails := newThief(account(), opt, r.Name).mails(r)
			if again := newThief(account(), opt, r.Name).mails(r); !reflect.DeepEqual(mails, again) {
				t.Error("the same seed gives other mail")
			}
			other := *opt
			other.Seed++
			if reflect.DeepEqual(mails, newThief(account(), &other, r.Name).mails(r)) {
				t.Error("another seed gives the same mail")
			}
			for i, m := range mails {
				c := content.Parse(m.Source, content.Limits{})
				if len(c.Defects) > 0 || c.Subject == "" || len(m.Recipients) == 0 {
					t.Errorf("mail %d: %+v to %v", i+1, c.Defects, m.Recipients)
				}
				if r.Name == "attachment" {
					if len(c.Attachments) != 1 || c.Attachments[0].Kind != content.HTMLFile {
						t.Errorf("mail %d: attachments %+v", i+1, c.Attachments)
					}
				} else if len(c.URLs) != 1 || c.URLs[0].Quoted {
					t.Errorf("mail %d: links %+v", i+1, c.URLs)
				}
				if i > 0 && m.Time.Before(mails[i-1].Time) {
					t.Errorf("mail %d is out of order", i+1)
				}
				if m.Client != DefaultClient {
					t.Errorf("mail %d comes from %v", i+1, m.Client)
				}
			}
		})
	}
}

func TestShapes(t *testing.T) {
	mails := func(name string, opt Options) []*analyzer.Mail {
		r, _ := Find(name)
		opt.Newest = monday
		return newThief(account(), &opt, name).mails(r)
	}
	list := mails("slow", Options{})
	for i := 1; i < len(list); i++ {
		if gap := list[i].Time.Sub(list[i-1].Time); gap < 10*time.Minute || gap > 40*time.Minute {
			t.Errorf("slow: %v between mail %d and %d", gap, i, i+1)
		}
	}
	list = mails("incident", Options{OwnNetwork: true})
	if span := list[39].Time.Sub(list[0].Time); len(list) != 40 || span > 20*time.Minute {
		t.Errorf("incident: %d mails in %v", len(list), span)
	}
	if list[0].Client != netip.MustParseAddr("192.0.2.10") || list[0].Helo != "pc" {
		t.Errorf("own network: from %v, %s", list[0].Client, list[0].Helo)
	}
	if n := len(mails("blast", Options{})[0].Recipients); n != 80 {
		t.Errorf("blast: %d recipients", n)
	}
	c := content.Parse(mails("reply", Options{})[0].Source, content.Limits{})
	if c.Subject != "Re: weekly figures" || len(c.InReplyTo) != 1 {
		t.Errorf("reply: %q in reply to %v", c.Subject, c.InReplyTo)
	}
	if mails("spray", Options{NoClient: true})[0].Client.IsValid() {
		t.Error("an address is told though none should be")
	}
}
