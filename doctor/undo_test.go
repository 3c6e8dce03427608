package doctor

import (
	"context"
	"errors"
	"testing"
	"time"

	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/postfix"
)

func (f fakeStore) Status(context.Context, time.Time) (ledger.Status, error) {
	return ledger.Status{Holds: f.holds, Undecided: time.Now()}, nil
}

func (f fakeStore) Close() error { return nil }

// TestUndo: hisseki is not taken out while an attacker's mail is on hold, undecided or not yet
// deleted: to let go all that is on hold would send it.
func TestUndo(t *testing.T) {
	const us = "unix:hisseki/milter.sock"
	detached := fakePostfix{postfix.Parameters{"queue_directory": "/q"}, []postfix.Service{smtpd("submission")}}
	short := fakePostfix{postfix.Parameters{"queue_directory": "/q", "enable_long_queue_ids": "no"}, detached.services}
	for name, c := range map[string]struct {
		mta   fakePostfix
		holds map[ledger.State]int
		err   error
		want  []string
	}{
		"all is over": {detached, map[ledger.State]int{ledger.Released: 3, ledger.Discarded: 40}, nil, nil},
		"undecided": {detached, map[ledger.State]int{ledger.Held: 2, ledger.Delayed: 1}, nil,
			[]string{"bad held mail: 3 mails undecided"}},
		"on its way back": {detached, map[ledger.State]int{ledger.Recalling: 1}, nil,
			[]string{"bad held mail: 1 mail undecided"}},
		"not carried out": {detached, map[ledger.State]int{ledger.Discarding: 40}, nil,
			[]string{"bad held mail: 40 mails decided and not carried out"}},
		"short ids, nothing left": {short, map[ledger.State]int{ledger.Released: 3}, nil, nil},
		"short ids": {short, map[ledger.State]int{ledger.Held: 2}, nil,
			[]string{"bad queue ids: enable_long_queue_ids", "bad held mail: 2 mails undecided"}},
		"short ids, not carried out": {short, map[ledger.State]int{ledger.Discarding: 1}, nil,
			[]string{"bad queue ids: renames", "bad held mail: 1 mail decided and not carried out"}},
		"asked in main.cf": {fakePostfix{postfix.Parameters{"queue_directory": "/q", "smtpd_milters": us,
			"non_smtpd_milters": us}, []postfix.Service{smtpd("smtp"), smtpd("submission", "smtpd_milters=")}}, nil, nil,
			[]string{"bad postfix: smtp, non_smtpd_milters"}},
		"asked in master.cf": {fakePostfix{postfix.Parameters{"queue_directory": "/q"},
			[]postfix.Service{smtpd("submission", "smtpd_milters="+us)}}, nil, nil, []string{"bad postfix: submission"}},
		"no store": {detached, nil, errors.New("gone"), []string{"bad store: gone"}},
	} {
		d := &Doctor{Config: config.Default("/s"), Postfix: c.mta,
			OpenStore: func(context.Context) (Store, error) { return fakeStore{holds: c.holds}, c.err }}
		if err := d.Config.Milter.Listen.UnmarshalText([]byte("unix:/q/hisseki/milter.sock")); err != nil {
			t.Fatal(err)
		}
		compare(t, name, d.Undo(t.Context()), c.want)
	}
}
