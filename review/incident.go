package review

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hisseki/ledger"
	"hisseki/report"
)

// incidentStore is where incidents are.
type incidentStore interface {
	auditor
	FindIncidents(ctx context.Context, f ledger.IncidentFilter) ([]ledger.Incident, error)
	Scope(ctx context.Context, incidents ...int64) (*ledger.Scope, error)
	// Glance is Scope of one incident as far as it can be read while somebody waits.
	Glance(ctx context.Context, incident int64) (*ledger.Scope, error)
	EndIncident(ctx context.Context, id int64, e ledger.Ending) (ledger.Ended, bool, error)
	// PreviewEnding says what EndIncident would do, and does nothing.
	PreviewEnding(ctx context.Context, id int64, e ledger.Ending) (ledger.Ended, bool, error)
	ReopenIncident(ctx context.Context, id int64, by, reason string) (ledger.Reopened, bool, error)
}

// Incidents returns incidents, oldest first; without states, ids or a case the open ones.
// None is ErrNothing; with a MissingError the rest is returned.
func (s *Service) Incidents(ctx context.Context, q IncidentQuery) ([]ledger.Incident, error) {
	f, err := s.incidentFilter(&q)
	if err != nil {
		return nil, err
	}
	if len(f.States) == 0 && len(f.IDs) == 0 && f.Case == 0 {
		f.States = []ledger.IncidentState{ledger.IncidentOpen}
	}
	return s.incidents(ctx, f)
}

func (s *Service) incidents(ctx context.Context, f ledger.IncidentFilter) ([]ledger.Incident, error) {
	list, err := s.Store.FindIncidents(ctx, f)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, s.nothing(ctx, f.Sender)
	}
	have := make(map[int64]bool, len(list))
	for i := range list {
		have[list[i].ID] = true
	}
	return list, missing(unknown("I", f.IDs, have))
}

// Detail is an incident with what is known of it, as far as somebody waits for it: Scope.Unread says what was
// not read. The report is whole.
type Detail struct {
	Scope  *ledger.Scope
	Report *report.Report
	Mates  []ledger.Incident // of its case, itself often among them: the newest
	Others bool              // the case has older ones
}

// maxMates is how many incidents of a case are named.
const maxMates = 50

// Incident is the incident itself.
func (d *Detail) Incident() *ledger.Incident { return &d.Scope.Incidents[0] }

// ShowIncidents calls show for each incident with what is known of it, after it was
// noted in the audit log. An error that is ErrPartly names ids that nothing has.
func (s *Service) ShowIncidents(ctx context.Context, who Actor, ids []string,
	show func(*Detail) error) error {
	if len(ids) == 0 {
		return UsageError{errors.New("show needs an id: see hisseki incident list")}
	}
	f, err := s.incidentFilter(&IncidentQuery{IDs: ids})
	if err != nil {
		return err
	}
	list, lack := s.incidents(ctx, f)
	if list == nil {
		return lack
	}
	for i := range list {
		d, err := s.detail(ctx, who, &list[i])
		if err != nil {
			return err
		}
		if err := show(d); err != nil {
			return err
		}
	}
	return lack
}

