package hook

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"hisseki/ask"
)

// Asker draws a link by which an account's owner answers for one incident.
type Asker func(ctx context.Context, hook string, incident int64, sender string) (link string, until time.Time, err error)

// Asking runs a command that brings a link to an account's owner.
type Asking struct {
	Name string // of the hook
	Asker
	NotBrought func(ctx context.Context, link string) error // is told that the command failed; may be nil
	Command
}

// Tell implements Teller. The link is for the command alone: what it prints is kept and shown.
func (a *Asking) Tell(ctx context.Context, e *Event) (string, error) {
	link, until, err := a.Asker(ctx, a.Name, e.Number, e.Sender)
	if errors.Is(err, ask.ErrEnough) {
		return "", fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err != nil {
		return "", err
	}
	question := *e
	question.AskURL, question.AskUntil = link, until
	question.Logins = []string{e.Sender} // a person is asked, not each of his logins
	said, err := a.Command.Tell(ctx, &question)
	token := path.Base(link)
	said = strings.ReplaceAll(said, token, "(token)")
	if err != nil {
		err = errors.New(strings.ReplaceAll(err.Error(), token, "(token)"))
		if a.NotBrought != nil {
			err = errors.Join(err, a.NotBrought(ctx, link))
		}
	}
	return said, err
}
