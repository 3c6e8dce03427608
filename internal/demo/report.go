package demo

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"

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
	var n tally
	for i := range d.sent {
		s := &d.sent[i]
		h := byID[s.id]
		if (h != nil) != s.kept {
			return fmt.Errorf("mail %s: the milter's answer and the store differ", s.id)
		}
		n.add(s, h)
		// The first mails and every honest one; the rest of the burst is all the same.
		if i < 8 || !s.theft || i == len(d.sent)-1 {
			who := "the attacker"
			if !s.theft {
				who = term.Safe(s.mail.Login, 30)
			}
			fate, score, because := d.fate(h)
			t.Row("  "+s.mail.Time.In(company.Tokyo).Format("15:04:05"), who,
				term.Safe(s.mail.Recipients[0], 30), fate, score, because)
		}
	}
	if err := t.Write(); err != nil {
		return err
	}
	d.say("\n   Of the attacker's %d mails %d escaped and %d are in quarantine, %d of those delayed first.\n"+
		"   Of %d honest mails meanwhile %d had to wait.\n",
		Mails, n.escaped, n.held, n.delayed, n.honest, n.disturbed)
	return d.firstHold(ctx, holds)
}

// tally counts what became of the attacker's mail, and of honest mail meanwhile.
type tally struct{ escaped, held, delayed, honest, disturbed int }

// add counts one mail, with its hold if it has one.
func (n *tally) add(s *sentMail, h *ledger.Hold) {
	if !s.theft {
		n.honest++
		if h != nil {
			n.disturbed++
		}
		return
	}
	if h == nil || h.State == ledger.Released {
		n.escaped++
	} else {
		n.held++
	}
	if h != nil && h.Record.Verdict.Action == "delay" {
		n.delayed++
	}
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
	link, err := d.link(ctx)
	if err != nil {
		return err
	}
	d.say(`4. Look further (the folder stays until you remove it):

   export TZ=Asia/Tokyo   # times as above
   bin/hisseki quarantine list --db %[1]s
   bin/hisseki quarantine show H1 --db %[1]s
   bin/hisseki quarantine list --host file-kakunin.test --json --db %[1]s
   bin/hisseki incident show I1 --db %[1]s
   bin/hisseki incident report I1 --format html -o report.html --db %[1]s   # or --lang ja
   bin/hisseki incident confirm I1 --dry-run --db %[1]s
   bin/hisseki web --db %[1]s       # the same in a browser; within 15 minutes this lets you in, once:
   %[3]s
   rm -r %[2]s
`, d.db, d.dir, link)
	if len(holds) == 0 {
		return fmt.Errorf("nothing was held: see %s/serve.log", d.dir)
	}
	return nil
}

// link makes a reviewer of the demo's page, and returns the address that lets him in once.
func (d *demo) link(ctx context.Context) (string, error) {
	add := d.hisseki(ctx, "reviewer", "add", "demo", "--role", "admin", "--no-totp")
	secret := make([]byte, 16)
	if _, err := rand.Read(secret); err != nil {
		return "", fmt.Errorf("drawing a password: %w", err)
	}
	add.Stdin = strings.NewReader(hex.EncodeToString(secret) + "\n")
	if out, err := add.CombinedOutput(); err != nil {
		return "", fmt.Errorf("making a reviewer: %w: %s", err, out)
	}
	out, err := d.hisseki(ctx, "reviewer", "link", "demo").Output()
	if err != nil {
		return "", fmt.Errorf("making a login link: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
