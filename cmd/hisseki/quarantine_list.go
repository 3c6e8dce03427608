package main

import (
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/store"
)

func newQuarantineList() *cobra.Command {
	var f filterFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "list [ID...]",
		Short:             "List kept mail; without --state what is still in the queue",
		ValidArgsFunction: completeIDs,
		RunE: func(cmd *cobra.Command, ids []string) error {
			return withStore(cmd, func(_ config.Config, db *store.DB) error {
				filter, err := f.filter(ids, time.Now())
				if err != nil {
					return err
				}
				if len(filter.States) == 0 && len(ids) == 0 {
					filter.States = openStates
				}
				holds, err := db.Holds(cmd.Context(), filter)
				if err != nil {
					return err
				}
				if len(holds) == 0 {
					return errNothing
				}
				if asJSON {
					return writeHolds(cmd.OutOrStdout(), holds)
				}
				return holdTable(cmd.OutOrStdout(), holds)
			})
		},
	}
	f.add(cmd)
	addJSON(cmd, &asJSON)
	return cmd
}

// holdLine is a hold as --json prints it, schema 1.
type holdLine struct {
	Schema     int                 `json:"schema"`
	Kind       string              `json:"kind"`
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
	MTA        string              `json:"mta"`
	QueueID    string              `json:"queue_id"`
	MessageID  string              `json:"message_id"`
	Due        *time.Time          `json:"due"`
	Recalled   *time.Time          `json:"recalled"` // asked back then, null for never
	By         string              `json:"by"`
	Reason     string              `json:"reason"`
	Error      string              `json:"error"`
	PassIf     string              `json:"pass_if"`
	Evidence   []analyzer.Evidence `json:"evidence"`
}

func lineOf(h *ledger.Hold) holdLine {
	r := h.Record
	line := holdLine{
		Schema: 1, Kind: "hold", ID: h.Name(), State: h.State, Time: r.Envelope.Time,
		Sender: r.Envelope.Sender, Points: r.Verdict.Points, Subject: r.Subject,
		Recipients: h.Recipients, Hosts: r.Hosts, URLs: r.URLs, Files: r.Files,
		MTA: r.Envelope.Host, QueueID: r.Envelope.QueueID, MessageID: r.MessageID,
		By: h.By, Reason: h.Reason, Error: h.Error,
		PassIf: r.Verdict.PassIf, Evidence: r.Verdict.Evidence,
	}
	if h.Incident != 0 {
		name := incidentName(h.Incident)
		line.Incident = &name
	}
	if r.Envelope.Client.IsValid() {
		line.Client = r.Envelope.Client.String()
	}
	if !h.Due.IsZero() {
		line.Due = &h.Due
	}
	if !h.Recalled.IsZero() {
		line.Recalled = &h.Recalled
	}
	return line
}

func writeHolds(w io.Writer, holds []ledger.Hold) error {
	lines := make([]holdLine, len(holds))
	for i := range holds {
		lines[i] = lineOf(&holds[i])
	}
	return writeLines(w, lines)
}

func holdTable(w io.Writer, holds []ledger.Hold) error {
	t := newTable(w, "id", "time", "state", "sender", "recipients", "points", "link", "because")
	for i := range holds {
		h := &holds[i]
		r := h.Record
		incident := ""
		if h.Incident != 0 {
			incident = " " + incidentName(h.Incident)
		}
		if !h.Recalled.IsZero() && h.State != ledger.Recalling && h.State != ledger.Gone {
			incident += " recalled"
		}
		because := ""
		if len(r.Verdict.Evidence) > 0 {
			because = safe(r.Verdict.Evidence[0].Text, 60)
		}
		t.row(h.Name(), stamp(r.Envelope.Time), t.paint(string(h.State))+incident,
			safe(r.Envelope.Sender, 40), few(h.Recipients, 1), points(r.Verdict.Points),
			safe(strings.Join(r.Hosts, " "), 30), because)
	}
	return t.write()
}
