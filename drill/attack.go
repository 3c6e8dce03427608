package drill

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// attacks are by a thief who knows how verdicts come about: each hides what it asks for, or
// how many it asks, in another way.
var attacks = []Recipe{
	hidden("link", "24 mails to own partners in 40 minutes, an unknown link",
		standard(func(t *thief) func() ask {
			return func() ask { return ask{text: t.link()} }
		})),
	hidden("links", "the same with another host in each mail",
		standard(func(t *thief) func() ask {
			return func() ask { return ask{text: t.linkElsewhere()} }
		})),
	asking("page", "a new page on a file-share host"),
	asking("bare-host", "a host without https:// under a new top-level domain"),
	asking("bare-ip", "an IP address without https://"),
	asking("subject", "the link in the subject"),
	asking("href", "HTML that links without https://"),
	asking("comment", "a link in a comment that Outlook shows"),
	asking("picture", "a picture from the web, which may show a QR code"),
	asking("search", "a link of the form search-ms:"),
	asking("padded", "a link behind 1.1 MiB of padding"),
	asking("many-links", "a link behind 501 known ones"),
	asking("many-fields", "520 header fields before the Content-Type"),
	asking("encodings", "two transfer encodings, of which the second is true"),
	asking("phone", "a phone number to call"),
	asking("bank", "a new bank account"),
	asking("address", "an address in the text to answer to"),
	asking("payee", "a page to pay to, of a host that everybody knows"),
	asking("room", "another part of a much visited site"),
	asking("gift-card", "a plea for an answer, and nothing else"),
	asking("reply-to", "a Reply-To of the own domain"),
	asking("reply-to-free", "a Reply-To of another domain"),
	asking("disguised", "an HTML file that begins like a PDF"),
	asking("pdf", "a PDF with a link"),
	asking("docx", "a Word document with a link"),
	asking("xlsx", "an Excel sheet with a link"),
	hidden("quote", "24 answers in 40 minutes, with another link each in the quoted mail",
		func(t *thief) []letter {
			return t.burst(24, 40*time.Minute, t.partner, func(l *letter) {
				t.answering(l)
				l.ask = ask{text: t.linkElsewhere(), quoted: true}
			})
		}),
	hidden("hourly", "8 mails to own partners, one an hour, another link in each",
		every(8, time.Hour)),
	hidden("slowest", "8 mails to own partners, one in three hours, another link in each",
		every(8, 3*time.Hour)),
	hidden("bcc-30", "one mail with 30 Bcc, an unknown link",
		blast(30)),
	hidden("bcc-1000", "one mail with 1,000 Bcc, an unknown link",
		blast(1000)),
	hidden("own-box", "an unknown link first to a mailbox of the attacker, 32 hours later to 24 own partners",
		poisoned(func(t *thief) string { return "box-" + t.token[:4] + "@freemail.test" })),
	hidden("own-box-self", "the same, first to the account itself",
		poisoned(func(t *thief) string { return t.account.Sender })),
	hidden("greeted", "a harmless mail with 24 people in Bcc, half of them own partners, then an unknown link to each of them",
		greeted),
	hidden("patient", "two weeks of harmless mail, then the incident",
		func(t *thief) []letter {
			return append(t.harmless(14), t.later(14*24*time.Hour, t.burst(24, 40*time.Minute, t.partner, nil))...)
		}),
	hidden("patient-slow", "two weeks of harmless mail, then 8 mails, one an hour",
		func(t *thief) []letter {
			return append(t.harmless(14), t.later(14*24*time.Hour, every(8, time.Hour)(t))...)
		}),
	hidden("daily", "three mails a day to own partners for a week, another link in each",
		daily(3, 7)),
	hidden("self-warm", "eight harmless mails to the account itself in four days, then three a day as in daily",
		warmed(func(t *thief) string { return t.account.Sender })),
	hidden("box-warm", "the same, to boxes of the attacker at three providers",
		warmed(func(t *thief) string {
			n := t.rand.IntN(3)
			return fmt.Sprintf("box-%s-%d@freemail%d.test", t.token[:4], n, n)
		})),
	hidden("newcomer-blast", "an account without history: one mail with 1,000 Bcc",
		func(t *thief) []letter {
			t.newcomer()
			return blast(1000)(t)
		}),
	hidden("newcomer", "an account without history: 40 mails in 20 minutes",
		func(t *thief) []letter {
			t.newcomer()
			return t.burst(40, 20*time.Minute, t.partner, nil)
		}),
	hidden("newcomer-slow", "an account without history: 8 mails, one an hour, another link in each",
		func(t *thief) []letter {
			t.newcomer()
			return every(8, time.Hour)(t)
		}),
	hidden("flood", "200 mails with 100 Bcc each in 200 minutes, a phone number",
		flood(func(t *thief) ask {
			return asks["phone"](t)
		})),
	hidden("flood-plain", "the same with a plea for an answer, and nothing else",
		flood(func(t *thief) ask {
			return asks["gift-card"](t)
		})),
	hidden("single-flood", "400 mails to one unknown person each in 200 minutes, a phone number",
		func(t *thief) []letter {
			a := asks["phone"](t)
			return t.burst(400, 200*time.Minute, t.unknownAddress, func(l *letter) { l.ask = a })
		}),
}

