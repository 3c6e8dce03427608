package review

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// holdStore is where kept mail is.
type holdStore interface {
	auditor
	Holds(ctx context.Context, f ledger.HoldFilter) ([]ledger.Hold, error)
	// DecideHolds decides kept mail in one transaction and returns the ids of what was
	// still undecided.
	DecideHolds(ctx context.Context, ids []int64, d ledger.Decision) ([]int64, error)
	AgentSeen(ctx context.Context) (time.Time, error)
}

// Holds returns kept mail, oldest first; without states or ids what is still in the queue.
// None is ErrNothing; with a MissingError the rest is returned.
func (s *Service) Holds(ctx context.Context, q HoldQuery) ([]ledger.Hold, error) {
	f, err := s.holdFilter(&q)
	if err != nil {
		return nil, err
	}
	if len(f.States) == 0 && len(f.IDs) == 0 {
		f.States = ledger.InQueue
	}
	return s.holds(ctx, f)
}

func (s *Service) holds(ctx context.Context, f ledger.HoldFilter) ([]ledger.Hold, error) {
	list, err := s.Store.Holds(ctx, f)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, s.nothing(ctx, f.Sender)
	}
	return list, missing(unknownHolds(f.IDs, list))
}

// nothing is ErrNothing, and says so when that is because nobody knows the sender.
func (s *Service) nothing(ctx context.Context, sender string) error {
	doubt, err := s.Doubt(ctx, sender)
	if err != nil {
		return err
	}
	if doubt != "" {
		return fmt.Errorf("%w: %s", ErrNothing, doubt)
	}
	return ErrNothing
}

// unknownHolds names the ids that no hold of a list has.
func unknownHolds(ids []int64, list []ledger.Hold) []string {
	have := make(map[int64]bool, len(list))
	for i := range list {
		have[list[i].ID] = true
	}
	return unknown("H", ids, have)
}

func unknown(letter string, ids []int64, have map[int64]bool) []string {
	var out []string
	for _, id := range ids {
		if !have[id] {
			out = append(out, fmt.Sprintf("there is no %s%d", letter, id))
		}
	}
	return out
}

// Shown is a kept mail as somebody looks at it.
type Shown struct {
	ledger.Hold
	Excerpt string  // in clear, or why it cannot be read; "" without one
	Source  []byte  // of the mail; nil when it was not asked for or cannot be read
	Letter  *Letter // the source as its reader sees it, nil without one
	Unread  string  // why Source is nil, "" when it was not asked for
}

// View says what of a mail is shown beside the evidence.
type View struct {
	Excerpt bool // what is kept of its text
	Mail    bool // the mail itself, where it can be read
}

// Show returns kept mail to look at, after it was noted in the audit log what is shown.
// With a MissingError the rest is returned.
func (s *Service) Show(ctx context.Context, who Actor, ids []string, v View) ([]Shown, error) {
	if len(ids) == 0 {
		return nil, UsageError{errors.New("show needs an id: see hisseki quarantine list")}
	}
	f, err := s.holdFilter(&HoldQuery{IDs: ids})
	if err != nil {
		return nil, err
	}
	list, lack := s.holds(ctx, f)
	if list == nil {
		return nil, lack
	}
	out := make([]Shown, len(list))
	for i := range list {
		out[i] = Shown{Hold: list[i]}
		if err := s.noteShown(ctx, who, &out[i], v); err != nil {
			return nil, err
		}
	}
	for i := range out {
		s.fill(ctx, &out[i], v)
	}
	return out, lack
}

// noteShown notes in the audit log what will be shown of a mail.
func (s *Service) noteShown(ctx context.Context, who Actor, h *Shown, v View) error {
	what, words := "evidence", false
	if v.Excerpt && h.Hold.Excerpt != "" {
		what, words = what+", excerpt", true
	}
	if v.Mail && s.canRead(&h.Hold) {
		what, words = what+", mail", true
	}
	if by := h.Record.Envelope.Believed(); by != "" {
		what += "; account named by " + by
	}
	if words {
		return s.Store.Audit(ctx, who.String(), "read", h.Name(), what)
	}
	return s.looked(ctx, who, h.Name(), what)
}

// canRead says whether the mail itself can be read from the queue.
func (s *Service) canRead(h *ledger.Hold) bool {
	return s.ReadMail != nil && h.Record.Envelope.QueueID != "" && h.State.InQueue()
}

