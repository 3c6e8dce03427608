package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/internal/words"
)

// Learned is what learning from the past did.
type Learned struct {
	Mails int // recorded
	Odd   int // of these too odd to learn
	Known int // left out: recorded or taught before
}

// Text says what was learned, into which store. verbose says that odd mail was listed.
func (n Learned) Text(w words.Reader, into string, verbose bool) string {
	text := w.Say(words.Say("learn-done", words.Count(n.Mails, "mail"), into))
	if n.Odd > 0 {
		text += w.W("learn-odd", n.Odd)
		if !verbose {
			text += w.W("learn-verbose")
		}
	}
	if n.Known > 0 {
		text += w.W("learn-known", n.Known)
	}
	return text
}

// Taught knows which mail was taught.
type Taught interface {
	// Taught says whether a sender's mail with a Message-ID was taught before, or recorded
	// about that time.
	Taught(ctx context.Context, sender, messageID string, at time.Time) (bool, error)
	// NoteTaught notes mail as taught: the Message-IDs of each sender.
	NoteTaught(ctx context.Context, mails map[string][]string) error
}

// LearnOptions of Learn.
type LearnOptions struct {
	Source Source
	Taught Taught
	// Odd, when set, is told of each mail that was too odd to learn.
	Odd      func(name string, r *analyzer.Record)
	Progress func(mails int)
}

// noteBatch is how many mails are noted as taught at once. What a crash leaves unnoted is
// in the journal.
const noteBatch = 200

// Learn judges past mail on its own clock by an analyzer in mode observe: nothing is held,
// what looks ordinary is learned, what does not is only recorded. Mail that is known by
// sender and Message-ID counts once, whatever folders it is in.
func Learn(ctx context.Context, a *analyzer.Analyzer, opt LearnOptions) (n Learned, err error) {
	l := &learner{judge: a, opt: opt, fresh: make(map[string][]string)}
	// What was learned is durable lesson by lesson; saving only makes loading quick.
	defer func() {
		ctx := context.WithoutCancel(ctx)
		err = errors.Join(err, l.note(ctx), a.Save(ctx))
	}()
	for {
		act, err := opt.Source.Next()
		if errors.Is(err, io.EOF) {
			return l.n, nil
		}
		if err != nil {
			return l.n, err
		}
		if act.Mail == nil {
			continue // a reviewer's act: it concerns holds, and there are none
		}
		if err := l.mail(ctx, act); err != nil {
			return l.n, fmt.Errorf("learning from %s: %w", act.Name, err)
		}
		opt.Progress(l.n.Mails + l.n.Known)
	}
}

// learner is a run of Learn.
type learner struct {
	judge *analyzer.Analyzer
	opt   LearnOptions
	n     Learned
	fresh map[string][]string // Message-IDs that are not noted yet, by sender
	count int                 // of them
}

func (l *learner) mail(ctx context.Context, act *Act) error {
	sender, id := act.Mail.Sender, messageID(act.Mail)
	if id != "" {
		known, err := l.opt.Taught.Taught(ctx, sender, id, act.Time)
		if err != nil {
			return err
		}
		if known {
			l.n.Known++
			return nil
		}
	}
	r, err := l.judge.Judge(ctx, act.Mail, analyzer.Conditions{})
	if err != nil {
		return err
	}
	l.n.Mails++
	if r.Verdict.Would != analyzer.Pass {
		l.n.Odd++
		if l.opt.Odd != nil {
			l.opt.Odd(act.Name, r)
		}
	}
	if id == "" {
		return nil
	}
	l.fresh[sender] = append(l.fresh[sender], id)
	if l.count++; l.count < noteBatch {
		return nil
	}
	return l.note(ctx)
}

// note makes durable what was taught.
func (l *learner) note(ctx context.Context) error {
	if l.count == 0 {
		return nil
	}
	fresh := l.fresh
	l.fresh, l.count = make(map[string][]string), 0
	return l.opt.Taught.NoteTaught(ctx, fresh)
}

// messageID is a mail's, as its record has it, but for one of over 200 characters.
func messageID(m *analyzer.Mail) string {
	var head []content.Field
	for _, f := range m.Header {
		if strings.EqualFold(f.Name, "Message-ID") {
			head = append(head, f)
		}
	}
	return content.Parse(content.Source{Header: head}, content.Limits{}).MessageID
}
