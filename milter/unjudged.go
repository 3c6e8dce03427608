package milter

import (
	"context"
	"slices"
	"time"

	"hisseki/analyzer"
)

// Unjudged is what is known of a mail that gets the failure action.
type Unjudged struct {
	Envelope analyzer.Envelope
	Bytes    int64           // of the body on the wire
	Reason   string          // why it was not judged
	Action   analyzer.Action // the failure action
}

// recordTime is how long the MTA waits for the record of a mail that was not judged, after it
// has waited for the judgement. It waits 300 s in all (milter_content_timeout).
const recordTime = 3 * time.Second

// unjudged takes from a mail what its judge must not change any more.
func unjudged(m *analyzer.Mail) *Unjudged {
	u := &Unjudged{Envelope: m.Envelope, Bytes: m.BodySize}
	u.Envelope.Recipients = slices.Clone(m.Recipients)
	return u
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
	if cfg.Unjudged == nil || u == nil {
		return
	}
	u.Reason, u.Action = logValue(cause.Error()), cfg.OnFailure
	ctx, cancel := context.WithTimeout(context.Background(), recordTime)
	defer cancel()
	if err := cfg.Unjudged(ctx, u); err != nil {
		cfg.Log.Error("mail that was not judged is not recorded yet", "queue_id",
			logValue(u.Envelope.QueueID), "sender", logValue(u.Envelope.Sender), "error",
			logValue(err.Error()))
	}
}
