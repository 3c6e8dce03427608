package words

import (
	"strings"

	"hisseki/analyzer"
	"hisseki/internal/signalname"
)

// form is a sentence of the analyzer and how Japanese says it.
//
// In English %o stands for what was observed, %c for a text of clauses, %s for any other text; no
// two of them touch. An empty English text is every sentence. In Japanese {seen} is what was
// observed, {usual} what is usual, {1} to {9} are what stood for %c and %s, in their order.
type form struct{ en, ja string }

// Sign is a signal of the evidence in a sentence: the analyzer's own in English. In Japanese it is
// made from that sentence, or, where an older version has put it otherwise, from what was observed
// alone; the signal's name where there is neither.
//
//	sent from 192.0.2.0/24, new to this account
//	-> 192.0.2.0/24 から送信されました。このアカウントには初めての接続元です。
func (t Reader) Sign(e analyzer.Evidence) string {
	if t.lang != Japanese {
		return Sentence(e)
	}
	if e.Observed == "" && e.Usual == "" {
		return t.note(e)
	}
	text, more := withoutTails(e.Text)
	for _, f := range sentences[e.Signal] {
		if held, ok := f.match(text, e.Observed); ok {
			return f.fill(t, e, held) + more
		}
	}
	return Sentence(e) // of a signal that this version does not know
}

// note is evidence without values: what a signal had too little to judge by.
func (t Reader) note(e analyzer.Evidence) string {
	said := t.Phrase(e.Text)
	if name := signalname.Japanese(e.Signal); name != "" && said == Unlink(e.Text) {
		return name
	}
	return said
}

// withoutTails cuts from a sentence what may be added to it, and returns it in Japanese.
func withoutTails(text string) (rest, more string) {
	for _, tail := range tails {
		if before, ok := strings.CutSuffix(text, tail.en); ok {
			text, more = before, tail.ja+more
		}
	}
	return text, more
}

// match returns what stands in a sentence for %s, and for %c in Japanese. A %s ends where the
// following words of the form first stand: one pass, whatever the text.
func (f form) match(text, observed string) (held []string, ok bool) {
	if f.en == "" {
		return nil, true
	}
	parts := strings.Split(f.en, "%")
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return nil, false
	}
	for _, part := range parts[1:] { // "o, new to this account"
		kind, words := part[0], part[1:]
		if kind == 'o' {
			if rest, ok = strings.CutPrefix(rest, observed+words); !ok {
				return nil, false
			}
			continue
		}
		value := rest
		if words == "" {
			rest = ""
		} else if value, rest, ok = strings.Cut(rest, words); !ok {
			return nil, false
		}
		if kind == 'c' {
			if value, ok = clauses[value]; !ok {
				return nil, false
			}
		}
		held = append(held, value)
	}
	return held, rest == ""
}

// fill is the form in Japanese. What a mail or an admin wrote is made harmless.
func (f form) fill(t Reader, e analyzer.Evidence, held []string) string {
	seen := t.Observed(e)
	if seen == "" {
		seen = t.Phrase("(none)")
	}
	list := []string{"{seen}", seen, "{usual}", t.Phrase(e.Usual)}
	for i, value := range held {
		list = append(list, "{"+itoa(i+1)+"}", t.Phrase(value))
	}
	return strings.NewReplacer(list...).Replace(f.ja)
}

// ofForms is a text in Japanese by the first form that it has.
func (t Reader) ofForms(forms []form, text string) (string, bool) {
	for _, f := range forms {
		held, ok := f.match(text, "")
		if !ok {
			continue
		}
		list := make([]string, 0, 2*len(held))
		for i, value := range held {
			list = append(list, "{"+itoa(i+1)+"}", Unlink(value))
		}
		return strings.NewReplacer(list...).Replace(f.ja), true
	}
	return "", false
}
