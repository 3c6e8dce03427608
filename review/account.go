package review

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"hisseki/internal/mailbox"
	"hisseki/internal/similar"
	"hisseki/internal/term"
)

// accountStore knows who has sent mail or logged in.
type accountStore interface {
	// SenderKnown says whether the journal, the logins or the profiles know a sender.
	SenderKnown(ctx context.Context, name string) (bool, error)
	// SenderNames returns the senders of the journal's mail, at most limit, by name.
	SenderNames(ctx context.Context, limit int) ([]string, error)
}

// maxNames bounds among how many senders a misspelt one is looked for.
const maxNames = 100_000

var errBlank = errors.New("the account is blank: write a login such as alice@example.org")

// accountName returns a sender's name as mail gets it: a login is written in one way, with
// the default realm and by its alias. The names of applications ("app:...") and null
// senders ("null:...") stay as they are.
func (s *Service) accountName(text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", errBlank
	}
	if strings.HasPrefix(text, "app:") || strings.HasPrefix(text, "null:") || s.Normal == nil {
		return text, nil
	}
	return s.Normal(text), nil
}

// Accounts returns the names of accounts that the store knows and that begin with a
// prefix, at most limit: what a shell may complete.
func (s *Service) Accounts(ctx context.Context, prefix string, limit int) ([]string, error) {
	names, err := s.Store.SenderNames(ctx, maxNames)
	if err != nil {
		return nil, err
	}
	prefix = mailbox.Lower(prefix)
	var out []string
	for _, name := range names {
		if strings.HasPrefix(mailbox.Lower(name), prefix) && len(out) < limit {
			out = append(out, name)
		}
	}
	return out, nil
}

// Doubt says in words that nobody knows an account, and which one may be meant. It is ""
// for an account that is known.
func (s *Service) Doubt(ctx context.Context, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	ok, err := s.Store.SenderKnown(ctx, name)
	if err != nil || ok {
		return "", err
	}
	names, err := s.Store.SenderNames(ctx, maxNames)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("nothing is known of an account %s", term.Safe(name, 100))
	if like := nearest(name, names); len(like) > 0 {
		text += ": did you mean " + term.Few(like, maxLike) + "?"
	}
	return text, nil
}

// maxLike is how many names are offered in place of an unknown one.
const maxLike = 3

// nearest returns the names that a misspelt one may stand for, the nearest first: those of
// the same local part ("alice" for alice@example.org), then those that differ by few
// letters.
func nearest(name string, names []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	local, _, _ := strings.Cut(name, "@")
	var found []candidate
	for _, other := range names {
		of, _, _ := strings.Cut(other, "@")
		if of == local {
			found = append(found, candidate{other, 0})
			continue
		}
		most := 1 + len(name)/8
		if d := similar.Distance(name, other, most); d <= most {
			found = append(found, candidate{other, d})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	var out []string
	for _, c := range found[:min(len(found), maxLike)] {
		out = append(out, c.name)
	}
	return out
}