func hidden(name, short string, cook func(*thief) []letter) Recipe {
	return Recipe{Name: name, Short: short, Hidden: true, cook: cook}
}

// standard is the usual burst: 24 mails to own partners in 40 minutes.
func standard(of func(*thief) func() ask) func(*thief) []letter {
	return func(t *thief) []letter {
		next := of(t)
		return t.burst(24, 40*time.Minute, t.partner, func(l *letter) { l.ask = next() })
	}
}

// asking is the usual burst with an ask of asks.
func asking(name, short string) Recipe {
	return hidden(name, "24 mails to own partners in 40 minutes: "+short,
		standard(func(t *thief) func() ask {
			a := asks[name](t)
			return func() ask { return a }
		}))
}

// every spreads mails with another link in each.
func every(n int, gap time.Duration) func(*thief) []letter {
	return func(t *thief) []letter {
		return t.burst(n, time.Duration(n)*gap, t.partner, func(l *letter) {
			l.ask = ask{text: t.linkElsewhere()}
		})
	}
}

// daily spreads mails over the owner's nine hours of some days, with another link in each.
func daily(mails, days int) func(*thief) []letter {
	return func(t *thief) (list []letter) {
		for day := range days {
			list = append(list, t.later(time.Duration(day)*24*time.Hour, every(mails, 9*time.Hour/time.Duration(mails))(t))...)
		}
		return list
	}
}

// warmed makes the thief's computer usual by mail that nobody sees.
func warmed(box func(*thief) string) func(*thief) []letter {
	return func(t *thief) []letter {
		first := t.burst(8, 4*24*time.Hour, func() string { return box(t) }, func(l *letter) { l.ask, l.prepares = ask{}, true })
		return append(first, t.later(5*24*time.Hour, daily(3, 7)(t))...)
	}
}

func blast(n int) func(*thief) []letter {
	return func(t *thief) []letter {
		return t.burst(1, 0, t.partner, func(l *letter) { t.fill(l, n, n <= 2*len(t.account.Partners)) })
	}
}

func flood(of func(*thief) ask) func(*thief) []letter {
	return func(t *thief) []letter {
		a := of(t)
		return t.burst(200, 200*time.Minute, t.unknownAddress, func(l *letter) {
			l.ask = a
			t.fill(l, 100, false)
		})
	}
}

// poisoned makes the link known first.
func poisoned(box func(*thief) string) func(*thief) []letter {
	return func(t *thief) []letter {
		to := box(t)
		first := t.burst(1, 0, func() string { return to }, func(l *letter) { l.prepares = true })
		return append(first, t.later(32*time.Hour, t.burst(24, 40*time.Minute, t.partner, nil))...)
	}
}

// greeted writes to everybody without a lure first.
func greeted(t *thief) []letter {
	first := t.burst(1, 0, t.partner, func(l *letter) {
		l.ask, l.prepares = ask{}, true
		t.fill(l, min(24, max(1, len(t.account.Partners))), true)
	})
	next := 0
	again := func() string {
		next++
		return first[0].to[(next-1)%len(first[0].to)]
	}
	return append(first, t.later(20*time.Minute, t.burst(24, 40*time.Minute, again, nil))...)
}

// harmless mail makes the thief's computer and network usual: two mails a day.
func (t *thief) harmless(days int) []letter {
	return t.burst(2*days, time.Duration(days)*24*time.Hour, t.partner, func(l *letter) { l.ask, l.prepares = ask{}, true })
}

func (t *thief) later(by time.Duration, list []letter) []letter {
	for i := range list {
		list[i].at = list[i].at.Add(by)
	}
	return list
}

// newcomer makes the account one that never sent any mail; its domain is the same.
func (t *thief) newcomer() {
	a := *t.account
	a.Sender = fmt.Sprintf("new-%s@%s", t.token[:4], domainOf(a.Sender))
	a.From, a.MailFrom, a.Partners = a.Sender, a.Sender, nil
	a.sample.Header = slices.Clone(a.sample.Header)
	for i := range a.sample.Header {
		if f := &a.sample.Header[i]; strings.EqualFold(f.Name, "From") {
			f.Value = a.Sender
		}
	}
	t.account = &a
}
