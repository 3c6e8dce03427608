package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"hisseki/internal/term"
	"hisseki/internal/wiring"
)

// store looks at the database and returns it open, nil when it cannot be.
func (d *Doctor) store() Store {
	db, err := d.OpenStore(d.ctx)
	if err != nil {
		do := "start hisseki serve, or see the message"
		if strings.Contains(d.Config.Database, "://") { // of a server, whose message is long
			do = "see the whole message with hisseki status, and docs/cluster.md"
		}
		d.add("store", Bad, err.Error(), do)
		return nil
	}
	d.add("store", OK, d.Config.Database, "")
	d.maillog(db)
	d.habits(db)
	return db
}

func (d *Doctor) closeStore(db Store) {
	if err := db.Close(); err != nil {
		d.add("store", Warn, err.Error(), "")
	}
}

// habits looks for exceptions that can never apply and for habits that are over.
func (d *Doctor) habits(db Store) {
	declared, err := wiring.Habits(d.Config)
	if err != nil {
		d.add("habits", Bad, err.Error(), "")
		return
	}
	exceptions, err := db.Habits(d.ctx)
	if err != nil {
		d.add("habits", Bad, err.Error(), "")
		return
	}
	all := append(declared, exceptions...)
	for i := range all {
		h := &all[i]
		switch {
		case !h.Until.IsZero() && !h.Until.After(time.Now()):
			d.add("habits", Warn, h.Name+" is over since "+term.Stamp(h.Until),
				"remove it, or give it a new end")
		case len(h.Countries) > 0 && !d.Config.TellsCountries():
			d.add("habits", Warn, h.Name+" names countries, and no country is known of any client",
				"name an .mmdb file in places.country, or sign-in logs that name countries in signin.files")
		case len(h.Devices) > 0 && len(d.Config.Signin.Files) == 0:
			d.add("habits", Warn, h.Name+" names devices, and no sign-in log is read that tells them",
				"name the logs in signin.files")
		}
	}
	if len(all) > 0 {
		d.add("habits", OK, fmt.Sprintf("%d declared, %s", len(declared),
			term.Count(len(exceptions), "exception")), "")
	}
}

// maillog looks at how far the logs were read.
func (d *Doctor) maillog(db Store) {
	m := &d.Config.Maillog
	if len(m.Files) == 0 && !m.Journald {
		d.add("maillog", Warn, "no mail log is followed: nothing says who got which mail",
			"name it in [maillog], and restart the agent")
		return
	}
	sources := m.Files
	if m.Journald {
		sources = []string{"journald"}
	}
	for _, s := range sources {
		known, err := db.LogPositions(d.ctx, s, "")
		switch {
		case err != nil:
			d.add("maillog", Bad, err.Error(), "")
		case len(known) == 0 && !m.Journald && missing(s):
			d.add("maillog", Bad, s+" is not there", "name the file that Postfix logs to")
		case len(known) == 0:
			d.add("maillog", Warn, s+": nothing of mail was read yet",
				"see that the agent runs, and wait for a mail")
		default:
			d.add("maillog", OK, s+": read at "+term.Stamp(known[0].At), "")
		}
	}
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}
