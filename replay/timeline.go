// Package replay runs history through the very same analyzer that serve uses, on the
// history's own clock: mail files, mboxes, Maildirs, and timelines of a simulated or
// recorded organisation.
package replay

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"syscall"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/internal/mailbox"
)

// Act is one thing that happened: a mail, or a reviewer's confirmation.
type Act struct {
	Time    time.Time
	Name    string         // of the mail's file, as the result names it
	Mail    *analyzer.Mail // nil for a confirmation
	Confirm string         // sender known to be compromised since the incident began
}

// Source yields acts in time order and io.EOF at the end.
type Source interface {
	Next() (*Act, error)
}

// maxLine bounds a line of a timeline: a mail to 10,000 recipients fits.
const maxLine = 1 << 20

// maxBody is how much of a mail's body is kept, as the milter does by default.
const maxBody = 10 << 20

// maxRecipients bounds the recipients of one mail.
const maxRecipients = 10000

// Timeline reads timeline.jsonl: one JSON object a line, a mail
// {"time","file","login","client","mail_from","rcpt":[...]} with the file relative to
// the timeline's folder, or a reviewer's act {"time","confirm":LOGIN}.
type Timeline struct {
	// Normal turns a login into the account whose habits count; it is lower case at first.
	Normal func(login string) string

	name string
	root *os.Root
	scan *bufio.Scanner
	line int
	last time.Time
}

// OpenTimeline opens a timeline. Mail files outside dir are refused.
func OpenTimeline(dir, name string, r io.Reader) (*Timeline, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open timeline folder: %w", err)
	}
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxLine)
	return &Timeline{Normal: mailbox.Lower, name: name, root: root, scan: s}, nil
}

// Close closes the folder.
func (t *Timeline) Close() error { return t.root.Close() }

type timelineLine struct {
	Time     *time.Time `json:"time"`
	File     string     `json:"file"`
	Login    string     `json:"login"`
	Client   string     `json:"client"`
	MailFrom string     `json:"mail_from"`
	Rcpt     []string   `json:"rcpt"`
	Confirm  string     `json:"confirm"`
}

// Next returns the next act. Errors name file and line.
func (t *Timeline) Next() (*Act, error) {
	for t.scan.Scan() {
		t.line++
		if len(bytes.TrimSpace(t.scan.Bytes())) == 0 {
			continue
		}
		act, err := t.parse(t.scan.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", t.name, t.line, err)
		}
		return act, nil
	}
	if err := t.scan.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("%s:%d: the line is longer than %d bytes: split the mail's "+
			"recipients over several lines", t.name, t.line+1, maxLine)
	} else if err != nil {
		return nil, fmt.Errorf("read %s: %w", t.name, err)
	}
	return nil, io.EOF
}

func (t *Timeline) parse(line []byte) (*Act, error) {
	var l timelineLine
	if err := json.Unmarshal(line, &l); err != nil {
		return nil, fmt.Errorf("not a JSON object of a timeline: %w", err)
	}
	if l.Time == nil {
		return nil, errors.New(`"time" is missing: write it as RFC 3339, as in 2026-01-31T09:00:00Z`)
	}
	at := l.Time.UTC().Truncate(time.Second)
	if at.Before(t.last) {
		return nil, fmt.Errorf("the time %s lies before the line above: sort the timeline by time",
			at.Format(time.RFC3339))
	}
	t.last = at
	if l.Confirm != "" && l.File != "" {
		return nil, errors.New(`a line has "file" or "confirm", not both`)
	}
	if len(l.Rcpt) > maxRecipients {
		return nil, fmt.Errorf("%d recipients are more than %d", len(l.Rcpt), maxRecipients)
	}
	if l.Confirm != "" {
		return &Act{Time: at, Confirm: t.Normal(l.Confirm)}, nil
	}
	if l.File == "" || l.Login == "" {
		return nil, errors.New(`"file" or "login" is missing`)
	}
	m := &analyzer.Mail{Envelope: analyzer.Envelope{
		Time: at, Sender: t.Normal(l.Login), Class: analyzer.Account, Login: l.Login,
		MailFrom: mailbox.Canonical(l.MailFrom), Recipients: canonical(l.Rcpt),
	}}
	if l.Client != "" {
		addr, err := netip.ParseAddr(l.Client)
		if err != nil {
			return nil, fmt.Errorf(`"client" %.60q is not an IP address`, l.Client)
		}
		m.Client = addr.Unmap()
	}
	src, err := t.read(l.File)
	if err != nil {
		return nil, err
	}
	m.Source = src
	return &Act{Time: at, Name: l.File, Mail: m}, nil
}

func (t *Timeline) read(name string) (content.Source, error) {
	// O_NONBLOCK: opening a named pipe must not wait for a writer.
	f, err := t.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err == nil {
		if err = regular(f); err != nil {
			f.Close()
		}
	}
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return content.Source{}, fmt.Errorf("open mail %q in the timeline's folder: %w", name, err)
	}
	defer f.Close()
	src, err := readMail(f, maxMail, maxBody, false)
	if err != nil {
		return content.Source{}, fmt.Errorf("read mail %q: %w", name, err)
	}
	return src, nil
}

// canonical gives recipients the spelling that a milter's have.
func canonical(addresses []string) []string {
	var out []string
	for _, a := range addresses {
		out = append(out, mailbox.Canonical(a))
	}
	return out
}
