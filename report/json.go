package report

import (
	"encoding/json"
	"io"
	"net/netip"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/words"
	"hisseki/ledger"
)

// The JSON form, schema 1. Links are defanged but for "value" of the block list, and all
// text is made safe for a terminal.
type (
	jsonReport struct {
		Schema    int             `json:"schema"`
		Kind      string          `json:"kind"`
		ID        string          `json:"id"`
		Case      string          `json:"case"`
		Made      time.Time       `json:"made"`
		First     *time.Time      `json:"first"`
		Last      *time.Time      `json:"last"`
		Incidents []jsonIncident  `json:"incidents"`
		Mails     Count           `json:"mails"`
		Total     Count           `json:"recipients"`
		Reached   Audience        `json:"reached"`
		Open      Audience        `json:"open"`
		Logged    bool            `json:"logged"` // the MTA's log told of all that was let go
		Relays    []string        `json:"relays"` // that named the accounts
		Noticed   *jsonNoticed    `json:"noticed"`
		Logins    []jsonLogin     `json:"logins"`
		Notes     []jsonNote      `json:"notes"`
		Companies []jsonCompany   `json:"companies"`
		Freed     []jsonFreed     `json:"freed"` // by a reviewer, as innocent
		Suspects  []jsonSuspect   `json:"suspects"`
		Block     []jsonIndicator `json:"block"`
	}
	jsonIncident struct {
		ID     string               `json:"id"`
		Sender string               `json:"sender"`
		State  ledger.IncidentState `json:"state"`
		Opened time.Time            `json:"opened"`
		Closed *time.Time           `json:"closed"`
		By     string               `json:"by"`
		Reason string               `json:"reason"`
	}
	jsonNoticed struct {
		Hold     string              `json:"hold"`
		Time     time.Time           `json:"time"`
		Points   float64             `json:"points"`
		Evidence []analyzer.Evidence `json:"evidence"`
	}
	jsonLogin struct {
		First   time.Time            `json:"first"`
		Last    time.Time            `json:"last"`
		Sender  string               `json:"sender"`
		Result  analyzer.LoginResult `json:"result"`
		Count   int                  `json:"count"`
		Client  string               `json:"client"`
		Service string               `json:"service"`
		Country string               `json:"country,omitempty"`
		Device  string               `json:"device,omitempty"`
		Program string               `json:"program,omitempty"`
		Note    string               `json:"note,omitempty"` // risk words, or what a rule does
		Legacy  bool                 `json:"legacy,omitempty"`
	}
	jsonNote struct {
		Incident string           `json:"incident"`
		Time     time.Time        `json:"time"`
		Hook     string           `json:"hook"`
		Event    ledger.EventKind `json:"event"`
		State    string           `json:"state"` // due, done or failed
		Error    string           `json:"error"`
		Output   []string         `json:"output"` // lines
	}
	jsonCompany struct {
		Domain     string         `json:"domain"`
		Own        bool           `json:"own"`
		Recipients Count          `json:"recipients"`
		Mails      []jsonDelivery `json:"mails"`
	}
	jsonDelivery struct {
		Hold      string      `json:"hold"`
		Time      time.Time   `json:"time"`
		Sender    string      `json:"sender"`
		Recipient string      `json:"recipient"`
		Subject   string      `json:"subject"`
		URLs      []string    `json:"urls"`
		Client    string      `json:"client"`
		QueueID   string      `json:"queue_id"`
		MessageID string      `json:"message_id"`
		Fate      ledger.Fate `json:"fate"`
		Class     string      `json:"class"`
		FateTime  *time.Time  `json:"fate_time"`
		Reply     string      `json:"reply"`
	}
	jsonFreed struct {
		Hold   string         `json:"hold"`
		By     string         `json:"by"`
		Reason string         `json:"reason"`
		To     []jsonDelivery `json:"to"`
	}
	jsonSuspect struct {
		Traits []analyzer.Trait `json:"traits"`
		Then   float64          `json:"points_then"`
		Now    float64          `json:"points_now"`
		To     []jsonDelivery   `json:"to"`
	}
	jsonIndicator struct {
		Type  IndicatorKind `json:"type"`
		Value string        `json:"value"`
		Shown string        `json:"shown"`
		Name  string        `json:"name"`
		Mails int           `json:"mails"`
		First time.Time     `json:"first"`
		Last  time.Time     `json:"last"`
	}
)

