package doctor

import (
	"fmt"
	"os"
	"os/user"

	"hisseki/internal/config"
	"hisseki/internal/wiring"
	"hisseki/internal/words"
)

// hooks looks for what the configured hooks need on this machine. Nobody is told anything.
func (d *Doctor) hooks() {
	h := d.Config.Hooks
	for i := range h.Command {
		d.program(h.Command[i].Name, h.Command[i].Run[0], h.Command[i].User)
	}
	for i := range h.Ask {
		d.program(h.Ask[i].Name, h.Ask[i].Run[0], h.Ask[i].User)
	}
	for i := range h.Webhook {
		w := h.Webhook[i]
		if w.SecretCredential != "" {
			continue // only systemd can read it
		}
		_, err := wiring.Webhooks(config.Hooks{Webhook: []config.WebhookHook{w}})
		d.hook(w.Name, err, say("doctor-hook-files"))
	}
	if len(h.Mail.To) > 0 {
		d.hook("mail", programError(h.Mail.Sendmail), say("doctor-hook-sendmail"))
	}
}

// program looks for a command and for who runs it.
func (d *Doctor) program(name, path, runs string) {
	d.hook(name, programError(path), say("doctor-hook-install"))
	_, err := user.Lookup(runs)
	d.hook(name, err, say("doctor-hook-user"))
}

func (d *Doctor) hook(name string, err error, do words.Text) {
	if err != nil {
		d.add("hook", Bad, words.Fault(err).Of(name), do)
	}
}

// programError says why a file cannot be run, nil when it can.
func programError(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 {
		return fmt.Errorf("%s is not a program", path)
	}
	return nil
}
