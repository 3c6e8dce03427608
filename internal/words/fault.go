package words

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// place is a verb of a format, such as %s, %.80q or %[1]s.
var place = regexp.MustCompile(`%(?:\[\d\])?(?:\.\d+)?[sdvqw]`)

// fault is an error with its pattern.
type fault struct {
	pattern *regexp.Regexp
	words   int // how many bytes of it are not places
	ja      string
}

// faultList are the errors that have words, the most particular first.
var faultList = sync.OnceValue(func() []fault {
	list := make([]fault, 0, len(faults))
	for _, table := range []map[string]string{faults, marks} {
		for format, ja := range table {
			list = append(list, fault{faultPattern(format), len(place.ReplaceAllString(format, "")), ja})
		}
	}
	slices.SortFunc(list, func(a, b fault) int {
		if a.words != b.words {
			return b.words - a.words
		}
		return strings.Compare(a.ja, b.ja)
	})
	return list
})

// faultPattern matches what a format makes. A place that follows another at once is a tail, such as
// ": did you mean list?", or empty.
func faultPattern(format string) *regexp.Regexp {
	var b strings.Builder
	b.WriteByte('^')
	end := 0
	for _, at := range place.FindAllStringIndex(format, -1) {
		b.WriteString(regexp.QuoteMeta(format[end:at[0]]))
		switch tail := at[0] == end && end > 0; {
		case tail:
			b.WriteString(`(: .*|)`)
		case format[at[1]-1] == 'q':
			b.WriteString(`("(?:[^"\\]|\\.)*"|\[[^]]*\])`) // %q of a list is ["a" "b"]
		case format[at[1]-1] == 'd':
			b.WriteString(`(-?\d+)`)
		default:
			b.WriteString(`(.*?)`)
		}
		end = at[1]
	}
	b.WriteString(regexp.QuoteMeta(format[end:]) + "$")
	return regexp.MustCompile(b.String())
}

// maxFaults bounds how many errors within an error are said in Japanese, maxFault how many bytes of
// one are looked at.
const (
	maxFaults = 6
	maxFault  = 2_000
)

// stateOf says why something cannot be decided: "I3 is confirmed".
var stateOf = regexp.MustCompile(`^([IH]\d+) is ([a-z]+)$`)

// gone says that there is no mail, incident or exception of a number: "there is no I9".
var gone = regexp.MustCompile(`^there is no ([HIT]\d+)$`)

// Fault is an error of a command in the reader's words, line by line. What it does not know, such as
// what another program said, stays in English.
func (t Reader) Fault(text string) string {
	if !t.Japanese() {
		return text
	}
	var out []string
	for line := range strings.Lines(text) {
		out = append(out, t.fault(strings.TrimSuffix(line, "\n"), maxFaults))
	}
	return strings.Join(out, "\n")
}

func (t Reader) fault(line string, deep int) string {
	if ja, ok := faultWords[line]; ok {
		return ja
	}
	if deep == 0 || len(line) > maxFault {
		return line
	}
	if ja, ok := t.refusal(line); ok {
		return ja
	}
	for _, f := range faultList() {
		held := f.pattern.FindStringSubmatch(line)
		if held == nil {
			continue
		}
		list := make([]string, 0, 2*len(held))
		for i, value := range held[1:] {
			list = append(list, "{"+strconv.Itoa(i+1)+"}", t.fault(value, deep-1))
		}
		return strings.NewReplacer(list...).Replace(f.ja)
	}
	if m := option.FindStringSubmatch(line); m != nil {
		return "--" + m[1] + ": " + t.fault(m[2], deep-1)
	}
	if before, after, ok := strings.Cut(line, "; "); ok { // "there is no I9; I3 is confirmed"
		return t.fault(before, deep-1) + "。" + t.fault(after, deep-1)
	}
	if before, after, ok := strings.Cut(line, ": "); ok { // "open /etc/hisseki.toml: permission denied"
		return t.fault(before, deep-1) + ": " + t.fault(after, deep-1)
	}
	return line
}

// refusal is what is wrong with a value or with what a number stands for.
func (t Reader) refusal(line string) (string, bool) {
	if m := option.FindStringSubmatch(line); m != nil {
		if ja, ok := mistaken(m[2]); ok {
			return "--" + m[1] + ": " + ja, true
		}
	}
	if m := stateOf.FindStringSubmatch(line); m != nil {
		return m[1] + " は「" + t.Named(map[string]string{"I": "istate-", "H": "hold-"}[m[1][:1]], m[2]) + "」です", true
	}
	if m := gone.FindStringSubmatch(line); m != nil {
		return m[1] + " はありません", true
	}
	return mistaken(line)
}

// mistaken is what is wrong with a value, in Japanese.
func mistaken(text string) (string, bool) {
	for _, m := range mistakes {
		if at := m.english.FindStringSubmatchIndex(text); at != nil && at[0] == 0 {
			return string(m.english.ExpandString(nil, m.ja, text, at)), true
		}
	}
	return "", false
}
