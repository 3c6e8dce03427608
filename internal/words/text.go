package words

import (
	"fmt"
	"strings"
	"time"

	"hisseki/internal/term"
)

// Text is something to say, in a language that is chosen when it is read: a key of the catalogue and
// what its places take, or a name or an error as it is. The zero Text says nothing.
type Text struct {
	of, key string
	args    []any
	plain   string
	err     error
}

// Say is a text of the catalogue. Its arguments may be Texts, Names, errors and spans of time, which
// are said in the reader's language too, or strings and numbers.
func Say(key string, args ...any) Text { return Text{key: key, args: args} }

// Plain is a name or a value, the same in every language.
func Plain(s string) Text { return Text{plain: s} }

// Fault is an error; what the system says stays in English.
func Fault(err error) Text { return Text{err: err} }

// Of puts in front what a text is about: "submission: not the last in smtpd_milters".
func (x Text) Of(name string) Text {
	x.of = name
	return x
}

// Count is a number of things that the catalogue can count: "1 mail", "2 mails".
func Count(n int, noun string) Text {
	if n == 1 {
		return Say("one-" + noun)
	}
	return Say("many-"+noun, n)
}

// Name is what the store or Postfix names, such as a fate: in English as it is.
type Name struct{ Kind, Name string }

// Say says a text in the reader's language.
func (t Reader) Say(x Text) string {
	out := x.plain
	switch {
	case x.err != nil:
		out = t.Fault(x.err.Error())
	case x.key != "":
		args := make([]any, len(x.args))
		for i, a := range x.args {
			args[i] = t.argument(a)
		}
		out = t.W(x.key, args...)
	}
	if x.of != "" {
		return x.of + ": " + out
	}
	return out
}

func (t Reader) argument(a any) any {
	switch a := a.(type) {
	case Text:
		return t.Say(a)
	case Name:
		if t.Japanese() {
			return t.Named(a.Kind, a.Name)
		}
		return term.Safe(a.Name, 60)
	case error:
		return t.Fault(a.Error())
	case time.Duration:
		if t.Japanese() {
			return t.Rough(a)
		}
		return a.String()
	case fmt.Stringer:
		return a.String()
	case []string:
		if t.Japanese() {
			return strings.Join(a, "、")
		}
		return strings.Join(a, ", ")
	}
	return a
}
