package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"hisseki/ledger"
)

// What happens to holds. The ledger says which step may be taken from which state, where it
// leads and what follows; here it is read and written. Each method takes many holds, and notes
// them in few transactions: each of these is a sync of the disk.

// carryBatch bounds what one transaction notes: a mail's record waits behind it.
const carryBatch = 100

// each notes something of many holds, some in each transaction, and returns those of which
// it was noted.
func (db *DB) each(ctx context.Context, what string, holds []int64,
	note func(tx *sql.Tx, id int64) (bool, error)) (done []int64, err error) {
	for len(holds) > 0 {
		part := holds[:min(carryBatch, len(holds))]
		holds = holds[len(part):]
		var noted []int64
		err := db.update(ctx, func(tx *sql.Tx) error {
			noted = noted[:0]
			for _, id := range part {
				ok, err := note(tx, id)
				if err != nil {
					return fmt.Errorf("%s hold H%d: %w", what, id, err)
				}
				if ok {
					noted = append(noted, id)
				}
			}
			return nil
		})
		if err != nil {
			return done, err
		}
		done = append(done, noted...)
	}
	return done, nil
}

// heldMail is what a step depends on of a hold.
type heldMail struct {
	id, journal, incident int64 // 0 without an incident
	state                 ledger.State
	end                   ledger.IncidentState // of its incident, "" without
	kept                  bool                 // the end left mail where it was
	own                   bool                 // the mail is the incident's sender's
}

// readHold reads a hold inside the transaction that is to change it; nil when there is none.
func readHold(tx *sql.Tx, id int64) (*heldMail, error) {
	h := heldMail{id: id}
	err := tx.QueryRow(`SELECT
			h.journal,
			coalesce(h.incident, 0),
			h.state,
			coalesce(i.state, ''),
			coalesce(i.kept, 0),
			CASE WHEN i.sender = j.sender THEN 1 ELSE 0 END
		FROM hold h
		JOIN journal j ON j.id = h.journal
		LEFT JOIN incident i ON i.id = h.incident
		WHERE h.id = ?`, id).Scan(&h.journal, &h.incident, &h.state, &h.end, &h.kept, &h.own)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &h, err
}

// step takes a hold one step further where that may be, and returns its new state, else "". by
// is who decided, "" to leave who it was.
func (db *DB) step(tx *sql.Tx, id int64, step ledger.Step, by string) (ledger.State, error) {
	h, err := readHold(tx, id)
	if err != nil || h == nil {
		return "", err
	}
	to, ok := step.To(h.state)
	if !ok {
		return "", nil
	}
	if h.state == ledger.Recalling && step == ledger.StepDone {
		if to, err = db.afterRecall(tx, h); err != nil {
			return "", err
		}
	}
	if err := h.enter(tx, to, by, db.now()); err != nil {
		return "", err
	}
	if h.state == ledger.Recalling && to != ledger.Held {
		err = h.followEnd(tx)
	}
	if err == nil && (step == ledger.StepTimeUp || h.state == ledger.Recalling) {
		err = db.signHolds(tx, []int64{id})
	}
	return to, err
}

// afterRecall says where a mail goes that was asked back and is on hold now. What its
// incident's end says of it counts only when somebody who may decide has ended it.
func (db *DB) afterRecall(tx *sql.Tx, h *heldMail) (ledger.State, error) {
	to := ledger.AfterRecall(h.end, h.kept, h.own)
	if to == ledger.Held || db.opt.Signs == nil {
		return to, nil
	}
	e, err := lastEvent(tx, h.incident)
	if err != nil {
		return "", err
	}
	kind := ledger.EventKind(h.end)
	if e.Kind != kind || e.Kept != h.kept || db.opt.Signs.Verify(e.Statement(), e.Signature) != nil {
		return ledger.Held, nil
	}
	return to, nil
}

// followEnd has a recalled mail that its incident's end decides go the way of the end's other
// mail: it waits as long as that does, and is taken back with it.
func (h *heldMail) followEnd(tx *sql.Tx) error {
	_, err := tx.Exec(`UPDATE hold SET
			ended = 1,
			(due, not_before) = (SELECT max(hold.due, coalesce(max(o.due), 0)),
					max(hold.due, coalesce(max(o.due), 0))
				FROM hold o
				WHERE o.incident = hold.incident
				  AND o.state = hold.state
				  AND o.ended = 1
				  AND o.attempts = 0)
		WHERE id = ?1
		  AND state IN (SELECT value FROM json_each(?2))`, h.id, listOf(ledger.StepUndo.From()))
	return err
}

// enter brings a hold to a state, with what follows from that.
func (h *heldMail) enter(tx *sql.Tx, to ledger.State, by string, now time.Time) error {
	due := int64(0)
	if to.Asks() {
		due = now.Unix()
	}
	decided := by != ""
	if to == ledger.Gone {
		by = "" // nobody decided it
	}
	if _, err := tx.Exec(`UPDATE hold SET
			state = ?1,
			due = ?2,
			by = CASE WHEN ?3 = '' THEN by ELSE ?3 END,
			decided = CASE WHEN ?4 = 1 THEN ?5 ELSE decided END,
			attempts = 0,
			error = '',
			excerpt = CASE WHEN ?6 = 1 THEN excerpt ELSE '' END,
			excerpt_until = CASE WHEN ?6 = 1 THEN excerpt_until ELSE 0 END
		WHERE id = ?7`, to, due, by, decided, now.Unix(), to.KeepsExcerpt(), h.id); err != nil {
		return err
	}
	if to.Lesson() > 0 {
		if _, err := teach(tx, h.journal, to.Lesson(), now); err != nil {
			return err
		}
	}
	if rule, _ := ledger.EndRuleOf(h.end); to == ledger.Gone && rule.Relearns {
		_, err := relearn(tx, h.incident, (*ledger.Unlearned).AtDismissal, now)
		return err
	}
	return nil
}

