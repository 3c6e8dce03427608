package hook

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/capped"
	"hisseki/internal/term"
)

// Alert is a mail that is due.
type Alert struct {
	FirstID string // Message-ID of the incident's first mail, "" when this is the first
	Tries   int    // begun until now
	Brief   Brief
	N       int64 // the store's own name for the incident
}

// Alerts is where it is known which mail is due.
type Alerts interface {
	// ClaimAlert returns a mail that is due now, nil for none: one per incident, and more
	// at most once in every while it changes. Nobody else gets it until lease is over.
	ClaimAlert(ctx context.Context, hook string, every, lease time.Duration) (*Alert, error)
	// Expect notes a mail to these recipients, before it is sent, for the milter to know.
	Expect(ctx context.Context, messageID string, to []string) error
	Sent(ctx context.Context, a *Alert, messageID string) error
	RetryAlert(ctx context.Context, a *Alert, cause error, next time.Time) error
}

// MailName is the hook's name in the store.
const MailName = "mail"

// Postman writes to the postmaster, through sendmail.
type Postman struct {
	Alerts   Alerts
	From     string // bare addresses
	To       []string
	Language string
	Sendmail []string // the program's path and its first arguments
	Every    time.Duration
	Log      *slog.Logger
	Now      func() time.Time
	Rand     io.Reader
	Page     string // URL of the review page, "" for none
}

// sendTimeout bounds sendmail, which only puts the mail into a folder.
const sendTimeout = time.Minute

// Run sends what is due until ctx ends.
func (p *Postman) Run(ctx context.Context) {
	poll(ctx, 0, p.Log, MailName, func() (bool, error) { return p.Once(ctx) })
}

// Once sends one mail, if one is due.
func (p *Postman) Once(ctx context.Context) (bool, error) {
	a, err := p.Alerts.ClaimAlert(ctx, MailName, p.Every, sendTimeout+grace)
	if err != nil || a == nil {
		return false, err
	}
	ctx = context.WithoutCancel(ctx) // what has begun is finished
	log := p.Log.With("hook", MailName, "incident", a.Brief.Incident, "run", a.Tries)
	id, err := p.send(ctx, a)
	if err == nil {
		log.Info("postmaster notified", "message_id", id)
		return true, p.Alerts.Sent(ctx, a, id)
	}
	next := p.Now().Add(backoff(a.Tries))
	log.Warn("postmaster not notified", "error", term.Safe(err.Error(), 300), "next", next)
	return true, p.Alerts.RetryAlert(ctx, a, err, next)
}

func (p *Postman) send(ctx context.Context, a *Alert) (messageID string, err error) {
	subject, body, err := alert(&a.Brief, p.Language, p.Page, a.FirstID != "")
	if err != nil {
		return "", err
	}
	if messageID, err = p.messageID(); err != nil {
		return "", err
	}
	l := letter{From: p.From, To: p.To, Subject: subject, Body: body, MessageID: messageID,
		InReplyTo: a.FirstID, Date: p.Now(), Japanese: p.Language == Japanese}
	if err := p.Alerts.Expect(ctx, messageID, p.To); err != nil {
		return "", err
	}
	return messageID, p.sendmail(ctx, l.compose())
}

// messageID is unguessable: the milter lets the mail with it pass.
func (p *Postman) messageID() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(p.Rand, b[:]); err != nil {
		return "", fmt.Errorf("draw a Message-ID: %w", err)
	}
	domain := p.From[strings.LastIndexByte(p.From, '@')+1:]
	return "<hisseki." + hex.EncodeToString(b[:]) + "@" + domain + ">", nil
}

func (p *Postman) sendmail(ctx context.Context, mail []byte) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	args := append(p.Sendmail[1:len(p.Sendmail):len(p.Sendmail)], "-i", "-f", p.From, "--")
	cmd := exec.CommandContext(ctx, p.Sendmail[0], append(args, p.To...)...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}
	cmd.Dir = "/"
	cmd.WaitDelay = 2 * time.Second
	said := capped.New(1 << 10)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(mail), said, said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = errors.Join(ctx.Err(), err)
		}
		return fmt.Errorf("%s: %w: %s", p.Sendmail[0], err, strings.TrimSpace(said.String()))
	}
	return nil
}

// OwnMessageID returns the Message-ID of a mail that may be hisseki's own: without a login,
// from this host, with exactly one Message-ID of our form. "" says that it is not. The
// store decides, a Message-ID can be copied.
func OwnMessageID(m *analyzer.Mail) string {
	if m.Class == analyzer.Account || m.Login != "" ||
		m.Client.IsValid() && !m.Client.Unmap().IsLoopback() {
		return ""
	}
	id := ""
	for i := range m.Header {
		if !strings.EqualFold(m.Header[i].Name, "Message-ID") {
			continue
		}
		if id != "" {
			return ""
		}
		id = strings.TrimSpace(m.Header[i].Value)
	}
	if !strings.HasPrefix(id, "<hisseki.") {
		return ""
	}
	return id
}
