package demo

import (
	"context"
	"fmt"

	"hisseki/internal/company"
	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/ledger"
)

// report prints what became of every mail, from the milter's answers and the store.
func (d *demo) report(ctx context.Context) error {
	holds, err := d.store.Holds(ctx, ledger.HoldFilter{})
	if err != nil {
		return err
	}
	byID := map[string]*ledger.Hold{}
	for i := range holds {
		byID[holds[i].Record.Envelope.QueueID] = &holds[i]
	}
	t := table.New(table.Screen{Writer: d.out}, table.Fixed("  time"), table.Fixed("who"),
		table.Fixed("to"), table.Fixed("fate"), table.Fixed("points"), table.Fixed("because"))
	var count struct{ escaped, held, delayed, others, disturbed int }
	for i := range d.sent {
		s := &d.sent[i]
		h := byID[s.id]
		if (h != nil) != s.kept {
			return fmt.Errorf("mail %s: the milter's answer and the store differ", s.id)
		}
		fate, score, because := d.fate(h)
		who := "the thief"
		if !s.theft {
			who = term.Safe(s.mail.Login, 30)
			count.others++
			if h != nil {
				count.disturbed++
			}
		}
		switch {
		case !s.theft:
		case h == nil || h.State == ledger.Released:
			count.escaped++
		default:
			count.held++
		}
		if s.theft && h != nil && h.Record.Verdict.Action == "delay" {
			count.delayed++
		}
		// The first mails and every honest one; the rest of the burst is all the same.
		if i < 8 || !s.theft || i == len(d.sent)-1 {
			t.Row("  "+s.mail.Time.In(company.Tokyo).Format("15:04:05"), who,
				term.Safe(s.mail.Recipients[0], 30), fate, score, because)
		}
	}
	if err := t.Write(); err != nil {
		return err
	}
	d.say("\n   Of the thief's %d mails %d escaped and %d are in quarantine, %d of those delayed first.\n"+
		"   Of %d honest mails meanwhile %d had to wait.\n",
		Mails, count.escaped, count.held, count.delayed, count.others, count.disturbed)
	return d.firstHold(ctx, holds)
}

func (d *demo) fate(h *ledger.Hold) (fate, score, because string) {
	if h == nil {
		return "pass", "", ""
	}
	v := &h.Record.Verdict
	fate = string(h.State)
	if v.Action == "delay" && h.State == ledger.Held {
		fate = "delayed, then held"
	}
	if len(v.Evidence) > 0 {
		because = term.Safe(v.Evidence[0].Text, 46)
	}
	return fate, fmt.Sprintf("%.1f", v.Points), because
}

func (d *demo) firstHold(ctx context.Context, holds []ledger.Hold) error {
	for i := range holds {
		if holds[i].Record.Verdict.Action != "hold" {
			continue
		}
		d.say("\n3. Why the first of them was held:\n\n")
		show := d.hisseki(ctx, "quarantine", "show", "--no-mail", holds[i].Name())
		show.Stdout, show.Stderr = d.out, d.out
		if err := show.Run(); err != nil {
			return fmt.Errorf("showing the first hold: %w", err)
		}
		break
	}
	d.say(`4. Look further (the folder stays until you remove it):

   bin/hisseki quarantine list --db %[1]s
   bin/hisseki quarantine show H1 --db %[1]s
   bin/hisseki quarantine list --host file-kakunin.test --json --db %[1]s
   bin/hisseki incident show I1 --db %[1]s
   bin/hisseki incident report I1 --format html -o report.html --db %[1]s   # or --lang ja
   bin/hisseki incident confirm I1 --dry-run --db %[1]s
   rm -r %[2]s
`, d.db, d.dir)
	if len(holds) == 0 {
		return fmt.Errorf("nothing was held: see %s/serve.log", d.dir)
	}
	return nil
}
