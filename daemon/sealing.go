package daemon

import (
	"context"
	"log/slog"
	"time"

	"hisseki/analyzer"
	"hisseki/seal"
)

// Sealing is a memory into which excerpts of mail go sealed to the reviewers' key, or not
// at all. Each method is written out: embedding the memory would let a method that it gets
// later record excerpts in clear, and nobody would notice.
type Sealing struct {
	To        analyzer.Memory
	Recipient *seal.Recipient // nil drops excerpts: nobody could read them
	Log       *slog.Logger    // told of excerpts that could not be sealed; nil without a recipient
}

// Record implements analyzer.Memory. A mail is kept without its excerpt rather than not
// at all.
func (s Sealing) Record(ctx context.Context, r *analyzer.Record) (id, lesson int64, err error) {
	return s.To.Record(ctx, s.sealed(r))
}

// sealed returns the record with nothing readable of the mail's text in it.
func (s Sealing) sealed(r *analyzer.Record) *analyzer.Record {
	if r.Excerpt == "" {
		return r
	}
	sealed := *r
	sealed.Excerpt = ""
	if s.Recipient != nil {
		text, err := s.Recipient.Seal(r.Excerpt)
		if err != nil {
			s.Log.Error("excerpt not kept", "queue_id", r.Envelope.QueueID, "error", err)
			text = ""
		}
		sealed.Excerpt = text
	}
	return &sealed
}

// Past implements analyzer.Memory.
func (s Sealing) Past(ctx context.Context, sender string, since time.Time) (analyzer.Past, error) {
	return s.To.Past(ctx, sender, since)
}

// SaveProfiles implements analyzer.Memory.
func (s Sealing) SaveProfiles(ctx context.Context, list ...analyzer.Saved) error {
	return s.To.SaveProfiles(ctx, list...)
}

// Lessons implements analyzer.Memory.
func (s Sealing) Lessons(ctx context.Context, after int64, limit int) ([]analyzer.Lesson, error) {
	return s.To.Lessons(ctx, after, limit)
}

// Incident implements analyzer.Memory.
func (s Sealing) Incident(ctx context.Context, sender string) (bool, time.Time, error) {
	return s.To.Incident(ctx, sender)
}

// Logins implements analyzer.Memory.
func (s Sealing) Logins(ctx context.Context, sender string, since, until time.Time) (
	[]analyzer.Login, error) {
	return s.To.Logins(ctx, sender, since, until)
}

// Override implements analyzer.Memory.
func (s Sealing) Override(ctx context.Context, sender string, class analyzer.Class,
	now time.Time) (analyzer.Override, bool, error) {
	return s.To.Override(ctx, sender, class, now)
}

// URLRules implements analyzer.Memory.
func (s Sealing) URLRules(ctx context.Context) ([]analyzer.URLRule, error) {
	return s.To.URLRules(ctx)
}

// Habits implements analyzer.Memory.
func (s Sealing) Habits(ctx context.Context) ([]analyzer.Habit, error) { return s.To.Habits(ctx) }

var _ analyzer.Memory = Sealing{}
