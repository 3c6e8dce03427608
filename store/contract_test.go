package store

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/memorytest"
	"hisseki/ledger"
)

// TestMemoryContract: the store is a memory like replay's and a drill's.
func TestMemoryContract(t *testing.T) {
	memorytest.Run(t, func(t *testing.T) *memorytest.Subject {
		c := &contract{t: t, path: filepath.Join(t.TempDir(), "h.db"), now: memorytest.Now}
		c.open()
		t.Cleanup(func() { c.db.Close() })
		return &memorytest.Subject{
			Memory: c.db, Release: c.release, EndDelay: c.endDelay,
			Dismiss: func(sender string, at time.Time) error {
				return c.end(sender, ledger.IncidentDismissed, at)
			},
			Confirm: func(sender string, at time.Time) error {
				return c.end(sender, ledger.IncidentConfirmed, at)
			},
			Restart: func() analyzer.Memory {
				if err := c.db.Close(); err != nil {
					t.Fatal(err)
				}
				c.open()
				return c.db
			},
			SetSenderRule: func(sender string, o analyzer.Override) error {
				return c.db.SetOverride(t.Context(), "sender:"+sender, o)
			},
			SetClassRule: func(class analyzer.Class, o analyzer.Override) error {
				return c.db.SetOverride(t.Context(), "class:"+string(class), o)
			},
			BlockHost: func(host string, o analyzer.Override) error {
				return c.db.SetOverride(t.Context(), "url:"+host, o)
			},
			AddHabit: func(h analyzer.Habit) error {
				_, err := c.db.AddHabit(t.Context(), h)
				return err
			},
			AddLogin: func(l analyzer.Login) error {
				_, err := c.db.KeepLog(t.Context(), &ledger.LogBatch{
					Logins: []ledger.LogLogin{{Login: l}}})
				return err
			},
		}
	})
}

// contract is a store, its agent and its reviewer.
type contract struct {
	t    *testing.T
	path string
	now  time.Time
	db   *DB
}

func (c *contract) open() {
	db, err := Open(c.t.Context(), place(c.t, c.path), Options{Now: func() time.Time { return c.now }})
	if err != nil {
		c.t.Fatal(err)
	}
	c.db = db
}

// hold returns the hold of a record.
func (c *contract) hold(record int64) (*ledger.Hold, error) {
	list, err := c.db.Holds(c.t.Context(), ledger.HoldFilter{})
	for i := range list {
		if list[i].Record.ID == record {
			return &list[i], err
		}
	}
	return nil, errors.Join(err, errors.New("the record has no hold"))
}

// release decides and carries out.
func (c *contract) release(record int64) error {
	h, err := c.hold(record)
	if err != nil {
		return err
	}
	if _, err := c.db.Decide(c.t.Context(), h.ID, ledger.Releasing, "admin", ""); err != nil {
		return err
	}
	return c.db.Finish(c.t.Context(), h.ID)
}

func (c *contract) endDelay(record int64) error {
	h, err := c.hold(record)
	if err != nil {
		return err
	}
	if _, err := c.db.EndDelay(c.t.Context(), h.ID); err != nil {
		return err
	}
	return c.db.Finish(c.t.Context(), h.ID)
}

func (c *contract) end(sender string, to ledger.IncidentState, at time.Time) error {
	c.now = at
	list, err := c.db.Incidents(c.t.Context(), sender, ledger.IncidentOpen)
	if err != nil || len(list) == 0 {
		return err
	}
	_, _, err = c.db.EndIncident(c.t.Context(), list[0].ID, ledger.Ending{To: to, By: "admin"})
	return err
}
