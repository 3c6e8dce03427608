package company

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// WriteTimeline writes mails into a folder as mail/NNNNN.eml and timeline.jsonl, which
// replay reads, and returns the timeline's path.
func WriteTimeline(dir string, mails []Mail) (path string, err error) {
	if err := os.MkdirAll(filepath.Join(dir, "mail"), 0o700); err != nil {
		return "", fmt.Errorf("writing a timeline: %w", err)
	}
	path = filepath.Join(dir, "timeline.jsonl")
	f, err := os.Create(path)
	if err != nil {
		return "", fmt.Errorf("writing a timeline: %w", err)
	}
	out := bufio.NewWriter(f)
	defer func() { err = errors.Join(err, out.Flush(), f.Close()) }()
	enc := json.NewEncoder(out)
	for i, m := range mails {
		name := fmt.Sprintf("mail/%05d.eml", i+1)
		if err := os.WriteFile(filepath.Join(dir, name), m.Message, 0o600); err != nil {
			return "", fmt.Errorf("writing a timeline: %w", err)
		}
		if err := enc.Encode(struct {
			Time     time.Time `json:"time"`
			File     string    `json:"file"`
			Login    string    `json:"login"`
			Client   string    `json:"client"`
			MailFrom string    `json:"mail_from"`
			Rcpt     []string  `json:"rcpt"`
		}{m.Time.UTC(), name, m.Login, m.Client, m.Login, m.Recipients}); err != nil {
			return "", fmt.Errorf("writing a timeline: %w", err)
		}
	}
	return path, nil
}
