package report

import (
	"fmt"
	"strconv"
	"strings"

	"hisseki/internal/words"
)

// Lang is the language of a report.
type Lang = words.Lang

// Languages.
const (
	English  = words.English
	Japanese = words.Japanese
)

// text is the report's words in one language.
type text struct{ words.Reader }

// Parts are the figures of a count that are not zero.
func (t text) Parts(c Count) string {
	var out []string
	for _, p := range []struct {
		n   int
		key string
	}{{c.Reached, "reached"}, {c.Open, "open"}, {c.Stopped, "stopped"}, {c.Refused, "refused"}} {
		if p.n > 0 {
			out = append(out, itoa(p.n)+" "+t.W(p.key))
		}
	}
	if len(out) == 0 {
		return "0"
	}
	return strings.Join(out, ", ")
}

// Headline is the report in one sentence.
func (t text) Headline(r *Report) string {
	if t.Japanese() {
		return japaneseHeadline(r)
	}
	s := fmt.Sprintf("%s to %s in %s got through; %s stopped.",
		many(r.Mails.Reached, "mail", "mails"), many(r.Reached.People, "person", "people"),
		many(r.Reached.Companies, "company", "companies"),
		many(r.Mails.Stopped, "mail was", "mails were"))
	if r.Mails.Reached == 0 {
		s = fmt.Sprintf("No mail is known to have got through; %s stopped.",
			many(r.Mails.Stopped, "mail was", "mails were"))
	}
	if r.Total.Open > 0 {
		s += fmt.Sprintf(" Of %s to %s in %s it is not known yet: count them as received.",
			many(r.Total.Open, "delivery", "deliveries"), many(r.Maybe.People, "person", "people"),
			many(r.Maybe.Companies, "company", "companies"))
	}
	if r.Mails.Refused > 0 {
		s += fmt.Sprintf(" %s refused by the other side.", many(r.Mails.Refused, "was", "were"))
	}
	if n := r.Reached.Colleagues; n > 0 {
		s += fmt.Sprintf(" %s of those reached %s in the own organisation.", itoa(n), isAre(n))
	}
	return s
}

func japaneseHeadline(r *Report) string {
	s := fmt.Sprintf("%d社・%d名の宛先に%d通が届きました。%d通は送信を止めました。",
		r.Reached.Companies, r.Reached.People, r.Mails.Reached, r.Mails.Stopped)
	if r.Mails.Reached == 0 {
		s = fmt.Sprintf("届いたことを確認したメールはありません。%d通は送信を止めました。", r.Mails.Stopped)
	}
	if r.Total.Open > 0 {
		s += fmt.Sprintf("%d社・%d名あての延べ%d件は結果が未確定です(届いたものとして扱ってください)。",
			r.Maybe.Companies, r.Maybe.People, r.Total.Open)
	}
	if r.Mails.Refused > 0 {
		s += fmt.Sprintf("%d通は相手側で受け取られませんでした。", r.Mails.Refused)
	}
	if n := r.Reached.Colleagues; n > 0 {
		s += fmt.Sprintf("届いた宛先のうち%d名は自組織です。", n)
	}
	return s
}

func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return itoa(n) + " " + more
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func itoa(n int) string { return strconv.Itoa(n) }

// Headline is a report in one sentence, in a reader's words.
func Headline(r *Report, in words.Reader) string { return text{in}.Headline(r) }

// StepsIn is the checklist in a reader's words.
func StepsIn(in words.Reader) []Step { return text{in}.Steps() }
