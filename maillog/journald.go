package maillog

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"hisseki/internal/capped"
	"hisseki/ledger"
)

// journald is the name of journald as a source.
const journald = "journald"

const (
	// firstSpan is how far back the first reading of journald goes.
	firstSpan = 24 * time.Hour
	// quiet is how long journald may say nothing before what came is kept.
	quiet = 200 * time.Millisecond
	// maxEntry bounds one entry as JSON, in bytes: a message as an array of numbers takes
	// five times its length.
	maxEntry = 256 << 10
)

// journalSource follows journald through journalctl, which needs no library of C.
type journalSource struct {
	*Follower
}

func (s *journalSource) rested() bool { return false }

func (s *journalSource) close() {}

// round runs journalctl until it ends, which it does with ctx only, unless it fails.
func (s *journalSource) round(ctx context.Context) error {
	known, err := s.Store.LogPositions(ctx, journald, "")
	if err != nil {
		return err
	}
	from := "--since=@" + strconv.FormatInt(s.Now().Add(-firstSpan).Unix(), 10)
	if len(known) > 0 {
		from = "--after-cursor=" + known[0].Cursor
	}
	err = s.run(ctx, from)
	if len(known) > 0 && err != nil && strings.Contains(err.Error(), "cursor") {
		// What it pointed to was vacuumed away: go on with the oldest after it.
		err = s.run(ctx, "--since=@"+strconv.FormatInt(known[0].At.Unix(), 10))
	}
	return err
}

func (s *journalSource) run(ctx context.Context, from string) error {
	program := s.Journalctl
	if program == nil {
		program = []string{"journalctl"}
	}
	args := append(program[1:len(program):len(program)], "--output=json", "--all", "--quiet",
		"--no-pager", "--follow", "--no-tail",
		"--merge", // without it, following leaves out what came before the last boot
		from,
		"SYSLOG_FACILITY=2",  // mail
		"SYSLOG_FACILITY=10") // authpriv: pam_faillock
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, program[0], args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
	said := capped.New(500)
	cmd.Stderr = said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start journalctl: %w", err)
	}
	err = s.consume(ctx, out)
	cancel()
	if ended := cmd.Wait(); err == nil && ended != nil {
		err = fmt.Errorf("journalctl: %w: %s", ended, strings.TrimSpace(said.String()))
	}
	if err == nil {
		err = errors.New("journalctl has ended")
	}
	return err
}

// consume keeps entries in batches until out ends.
func (s *journalSource) consume(ctx context.Context, out io.Reader) error {
	f := feed{parser: s.Parser, store: s.Store, host: s.Host, ref: s.Now,
		batch: ledger.LogBatch{Position: ledger.LogPosition{Source: journald}}}
	lines := make(chan []byte, maxBatch)
	go func() {
		defer close(lines)
		in := bufio.NewReaderSize(out, maxEntry)
		for {
			line, _, err := readLine(in)
			if err != nil {
				return
			}
			select {
			case lines <- bytes.Clone(line):
			case <-ctx.Done():
				return
			}
		}
	}()
	timer := time.NewTimer(quiet)
	defer timer.Stop()
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				return f.flush(ctx)
			}
			s.take(&f, line)
			if len(f.batch.Lines)+len(f.batch.Logins) < maxBatch {
				timer.Reset(quiet)
				continue
			}
		case <-timer.C:
		}
		if err := f.flush(ctx); err != nil {
			return err
		}
	}
}

// record is what is read of an entry of journald (systemd.journal-fields(7)).
type record struct {
	Cursor     string `json:"__CURSOR"`
	Realtime   string `json:"__REALTIME_TIMESTAMP"` // microseconds since 1970
	UID        string `json:"_UID"`
	Unit       string `json:"_SYSTEMD_UNIT"`
	PID        string `json:"_PID"`
	Identifier string `json:"SYSLOG_IDENTIFIER"`
	Message    any    `json:"MESSAGE"` // text, or an array of its bytes when that is not UTF-8
}

func (s *journalSource) take(f *feed, line []byte) {
	var r record
	if err := json.Unmarshal(line, &r); err != nil || r.Cursor == "" {
		return
	}
	f.batch.Position.Cursor = r.Cursor
	f.take(s.Parser.journal(&r), []byte(r.text()))
}

// wrapped reads a line of JSON: an entry as journalctl -o json prints it, or Docker's
// {"log":"Nov  4 10:00:00 mx postfix/smtpd[1]: x\n","stream":"stdout","time":"..."}.
func (p *Parser) wrapped(line string, ref time.Time) entry {
	var r record
	if err := json.Unmarshal([]byte(line), &r); err != nil || r.Realtime == "" {
		return p.relay(line, ref)
	}
	return p.journal(&r)
}

// journal reads an entry of journald.
func (p *Parser) journal(r *record) entry {
	micro, err := strconv.ParseInt(r.Realtime, 10, 64)
	if err != nil {
		return entry{}
	}
	h := head{at: time.UnixMicro(micro), tag: r.Identifier, process: r.PID, message: r.text()}
	if !r.believed() {
		return entry{kind: irrelevant, at: h.at}
	}
	h.unwrap(h.at, p.zone(), maxWrapped)
	return p.message(&h)
}

// people is where the user ids of people begin on Linux.
const people = 1000

// believed says whether who wrote an entry may speak of mail: root, the users of Postfix and
// Dovecot, and other services' users in their units (there are commands of people's too, from
// .forward files). Anybody may write to journald under any name.
func (r *record) believed() bool {
	uid, err := strconv.Atoi(r.UID)
	if err != nil || uid == 0 {
		return r.UID == "" || err == nil // old journals may not know who it was
	}
	if uid < people && (strings.HasPrefix(r.Unit, "postfix") || strings.HasPrefix(r.Unit, "dovecot")) {
		return true
	}
	u, err := user.LookupId(r.UID)
	return err == nil && slices.Contains([]string{"postfix", "dovecot", "dovenull"}, u.Username)
}

func (r *record) text() string {
	switch m := r.Message.(type) {
	case string:
		return m
	case []any:
		b := make([]byte, 0, len(m))
		for _, v := range m {
			n, ok := v.(float64)
			if !ok {
				return ""
			}
			b = append(b, byte(n))
		}
		return string(b)
	}
	return ""
}