func writeJSON(w io.Writer, r *Report) error {
	out := jsonReport{Schema: 1, Kind: "incident-report", ID: r.Name(), Made: r.At,
		First: when(r.First), Last: when(r.Last), Mails: r.Mails, Total: r.Total,
		Reached: r.Reached, Open: r.Maybe, Logged: r.Logged(),
		Relays: append([]string{}, r.Relays...), Incidents: []jsonIncident{}, Logins: []jsonLogin{}, Notes: []jsonNote{}, Companies: []jsonCompany{},
		Freed: []jsonFreed{}, Suspects: []jsonSuspect{}, Block: []jsonIndicator{}}
	for i := range r.Incidents {
		x := &r.Incidents[i]
		out.Case = x.CaseName()
		out.Incidents = append(out.Incidents, jsonIncident{x.Name(), unlink(x.Sender), x.State,
			x.Opened, when(x.Closed), unlink(x.By), unlink(x.Reason)})
	}
	if h := r.Noticed; h != nil {
		out.Noticed = &jsonNoticed{h.Name(), h.Record.Envelope.Time, h.Record.Verdict.Points,
			harmless(h.Record.Verdict.Evidence)}
	}
	for _, l := range r.Logins {
		out.Logins = append(out.Logins, jsonLogin{l.At, l.Last, unlink(l.Sender), l.Result, l.Count,
			address(l.Client), unlink(l.Service), unlink(l.Country), unlink(l.Device), unlink(l.Program),
			unlink(l.Note), l.Legacy})
	}
	for _, n := range r.Notes {
		out.Notes = append(out.Notes, jsonNote{n.Incident, n.At, unlink(n.Hook), n.Event, n.State,
			unlink(n.Error), append([]string{}, noteLines(n.Output)...)})
	}
	for i := range r.Companies {
		c := &r.Companies[i]
		line := jsonCompany{Domain: unlink(c.Domain), Own: c.Own, Recipients: c.Count}
		for _, p := range c.People {
			line.Mails = append(line.Mails, jsonDeliveries(p.Mails)...)
		}
		out.Companies = append(out.Companies, line)
	}
	for i := range r.Freed {
		x := &r.Freed[i]
		out.Freed = append(out.Freed, jsonFreed{x.Hold.Name(), unlink(x.Hold.By), unlink(x.Hold.Reason),
			jsonDeliveries(x.To)})
	}
	for i := range r.Suspects {
		x := &r.Suspects[i]
		out.Suspects = append(out.Suspects, jsonSuspect{x.Traits, x.Record.Verdict.Points, x.Points,
			jsonDeliveries(x.To)})
	}
	for i := range r.Block {
		x := &r.Block[i]
		out.Block = append(out.Block, jsonIndicator{x.Kind, safe(x.Value, maxURL), x.Shown(),
			unlink(x.Name), x.Mails, x.First, x.Last})
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

func jsonDeliveries(list []Delivery) []jsonDelivery {
	out := []jsonDelivery{}
	for _, d := range list {
		e := &d.Record.Envelope
		line := jsonDelivery{Hold: d.Hold, Time: e.Time, Sender: unlink(e.Sender),
			Recipient: unlink(d.Address), Subject: unlink(d.Record.Subject), URLs: []string{},
			Client: address(e.Client), QueueID: unlink(e.QueueID),
			MessageID: unlink(d.Record.MessageID), Fate: d.Fate, Class: d.Class.String(),
			FateTime: when(d.At), Reply: unlink(d.Reply)}
		for _, u := range d.Record.URLs {
			line.URLs = append(line.URLs, Defang(u))
		}
		out = append(out, line)
	}
	return out
}

func harmless(list []analyzer.Evidence) []analyzer.Evidence {
	out := make([]analyzer.Evidence, len(list))
	for i, e := range list {
		e.Text = words.Sentence(e)
		e.Observed, e.Usual = unlink(words.Observed(e)), unlink(e.Usual)
		out[i] = e
	}
	return out
}

// when is a time, null when there is none.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func address(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
