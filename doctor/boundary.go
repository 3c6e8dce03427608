package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"hisseki/internal/term"
	"hisseki/internal/wiring"
	"hisseki/internal/words"
	"hisseki/proof"
	"hisseki/signing"
)

// markedFor is how long a mark of the agent's is shown.
const markedFor = 7 * 24 * time.Hour

// maxMarks bounds how many are shown, the newest of each kind.
const maxMarks = 10

// boundary looks at what keeps serve's rights apart from root's: the key for decisions, and what
// the agent noticed.
func (d *Doctor) boundary() {
	folder := wiring.KeyFolder(d.Config)
	_, err := signing.Load(folder)
	switch {
	case errors.Is(err, signing.ErrNoKey):
		d.add("decisions", Warn, words.Fault(err), say("doctor-key-missing"))
		return
	case err != nil:
		d.add("decisions", Bad, words.Fault(err), say("doctor-key-bad"))
		return
	case sameOwner(folder, d.Config.Database):
		d.add("decisions", OK, say("doctor-key-shared", folder), nothing)
	case signing.Unshared(folder):
		d.add("decisions", Warn, say("doctor-key-closed", folder, signing.Group), say("doctor-key-open", signing.Group, folder))
	default:
		d.add("decisions", OK, say("doctor-key-good", folder), nothing)
	}
	d.marks(folder)
}

// marks shows what the agent noticed: decisions and events that nobody made who may decide, and
// changes of rules and the audit log.
func (d *Doctor) marks(folder string) {
	list, err := proof.Marks(folder)
	if errors.Is(err, fs.ErrPermission) {
		return // of reviewers who are not root
	}
	if err != nil {
		d.add("decisions", Bad, words.Fault(err), nothing)
		return
	}
	var fresh []proof.Mark
	for _, m := range list {
		if time.Since(m.At) < markedFor {
			fresh = append(fresh, m)
		}
	}
	for i, m := range proof.Newest(fresh, maxMarks) {
		do := nothing
		if i == 0 {
			do = say("doctor-marks", words.Count(len(fresh), "mark"))
		}
		d.add("marks", Bad, words.Fault(errors.New(term.Safe(strings.ToValidUTF8(m.What, "?"), 400))).Of(term.Stamp(m.At)), do)
	}
}

// sameOwner says whether a store's folder belongs to whom the key's belongs to.
func sameOwner(folder, database string) bool {
	a, errA := os.Stat(folder)
	b, errB := os.Stat(filepath.Dir(database))
	if errA != nil || errB != nil {
		return false
	}
	x, okX := a.Sys().(*syscall.Stat_t)
	y, okY := b.Sys().(*syscall.Stat_t)
	return okX && okY && x.Uid == y.Uid
}
