package doctor

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"hisseki/internal/term"
	"hisseki/internal/wiring"
	"hisseki/internal/words"
	"hisseki/store/postgres"
)

// store looks at the database and returns it open, nil when it cannot be.
func (d *Doctor) store() Store {
	db, err := d.OpenStore(d.ctx)
	if err != nil {
		do := say("doctor-start-serve")
		if postgres.IsURL(d.Config.Database) { // of a server, whose message is long
			do = say("doctor-see-status")
		}
		d.add("store", Bad, words.Fault(err), do)
		return nil
	}
	d.add("store", OK, words.Plain(d.Config.Database), nothing)
	d.maillog(db)
	d.habits(db)
	return db
}

func (d *Doctor) closeStore(db Store) {
	if err := db.Close(); err != nil {
		d.add("store", Warn, words.Fault(err), nothing)
	}
}

// habits looks for exceptions that can never apply and for habits that are over.
func (d *Doctor) habits(db Store) {
	declared, err := wiring.Habits(d.Config)
	if err != nil {
		d.add("habits", Bad, words.Fault(err), nothing)
		return
	}
	exceptions, err := db.Habits(d.ctx)
	if err != nil {
		d.add("habits", Bad, words.Fault(err), nothing)
		return
	}
	all := append(declared, exceptions...)
	for i := range all {
		h := &all[i]
		switch {
		case !h.Until.IsZero() && !h.Until.After(time.Now()):
			d.add("habits", Warn, say("doctor-habit-over", h.Name, term.Stamp(h.Until)), say("doctor-habit-remove"))
		case len(h.Countries) > 0 && !d.Config.TellsCountries():
			d.add("habits", Warn, say("doctor-habit-country", h.Name), say("doctor-name-countries"))
		case len(h.Devices) > 0 && len(d.Config.Signin.Files) == 0:
			d.add("habits", Warn, say("doctor-habit-device", h.Name), say("doctor-name-signins"))
		}
	}
	if len(all) > 0 {
		d.add("habits", OK, say("doctor-habits", len(declared), words.Count(len(exceptions), "exception")), nothing)
	}
}

// maillog looks at how far the logs were read.
func (d *Doctor) maillog(db Store) {
	m := &d.Config.Maillog
	if len(m.Files) == 0 && !m.Journald {
		d.add("maillog", Warn, say("doctor-log-none"), say("doctor-log-name"))
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
			d.add("maillog", Bad, words.Fault(err), nothing)
		case len(known) == 0 && !m.Journald && missing(s):
			d.add("maillog", Bad, say("doctor-log-missing", s), say("doctor-log-right"))
		case len(known) == 0:
			d.add("maillog", Warn, say("doctor-log-unread", s), say("doctor-log-wait"))
		default:
			d.add("maillog", OK, say("doctor-log-read", s, term.Stamp(known[0].At)), nothing)
		}
	}
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}