// fill reads what is to be shown.
func (s *Service) fill(ctx context.Context, h *Shown, v View) {
	if v.Excerpt && h.Hold.Excerpt != "" {
		h.Excerpt = s.unseal(h.Hold.Excerpt)
	}
	if v.Mail && s.ReadMail == nil && h.State.InQueue() {
		h.Unread = "only root reads the queue, on " + h.Record.Envelope.Host
	}
	if !v.Mail || !s.canRead(&h.Hold) {
		return
	}
	var err error
	if h.Source, err = s.ReadMail(ctx, h.Record.Envelope.QueueID); err != nil {
		h.Source, h.Unread = nil, err.Error()
		return
	}
	h.Letter = ReadLetter(h.Source, s.Now)
}

func (s *Service) unseal(sealed string) string {
	if s.Unseal == nil {
		return "sealed"
	}
	text, err := s.Unseal(sealed)
	if err != nil {
		return "sealed: " + err.Error()
	}
	return text
}

// Later says in words how a mail came to be held after it had been delayed or let go; ""
// for one that was held at once, or is not held.
func Later(h *ledger.Hold) string {
	incident := "an incident"
	if h.Incident != 0 {
		incident = fmt.Sprintf("incident I%d", h.Incident)
	}
	late := &h.Record.Late
	switch {
	case h.Record.Verdict.Would == analyzer.Unjudged:
		return "not judged: " + h.Record.Verdict.Cause + "; the mail: " + cmp.Or(late.Content, "not kept")
	case !late.Judged.IsZero():
		return "not judged in time (" + late.Failure + "), but at " +
			late.Judged.Local().Format("2006-01-02 15:04:05 -0700")
	case !h.Recalled.IsZero():
		return "asked back when " + incident + " opened: it shares something with its mail"
	case !h.Promoted.IsZero():
		return "held because " + incident + " opened later, while this mail waited"
	}
	return ""
}

// HoldLine is a kept mail as JSON, schema 1.
type HoldLine struct {
	Schema     int                 `json:"schema"`
	Kind       string              `json:"kind"` // "hold"
	ID         string              `json:"id"`
	State      ledger.State        `json:"state"`
	Time       time.Time           `json:"time"`
	Sender     string              `json:"sender"`
	Incident   *string             `json:"incident"`
	Points     float64             `json:"points"`
	Subject    string              `json:"subject"`
	Recipients []string            `json:"recipients"`
	Hosts      []string            `json:"hosts"`
	URLs       []string            `json:"urls"`
	Files      []string            `json:"files"`
	Client     string              `json:"client"`
	Relay      string              `json:"relay"` // that named the account, "" for a login
	MTA        string              `json:"mta"`
	QueueID    string              `json:"queue_id"`
	MessageID  string              `json:"message_id"`
	Due        *time.Time          `json:"due"`
	Promoted   *time.Time          `json:"promoted"` // from delayed to held, null for never
	Recalled   *time.Time          `json:"recalled"` // asked back then, null for never
	Failure    string              `json:"failure"`  // why it was not judged in time
	Content    string              `json:"content"`  // of unjudged mail: waits, or why it is never judged
	Judged     *time.Time          `json:"judged"`   // after it was not judged in time
	By         string              `json:"by"`
	Reason     string              `json:"reason"`
	Error      string              `json:"error"`
	PassIf     string              `json:"pass_if"`
	Evidence   []analyzer.Evidence `json:"evidence"`
}

// LineOf is a kept mail as JSON.
func LineOf(h *ledger.Hold) HoldLine {
	r := h.Record
	line := HoldLine{
		Schema: 1, Kind: "hold", ID: h.Name(), State: h.State, Time: r.Envelope.Time,
		Sender: r.Envelope.Sender, Points: r.Verdict.Points, Subject: r.Subject,
		Recipients: h.Recipients, Hosts: r.Hosts, URLs: r.URLs, Files: r.Files,
		Relay: r.Envelope.Relay, MTA: r.Envelope.Host, QueueID: r.Envelope.QueueID, MessageID: r.MessageID,
		By: h.By, Reason: h.Reason, Error: h.Error,
		PassIf: r.Verdict.PassIf, Evidence: r.Verdict.Evidence,
		Due: orNull(h.Due), Promoted: orNull(h.Promoted), Recalled: orNull(h.Recalled),
		Failure: r.Late.Failure, Content: r.Late.Content, Judged: orNull(r.Late.Judged),
	}
	if h.Incident != 0 {
		name := IncidentName(h.Incident)
		line.Incident = &name
	}
	if r.Envelope.Client.IsValid() {
		line.Client = r.Envelope.Client.String()
	}
	return line
}

// HoldLines are kept mail as JSON.
func HoldLines(holds []ledger.Hold) []HoldLine {
	lines := make([]HoldLine, len(holds))
	for i := range holds {
		lines[i] = LineOf(&holds[i])
	}
	return lines
}

// orNull is null in JSON for the zero time.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// IncidentName is an incident's name for people: "I3".
func IncidentName(id int64) string { return fmt.Sprintf("I%d", id) }