// EndDelay moves delayed mail whose time is over to releasing, and returns what it moved: the
// rest became holds meanwhile.
func (db *DB) EndDelay(ctx context.Context, holds ...int64) ([]int64, error) {
	return db.each(ctx, "end the delay of", holds, func(tx *sql.Tx, id int64) (bool, error) {
		to, err := db.step(tx, id, ledger.StepTimeUp, ledger.ByTimer)
		return to != "", err
	})
}

// Finish says that the MTA has done what was asked: Releasing becomes Released, and the
// mail is taught as the owner's; Discarding becomes Discarded, which teaches nothing;
// Recalling becomes Held, or what the incident's end says of its holds. Saying it twice does
// nothing more.
func (db *DB) Finish(ctx context.Context, holds ...int64) error {
	_, err := db.each(ctx, "finish", holds, func(tx *sql.Tx, id int64) (bool, error) {
		to, err := db.step(tx, id, ledger.StepDone, "")
		return to != "", err
	})
	return err
}

// Retry keeps why holds are not done yet and the time of the next try. It returns those of
// which something is still wanted: the other decisions were taken back.
func (db *DB) Retry(ctx context.Context, cause error, next time.Time, holds ...int64) (
	[]int64, error) {
	return db.each(ctx, "keep the failure of", holds, func(tx *sql.Tx, id int64) (bool, error) {
		return changed(tx.Exec(`UPDATE hold SET
				attempts = attempts + 1,
				error = ?,
				due = ?
			WHERE id = ?
			  AND state IN `+anyOf, cause.Error(), next.Unix(), id,
			listOf(ledger.StepRetry.From())))
	})
}

// Vanish says that mail is not in the queue any more, without our doing: kept mail, or
// mail that was to be released or discarded, vanished, which is noted in the audit log;
// mail to be recalled is gone. It returns the holds that were not over yet.
func (db *DB) Vanish(ctx context.Context, holds ...int64) ([]int64, error) {
	return db.each(ctx, "note that the mail is gone of", holds,
		func(tx *sql.Tx, id int64) (bool, error) {
			to, err := db.step(tx, id, ledger.StepMissing, ledger.ByMTA)
			if err != nil || to != ledger.Vanished {
				return to != "", err
			}
			return true, db.audit(tx, db.now(), ledger.ByMTA, "vanish", fmt.Sprintf("H%d", id),
				"not in the MTA's queue any more")
		})
}

// Reopen says that mail whose hold was over is still on hold in the queue: a released one is
// due for release again, a discarded one for discard, a vanished or gone one is held. It notes
// that in the audit log.
func (db *DB) Reopen(ctx context.Context, id int64) error {
	_, err := db.each(ctx, "reopen", []int64{id}, func(tx *sql.Tx, id int64) (bool, error) {
		to, err := db.step(tx, id, ledger.StepFound, "")
		if err != nil || to == "" {
			return false, err
		}
		return true, db.audit(tx, db.now(), ledger.ByMTA, "reopen", fmt.Sprintf("H%d", id),
			"still on hold in the MTA's queue")
	})
	return err
}

// DecideHolds asks the agent to release or discard kept mail, in one transaction, and
// returns the ids of what was still undecided, rising. Each of these is in the audit log.
func (db *DB) DecideHolds(ctx context.Context, ids []int64, d ledger.Decision) ([]int64, error) {
	step := d.Step()
	if step == "" {
		return nil, fmt.Errorf("decide held mail: no decision leads to %q", d.To)
	}
	var done []int64
	err := db.update(ctx, func(tx *sql.Tx) (err error) {
		done, err = db.decide(tx, ids, step, &d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("decide held mail: %w", err)
	}
	return done, nil
}

// decide takes a decision's step with every hold of ids that it may be taken with.
func (db *DB) decide(tx *sql.Tx, ids []int64, step ledger.Step, d *ledger.Decision) ([]int64, error) {
	now := db.now()
	rows, err := tx.Query(`SELECT id
		FROM hold
		WHERE id IN `+anyID+`
		  AND state IN `+anyOf+`
		ORDER BY id`, listOf(ids), listOf(step.From()))
	if err != nil {
		return nil, err
	}
	done, err := ints(rows)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(`UPDATE hold SET
			state = ?1,
			due = ?2,
			not_before = ?2,
			by = ?3,
			reason = ?4,
			decided = ?2,
			attempts = 0,
			error = ''
		WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(?5))`, d.To, now.Unix(), d.By, d.Reason,
		listOf(done)); err != nil {
		return nil, err
	}
	if err := db.signHolds(tx, done); err != nil {
		return nil, err
	}
	for _, id := range done {
		if !d.To.ShowsCampaign() {
			if err := leaveCampaign(tx, id); err != nil {
				return nil, err
			}
		}
		err := db.audit(tx, now, d.By, d.Verb(), fmt.Sprintf("H%d", id), d.Reason)
		if err != nil {
			return nil, err
		}
	}
	return done, nil
}
