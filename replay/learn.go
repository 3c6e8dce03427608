package replay

import (
	"context"
	"errors"
	"fmt"
	"io"

	"hisseki/analyzer"
)

// Learned is what learning from the past did.
type Learned struct {
	Mails int
	Odd   int // too odd to learn: recorded and left out
}

// Learn judges past mail on its own clock by an analyzer in mode observe: nothing is held,
// what looks ordinary is learned, what does not is only recorded. progress is told how
// many mails are done.
func Learn(ctx context.Context, a *analyzer.Analyzer, src Source, progress func(int)) (n Learned,
	err error) {
	// What was learned is durable lesson by lesson; saving only makes loading quick.
	defer func() { err = errors.Join(err, a.Save(context.WithoutCancel(ctx))) }()
	for {
		act, err := src.Next()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if act.Mail == nil {
			continue // a reviewer's act: it concerns holds, and there are none
		}
		r, err := a.Judge(ctx, act.Mail, analyzer.Conditions{})
		if err != nil {
			return n, fmt.Errorf("learning from %s: %w", act.Name, err)
		}
		n.Mails++
		if r.Verdict.Would != analyzer.Pass {
			n.Odd++
		}
		progress(n.Mails)
	}
}
