// Package words is what people read, in English and Japanese: one catalogue for the report, the
// review page and alerts. It writes figures, times and hostile text in the reader's way.
package words

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/signalname"
	"hisseki/internal/term"
	"hisseki/ledger"
)

// Lang is the language of a reader.
type Lang string

// Languages.
const (
	English  Lang = "en"
	Japanese Lang = "ja"
)

// Set takes the language that a flag names, English or Japanese (pflag.Value).
func (l *Lang) Set(name string) error {
	lang := Lang(name)
	if lang != English && lang != Japanese {
		return fmt.Errorf("%q is neither en nor ja", name)
	}
	*l = lang
	return nil
}

// String implements pflag.Value.
func (l *Lang) String() string { return string(*l) }

// Type implements pflag.Value.
func (*Lang) Type() string { return "language" }

var figures = regexp.MustCompile(`-?[0-9]+(?:\.[0-9]+)?`)

// Phrase is something observed or usual, in words.
func (t Reader) Phrase(s string) string {
	if t.lang != Japanese {
		return Unlink(s)
	}
	ja, ok := phrases[figures.ReplaceAllString(s, "#")]
	if !ok {
		if ja, ok = t.ofForms(usualForms, s); ok {
			return ja
		}
		return Unlink(s)
	}
	found := figures.FindAllString(s, -1)
	for i, n := range found {
		ja = strings.ReplaceAll(ja, "#"+itoa(i+1), n)
	}
	if strings.HasSuffix(s, " h UTC") && len(found) == 2 {
		ja = t.hoursHere(ja, found[0], found[1])
	}
	return ja
}

// hoursHere adds to hours of UTC what they are in the reader's zone, where that is the same all year:
// "週末 0〜6時 (UTC)" becomes "週末 0〜6時 (UTC、JST 9〜15時)".
func (t Reader) hoursHere(ja, from, to string) string {
	january := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).In(t.zone)
	name, offset := january.Zone()
	_, july := january.AddDate(0, 6, 0).Zone()
	a, err1 := strconv.Atoi(from)
	b, err2 := strconv.Atoi(to)
	if offset != july || offset%3600 != 0 || offset == 0 || err1 != nil || err2 != nil {
		return ja
	}
	here := func(h int) string { return itoa(((h+offset/3600)%24 + 24) % 24) }
	return strings.Replace(ja, "(UTC)", "(UTC、"+name+" "+here(a)+"〜"+here(b)+"時)", 1)
}

// Reader is the words in one language, and how it writes times and figures.
type Reader struct {
	lang Lang
	zone *time.Location
}

// For returns the words of a language; nil is UTC. A language that is none is English.
func For(lang Lang, zone *time.Location) Reader {
	if lang != Japanese {
		lang = English
	}
	if zone == nil {
		zone = time.UTC
	}
	return Reader{lang, zone}
}

// catalogue has every text by key: English, Japanese.
var catalogue = join(ofReport, ofPage, ofRules, ofAsked, ofOpenID, ofTerminal, ofDoctor, ofOutcome, ofLists, ofMeasure)

func join(tables ...map[string][2]string) map[string][2]string {
	all := map[string][2]string{}
	for _, t := range tables {
		for key, w := range t {
			if _, ok := all[key]; ok {
				panic("words: two texts for " + key)
			}
			all[key] = w
		}
	}
	return all
}

// Index is the place of the reader's language in a pair of texts: English, Japanese.
func (t Reader) Index() int {
	if t.lang == Japanese {
		return 1
	}
	return 0
}

// W returns a word or sentence by key. A key that is none is a mistake of the program.
func (t Reader) W(key string, args ...any) string {
	w, ok := catalogue[key]
	if !ok {
		panic("words: no words for " + key)
	}
	if len(args) == 0 {
		return w[t.Index()]
	}
	return fmt.Sprintf(w[t.Index()], args...)
}

// Named returns the word for something that the store names, such as a state. What it does
// not know it shows as it is, harmless: a store may be damaged, or written by an enemy.
func (t Reader) Named(kind, name string) string {
	if _, ok := catalogue[kind+name]; ok {
		return t.W(kind + name)
	}
	return Unlink(name)
}

