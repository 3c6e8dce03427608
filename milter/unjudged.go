package milter

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
)

// Unjudged is what is known of a mail that gets the failure action.
type Unjudged struct {
	Envelope analyzer.Envelope
	Bytes    int64           // of the body on the wire
	Reason   string          // why it was not judged
	Action   analyzer.Action // the failure action
	Who      string          // account or client, as which the mail has its share of what is kept
	// Source is the mail, to be judged later, until Read is called; nil where it was not kept.
	// A judge that hangs reads it too.
	Source *content.Source
	Read   func()
}

// recordTime is how long the MTA waits for the record of a mail that was not judged, after it
// has waited for the judgement. It waits 300 s in all (milter_content_timeout).
const recordTime = 3 * time.Second

// unjudged takes from a mail what its judge must not change any more.
func unjudged(m *analyzer.Mail) *Unjudged {
	u := &Unjudged{Envelope: m.Envelope, Bytes: m.BodySize, Read: func() {}}
	u.Envelope.Recipients = slices.Clone(m.Recipients)
	return u
}

// lend has u read the mail too: its room is given back when both its judge and whoever keeps it
// have ended.
func (u *Unjudged) lend(m *analyzer.Mail, taken *room) (judged func()) {
	source, all := m.Source, *taken
	u.Source, u.Who = &source, all.who
	var ended atomic.Int32
	end := func() {
		if ended.Add(1) == 2 {
			all.give()
		}
	}
	u.Read = sync.OnceFunc(end)
	return sync.OnceFunc(end)
}

// label is what logs say of the mail.
func (u *Unjudged) label() label {
	if u == nil {
		return label{}
	}
	e := &u.Envelope
	return label{e.QueueID, e.Sender, len(e.Recipients)}
}

// record has a mail kept that gets the failure action: who got which mail must be known of
// just this one.
func (s *Server) record(cfg *Config, u *Unjudged, cause error) {
	if u == nil {
		return
	}
	if cfg.Unjudged == nil || cfg.OnFailure == TempFail { // the client sends it again
		u.Source = nil
		u.Read()
	}
	if cfg.Unjudged == nil {
		return
	}
	u.Reason, u.Action = logValue(cause.Error()), cfg.OnFailure
	ctx, cancel := context.WithTimeout(context.Background(), recordTime)
	defer cancel()
	envelope := u.Envelope
	if err := cfg.Unjudged(ctx, u); err != nil {
		cfg.Log.Error("mail that was not judged is not recorded yet", "queue_id",
			logValue(envelope.QueueID), "sender", logValue(envelope.Sender), "error",
			logValue(err.Error()))
	}
}
