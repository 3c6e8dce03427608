package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"hisseki/analyzer"
)

// Event is one line of a replay's result, schema 1: a verdict per mail, and later what
// became of a delayed or held one.
type Event struct {
	Schema   int
	Kind     string // "verdict", "held", "released"
	Time     time.Time
	File     string
	Sender   string // of a verdict, and the fields below
	Action   analyzer.Action
	Points   *float64
	Incident *string // nil when the sender has no open incident
	Evidence []analyzer.Evidence
	By       string // of held and released: "incident", "timer", "reviewer"

	Record *analyzer.Record // the judged mail; not part of the line
}

// verdictLine and laterLine are what is written, in this order.
type verdictLine struct {
	Schema   int                 `json:"schema"`
	Kind     string              `json:"kind"`
	Time     string              `json:"time"`
	File     string              `json:"file"`
	Sender   string              `json:"sender"`
	Action   analyzer.Action     `json:"action"`
	Points   float64             `json:"points"`
	Incident *string             `json:"incident"`
	Evidence []analyzer.Evidence `json:"evidence"`
}

type laterLine struct {
	Kind string `json:"kind"`
	Time string `json:"time"`
	File string `json:"file"`
	By   string `json:"by"`
}

// MarshalJSON writes the line: every field of its kind, also null and empty ones, and
// times in UTC with seconds.
func (e *Event) MarshalJSON() ([]byte, error) {
	at := e.Time.UTC().Format(time.RFC3339)
	var line any = laterLine{e.Kind, at, e.File, e.By}
	if e.Kind == "verdict" {
		v := verdictLine{e.Schema, e.Kind, at, e.File, e.Sender, e.Action, 0, e.Incident,
			e.Evidence}
		if e.Points != nil {
			v.Points = *e.Points
		}
		if v.Evidence == nil {
			v.Evidence = []analyzer.Evidence{}
		}
		line = v
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(line); err != nil {
		return nil, fmt.Errorf("encode line of %s: %w", e.File, err)
	}
	return b.Bytes(), nil
}
