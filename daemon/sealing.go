package daemon

import (
	"context"
	"log/slog"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
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

// Begin implements analyzer.Memory. A mail is kept without its excerpt rather than not at
// all.
func (s Sealing) Begin(ctx context.Context, r *analyzer.Record) analyzer.Pending {
	return s.To.Begin(ctx, s.sealed(r))
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

// Profile implements analyzer.Memory.
func (s Sealing) Profile(ctx context.Context, sender string) (*baseline.Profile, int64, error) {
	return s.To.Profile(ctx, sender)
}

// Past implements analyzer.Memory.
func (s Sealing) Past(ctx context.Context, sender string, since time.Time, most int) (
	analyzer.Past, error) {
	return s.To.Past(ctx, sender, since, most)
}

// Sightings implements analyzer.Memory.
func (s Sealing) Sightings(ctx context.Context, marks []baseline.Key, most int) (
	[][]analyzer.Sighting, error) {
	return s.To.Sightings(ctx, marks, most)
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
