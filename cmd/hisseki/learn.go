package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"hisseki/analyzer"
	"hisseki/daemon"
	"hisseki/internal/config"
	"hisseki/internal/places"
	"hisseki/internal/wiring"
	"hisseki/replay"
	"hisseki/store"
)

// learnt is what learning from the past did.
type learnt struct{ mails, odd, confirmed int }

// learn judges past mail on its own clock into the store, in mode observe: nothing is
// held, what looks ordinary is learned, what does not is recorded and left out.
func learn(ctx context.Context, cfg config.Config, db *store.DB, src replay.Source,
	progress func(int)) (n learnt, err error) {
	files, err := places.Open(cfg.Places)
	if err != nil {
		return n, err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	ac, err := wiring.Analyzer(ctx, cfg, db, files)
	if err != nil {
		return n, err
	}
	ac.Mode = nil                                 // observe
	a := analyzer.New(ac, daemon.Sealing{To: db}) // what is learned from needs no excerpts
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
			n.confirmed++ // a reviewer's act: it concerns holds, and there are none
			continue
		}
		r, err := a.Judge(ctx, act.Mail, analyzer.Conditions{})
		if err != nil {
			return n, fmt.Errorf("learning from %s: %w", act.Name, err)
		}
		n.mails++
		if r.Verdict.Would != analyzer.Pass {
			n.odd++
		}
		progress(n.mails)
	}
}