func (s *Service) detail(ctx context.Context, who Actor, i *ledger.Incident) (*Detail, error) {
	if err := s.looked(ctx, who, i.Name(), "summary"); err != nil {
		return nil, err
	}
	scope, err := s.Store.Glance(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	mates, err := s.Store.FindIncidents(ctx, ledger.IncidentFilter{Case: i.Case, Newest: maxMates + 1})
	if err != nil {
		return nil, err
	}
	d := &Detail{Scope: scope, Report: report.New(scope), Mates: mates}
	if d.Others = len(mates) > maxMates; d.Others {
		d.Mates = mates[1:]
	}
	return d, nil
}

// noteRead notes in the audit log that a person looks at incidents. When that fails
// nothing is shown.
func (s *Service) noteRead(ctx context.Context, who Actor, list []ledger.Incident, what string) error {
	for i := range list {
		if err := s.Store.Audit(ctx, who.String(), "read", list[i].Name(), what); err != nil {
			return err
		}
	}
	return nil
}

// Report returns what is known of an incident and, unless alone, of all incidents of its
// case that were not dismissed, after it was noted in the audit log as what.
func (s *Service) Report(ctx context.Context, who Actor, id string, alone bool, what string,
) (*report.Report, error) {
	f, err := s.incidentFilter(&IncidentQuery{IDs: []string{id}})
	if err != nil {
		return nil, err
	}
	list, err := s.incidents(ctx, f)
	if err != nil {
		return nil, err
	}
	if !alone {
		mates, err := s.Store.FindIncidents(ctx, ledger.IncidentFilter{Case: list[0].Case})
		if err != nil {
			return nil, err
		}
		for i := range mates {
			if mates[i].ID != list[0].ID && mates[i].State != ledger.IncidentDismissed {
				list = append(list, mates[i])
			}
		}
	}
	if err := s.noteRead(ctx, who, list, what); err != nil {
		return nil, err
	}
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	scope, err := s.Store.Scope(ctx, ids...)
	if err != nil {
		return nil, err
	}
	return report.New(scope), nil
}

// IncidentLine is an incident as JSON, schema 1.
type IncidentLine struct {
	Schema int                  `json:"schema"`
	Kind   string               `json:"kind"` // "incident"
	ID     string               `json:"id"`
	Case   string               `json:"case"`
	State  ledger.IncidentState `json:"state"`
	Sender string               `json:"sender"`
	Opened time.Time            `json:"opened"`
	Closed *time.Time           `json:"closed"` // null while it is open
	By     string               `json:"by"`
	Reason string               `json:"reason"`
	Mails  int                  `json:"mails"`  // of all states
	States map[ledger.State]int `json:"states"` // of its mail
}

func incidentLine(i *ledger.Incident) IncidentLine {
	return IncidentLine{Schema: 1, Kind: "incident", ID: i.Name(), Case: i.CaseName(),
		State: i.State, Sender: i.Sender, Opened: i.Opened, By: i.By, Reason: i.Reason,
		Closed: orNull(i.Closed), Mails: i.Holds, States: i.States}
}

// IncidentLines are incidents as JSON.
func IncidentLines(list []ledger.Incident) []IncidentLine {
	lines := make([]IncidentLine, len(list))
	for i := range list {
		lines[i] = incidentLine(&list[i])
	}
	return lines
}

// DetailLine is an incident with what is known of it as JSON, schema 1.
type DetailLine struct {
	IncidentLine
	With      []string      `json:"with"` // the other incidents of its case
	Reached   report.Count  `json:"recipients_by_class"`
	People    int           `json:"people_reached"`
	Companies int           `json:"companies_reached"`
	Lures     []string      `json:"lures"` // what may be blocked
	Suspects  []SuspectLine `json:"suspects"`
	Notes     []NoteLine    `json:"notes"` // what hooks said
	Unread    UnreadLine    `json:"unread"`
}

// UnreadLine is what "show" did not read, for there is too much of it. The report reads it.
type UnreadLine struct {
	Mails    int  `json:"mails"`    // of the incident, between the oldest and the newest
	Suspects int  `json:"suspects"` // between the oldest and the newest
	More     bool `json:"more"`     // there may be still more suspects
	Case     bool `json:"case"`     // there are older incidents of its case
}

// SuspectLine is a mail that may belong to an incident.
type SuspectLine struct {
	HoldLine
	Shares []string `json:"shares"`
	Now    float64  `json:"points_now"`
}

// NoteLine is what a hook said of an incident.
type NoteLine struct {
	Time   time.Time        `json:"time"`
	Hook   string           `json:"hook"`
	Event  ledger.EventKind `json:"event"`
	State  string           `json:"state"` // due, done or failed
	Runs   int              `json:"runs"`
	Error  string           `json:"error"`
	Output string           `json:"output"`
}

// Line is the detail as JSON.
func (d *Detail) Line() DetailLine {
	i, r := d.Incident(), d.Report
	out := DetailLine{IncidentLine: incidentLine(i), With: []string{}, Reached: r.Total,
		People: r.Reached.People, Companies: r.Reached.Companies,
		Lures: []string{}, Suspects: []SuspectLine{}, Notes: []NoteLine{}}
	u := d.Scope.Unread
	out.Unread = UnreadLine{Mails: u.Mails, Suspects: u.Suspects, More: u.More, Case: d.Others}
	for _, l := range d.Scope.Lures {
		out.Lures = append(out.Lures, l.Pattern)
	}
	for k := range d.Mates {
		if d.Mates[k].ID != i.ID {
			out.With = append(out.With, d.Mates[k].Name())
		}
	}
	for k := range d.Scope.Suspects {
		out.Suspects = append(out.Suspects, suspectLine(&d.Scope.Suspects[k]))
	}
	for _, n := range d.Scope.Notes[i.ID] {
		out.Notes = append(out.Notes, NoteLine{n.At, n.Hook, n.Event, n.State, n.Runs, n.Error, n.Output})
	}
	return out
}

func suspectLine(x *ledger.Suspect) SuspectLine {
	line := LineOf(&ledger.Hold{Record: x.Record, Recipients: x.Record.Envelope.Recipients})
	line.Kind, line.ID, line.State = "suspect", "", ""
	return SuspectLine{HoldLine: line, Shares: Shares(x), Now: x.Points}
}

// Shares names what a suspect mail has in common with its incident.
func Shares(x *ledger.Suspect) []string {
	out := make([]string, len(x.Traits))
	for i, t := range x.Traits {
		out[i] = string(t)
	}
	return out
}

// StateCounts says how much mail is in which state: "36 held, 2 gone".
func StateCounts(states map[ledger.State]int) []string {
	var parts []string
	for _, s := range States {
		if n := states[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	return parts
}
