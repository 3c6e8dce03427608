package review

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hisseki/ledger"
)

// Seconds is where releases are kept that need a second reviewer.
type Seconds interface {
	AddRequest(ctx context.Context, r ledger.Request) (int64, error)
	// Requests returns those that nobody agreed to or refused and that were asked after a time.
	Requests(ctx context.Context, since time.Time) ([]ledger.Request, error)
	// EndRequest agrees or refuses; false when somebody else did.
	EndRequest(ctx context.Context, id int64, state, by, reason string) (bool, error)
}

// SecondError says that nothing was done yet: a second reviewer must agree.
type SecondError struct{ Request string }

func (e SecondError) Error() string {
	return fmt.Sprintf("nothing was released: another reviewer must agree to %s, on the review page or with"+
		" hisseki reviewer agree %[1]s", e.Request)
}

var (
	// ErrSame says that one person is not two.
	ErrSame = errors.New("who asks for a release cannot agree to it")
	// ErrMore says that a request would release more than its reviewer looked at.
	ErrMore = errors.New("more mail came since the request: refuse it, and ask again")
)

// maxSecond bounds the mails of one request.
const maxSecond = 20_000

// needsSecond says whether somebody alone may not release so many mails.
func (s *Service) needsSecond(who Actor, mails int) bool {
	return s.Settings.TwoPerson && !who.agreed && mails > 1
}

// askSecond keeps a request, and returns its SecondError.
func (s *Service) askSecond(ctx context.Context, who Actor, r ledger.Request) error {
	if len(r.Holds) > maxSecond {
		return tooMany(len(r.Holds))
	}
	r.Person, r.By, r.Asked = who.Name, who.String(), s.Now().Truncate(time.Second)
	var err error
	if r.ID, err = s.Second.AddRequest(ctx, r); err != nil {
		return err
	}
	return SecondError{r.Name()}
}

func tooMany(mails int) error {
	return UsageError{fmt.Errorf("%d mails are too many for one request: at most %d", mails, maxSecond)}
}

// requestedEnding is an ending in a request.
type requestedEnding struct {
	Incidents []string
	Ending    Ending
	Mail      []int64 // undecided, that its reviewer looked at, in order
}

// Requests returns the releases that wait for a second reviewer, oldest first.
func (s *Service) Requests(ctx context.Context) ([]ledger.Request, error) {
	if s.Second == nil {
		return nil, nil
	}
	return s.Second.Requests(ctx, s.Now().Add(-ledger.RequestFor))
}

// Request returns one of them by its name; none is ErrNothing.
func (s *Service) Request(ctx context.Context, name string) (*ledger.Request, error) {
	id, err := ParseID("R", name)
	if err != nil {
		return nil, UsageError{err}
	}
	list, err := s.Requests(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(r ledger.Request) bool { return r.ID == id })
	if i < 0 {
		return nil, fmt.Errorf("%w: no release called %s waits for a second reviewer", ErrNothing, name)
	}
	return &list[i], nil
}

// Agree does what another reviewer asked for, neither more nor anything else, and returns how much
// mail it releases. Both are named where it is decided.
func (s *Service) Agree(ctx context.Context, who Actor, name string) (int, error) {
	r, err := s.Request(ctx, name)
	if err != nil {
		return 0, err
	}
	if strings.EqualFold(r.Person, who.Name) { // a login to a machine may have capitals
		return 0, ErrSame
	}
	if err := s.mayDecide(); err != nil {
		return 0, err
	}
	do, err := s.prepareRequest(ctx, r)
	if err != nil {
		return 0, err
	}
	ok, err := s.Second.EndRequest(ctx, r.ID, ledger.RequestAgreed, who.String(), r.Reason)
	if err != nil || !ok {
		return 0, errors.Join(err, fmt.Errorf("%w: somebody else saw to %s", ErrNothing, name))
	}
	return do(Actor{Name: r.By, Via: "agreed by " + who.String(), agreed: true})
}

// prepareRequest looks at what a request would do now, and returns what does it.
func (s *Service) prepareRequest(ctx context.Context, r *ledger.Request) (func(Actor) (int, error), error) {
	if r.Ending == "" {
		c, err := s.Choose(ctx, HoldQuery{IDs: names("H", r.Holds)}, ledger.Releasing)
		if err != nil {
			return nil, err
		}
		return func(who Actor) (int, error) {
			done, err := s.Decide(ctx, who, c, ledger.Releasing, r.Reason)
			return len(done), err
		}, nil
	}
	var e requestedEnding
	if err := json.Unmarshal([]byte(r.Ending), &e); err != nil {
		return nil, fmt.Errorf("read request %s: %w", r.Name(), err)
	}
	p, err := s.PreviewEnding(ctx, IncidentQuery{IDs: e.Incidents}, e.Ending)
	if err != nil {
		return nil, err
	}
	// The number alone would not tell mail that took the place of other mail.
	if p.Does.Releasing > r.Mails || slices.ContainsFunc(p.undecided(), func(id int64) bool {
		_, known := slices.BinarySearch(e.Mail, id)
		return !known
	}) {
		return nil, ErrMore
	}
	return func(who Actor) (int, error) {
		out, err := s.End(ctx, who, p)
		n := 0
		for i := range out.endings() {
			n += out.Ended[i].Releasing
		}
		return n, err
	}, nil
}

// endings are the ended incidents, none of a nil outcome.
func (o *Outcome) endings() []EndedIncident {
	if o == nil {
		return nil
	}
	return o.Ended
}

// Disagree refuses a request; who asked may take it back so.
func (s *Service) Disagree(ctx context.Context, who Actor, name, reason string) error {
	r, err := s.Request(ctx, name)
	if err != nil {
		return err
	}
	ok, err := s.Second.EndRequest(ctx, r.ID, ledger.RequestRefused, who.String(), reason)
	if err == nil && !ok {
		err = fmt.Errorf("%w: somebody else saw to %s", ErrNothing, name)
	}
	return err
}

// RequestMail returns the first of the mail that a request would release.
func (s *Service) RequestMail(ctx context.Context, r *ledger.Request, rows int) (*HoldPage, error) {
	f := ledger.HoldFilter{IDs: r.Holds}
	if r.Ending != "" {
		var e requestedEnding
		if err := json.Unmarshal([]byte(r.Ending), &e); err != nil {
			return nil, fmt.Errorf("read request %s: %w", r.Name(), err)
		}
		q := HoldQuery{Incident: e.Incidents[0]}
		var err error
		if f, err = s.holdFilter(&q); err != nil {
			return nil, err
		}
	}
	f.States = ledger.StepRelease.From()
	p := &HoldPage{}
	var err error
	if p.Count, err = s.Store.CountHolds(ctx, f); err != nil {
		return nil, err
	}
	f.Limit = rows
	p.Holds, err = s.Store.Holds(ctx, f)
	return p, err
}

func names(letter string, ids []int64) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = fmt.Sprintf("%s%d", letter, id)
	}
	return out
}
