package daemon

import (
	"context"

	"hisseki/ledger"
	"hisseki/maillog"
	"hisseki/proof"
)

// heard is where the mail log's lines are kept, and where the agent's own record hears of them:
// Postfix's cleanup says of a mail on hold whether a milter asked for it or a rule did.
type heard struct {
	maillog.Store
	record *proof.Record
}

// KeepLog implements maillog.Store.
func (h heard) KeepLog(ctx context.Context, b *ledger.LogBatch) (ledger.LogKept, error) {
	for i := range b.Lines {
		l := &b.Lines[i]
		if l.Event != ledger.LogOutcome {
			continue
		}
		switch {
		case l.Outcome == ledger.OutcomeHeld && l.Milter:
			h.record.Heard(l.QueueID, proof.ByMilter, l.At)
		case l.Outcome == ledger.OutcomeHeld:
			h.record.Heard(l.QueueID, proof.ByOther, l.At)
		case l.Outcome == ledger.OutcomeQueued:
			h.record.Heard(l.QueueID, proof.Let, l.At)
		}
	}
	return h.Store.KeepLog(ctx, b)
}
