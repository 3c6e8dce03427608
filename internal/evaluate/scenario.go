package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"hisseki/analyzer"
	"hisseki/replay"
)

// scenario is one organisation's mail with thefts in it, and the truth about them. It is
// read once and replayed many times.
type scenario struct {
	name   string // of its folder
	acts   []*replay.Act
	labels []label
	kinds  map[string]string // of each theft, by name
}

// label is the truth about one mail, a line of labels.jsonl.
type label struct {
	File       string `json:"file"`
	Label      string `json:"label"`    // "benign" or another
	Phase      string `json:"phase"`    // "eval", or "warmup", which is not scored
	Incident   string `json:"incident"` // the theft it belongs to, "" for none
	Recipients int    `json:"rcpts"`
}

// load reads a scenario's folder: timeline.jsonl, labels.jsonl, incidents.json, mail/.
func load(dir string) (*scenario, error) {
	s, err := loadTruth(dir)
	if err != nil {
		return nil, err
	}
	return s, s.readTimeline(dir)
}

// loadTruth reads what is known of a folder's mail, without the mail.
func loadTruth(dir string) (*scenario, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find scenario %s: %w", dir, err)
	}
	s := &scenario{name: filepath.Base(abs), kinds: make(map[string]string)}
	if err := s.readLabels(filepath.Join(dir, "labels.jsonl")); err != nil {
		return nil, err
	}
	return s, s.readIncidents(filepath.Join(dir, "incidents.json"))
}

func (s *scenario) readTimeline(dir string) (err error) {
	name := filepath.Join(dir, "timeline.jsonl")
	file, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("open timeline: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	t, err := replay.OpenTimeline(dir, name, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	for {
		act, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		s.acts = append(s.acts, act)
	}
}

func (s *scenario) readLabels(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read labels: %w", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		var l label
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return fmt.Errorf("%s:%d: not a label: %w", name, n, err)
		}
		if l.File == "" || l.Label == "" || l.Phase == "" {
			return fmt.Errorf(`%s:%d: "file", "label" or "phase" is missing`, name, n)
		}
		s.labels = append(s.labels, l)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

func (s *scenario) readIncidents(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read incidents: %w", err)
	}
	var all struct {
		Incidents []struct {
			Incident string `json:"incident"`
			Kind     string `json:"kind"`
		} `json:"incidents"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return fmt.Errorf("%s: not a list of incidents: %w", name, err)
	}
	for _, i := range all.Incidents {
		s.kinds[i.Incident] = i.Kind
	}
	for _, l := range s.labels {
		if l.Incident != "" && s.kinds[l.Incident] == "" {
			return fmt.Errorf("%s: no incident %q, which the label of %s names: "+
				"are both files of one scenario?", name, l.Incident, l.File)
		}
	}
	return nil
}

// source yields a scenario's acts from the start. A run may change the mails it gets, so
// each gets copies; what they carry is shared and only read.
type source struct {
	rest []*replay.Act
	mail *analyzer.Mail // of the last act, nil when it had none
}

func (s *source) Next() (*replay.Act, error) {
	if len(s.rest) == 0 {
		return nil, io.EOF
	}
	act := *s.rest[0]
	s.rest = s.rest[1:]
	if act.Mail != nil {
		mail := analyzer.Mail{Envelope: act.Mail.Envelope, Source: act.Mail.Source}
		act.Mail = &mail
	}
	s.mail = act.Mail
	return &act, nil
}