// Noted is why, or of what, a line of the audit log is: what somebody looked at has words, as in "evidence,
// excerpt"; the rest is as people and programs wrote it.
func (t Reader) Noted(verb, reason string) string {
	if verb != "read" || !t.Japanese() {
		return Unlink(reason)
	}
	list := strings.Split(reason, ", ")
	for i, what := range list {
		list[i] = t.Named("noted-", what)
	}
	return strings.Join(list, t.W("comma"))
}

// Japanese says whether the reader reads Japanese.
func (t Reader) Japanese() bool { return t.lang == Japanese }

// Location is the reader's zone.
func (t Reader) Location() *time.Location { return t.zone }

// In returns a time in the reader's zone.
func (t Reader) In(at time.Time) time.Time { return at.In(t.zone) }

// Lang is the language's code for HTML.
func (t Reader) Lang() string { return string(t.lang) }

// Time is a time to the minute.
func (t Reader) Time(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(t.zone).Format("2006-01-02 15:04")
}

// Second is a time to the second.
func (t Reader) Second(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(t.zone).Format("2006-01-02 15:04:05")
}

// Between is a span of time, without its end when it is a moment.
func (t Reader) Between(from, to time.Time) string {
	switch {
	case !to.After(from):
		return t.Second(from)
	case t.Second(from)[:10] == t.Second(to)[:10]: // the same day
		return t.Second(from) + " – " + t.Second(to)[11:]
	}
	return t.Second(from) + " – " + t.Second(to)
}

// Zone is the name of the time zone.
func (t Reader) Zone(at time.Time) string { return at.In(t.zone).Format("MST -07:00") }

// Span is a bucket's width in words.
func (t Reader) Span(d time.Duration) string {
	n, unit := int(d/time.Minute), [2]string{"min", "分"}
	switch {
	case d >= 24*time.Hour:
		n, unit = int(d/(24*time.Hour)), [2]string{"d", "日"}
	case d >= time.Hour:
		n, unit = int(d/time.Hour), [2]string{"h", "時間"}
	}
	if t.lang == Japanese {
		return itoa(n) + unit[1]
	}
	return itoa(n) + " " + unit[0]
}

// Fate is a fate in words.
func (t Reader) Fate(f ledger.Fate) string { return t.Named("fate-", string(f)) }

// Late says of a mail that was not judged in time what came of it, "" of any other.
func (t Reader) Late(r *analyzer.Record) string {
	how := t.Named("unjudged-", string(r.Verdict.Action))
	late := &r.Late
	switch {
	case !late.Judged.IsZero():
		return t.W("late-judged", how, t.Named("late-", string(r.Verdict.Would)))
	case r.Verdict.Would != analyzer.Unjudged:
		return ""
	case late.Content == analyzer.Waits:
		return t.W("late-waits", how)
	case late.Content != "":
		return t.W("late-never", how, term.Safe(late.Content, 200))
	}
	return how
}

// Sentence is an evidence's own sentence, without a link.
func Sentence(e analyzer.Evidence) string {
	if e.Observed == "" {
		return Unlink(e.Text)
	}
	return Unlink(strings.ReplaceAll(e.Text, e.Observed, Observed(e)))
}

// Observed is what a mail showed, in words.
func (t Reader) Observed(e analyzer.Evidence) string {
	if t.lang == Japanese {
		if ja, ok := t.ofForms(seenForms[e.Signal], e.Observed); ok {
			return ja
		}
	}
	return t.Phrase(Observed(e))
}

// Observed is what a mail showed; a link's site is defanged.
func Observed(e analyzer.Evidence) string {
	if e.Observed != "" && e.Signal.NamesLink() {
		return Defang(e.Observed)
	}
	return signalname.Observed(&e)
}

// Traits are what a suspect shares, in words.
func (t Reader) Traits(list []analyzer.Trait) string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = t.Named("trait-", string(x))
	}
	if t.lang == Japanese {
		return strings.Join(out, "、")
	}
	return strings.Join(out, ", ")
}

func itoa(n int) string { return strconv.Itoa(n) }
