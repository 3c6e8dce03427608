package milter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/term"
)

// Judge judges a mail. When it returns without error the record is durable. It may be
// called from many goroutines, owns m from then on, and should give up when ctx ends:
// what it says later is not heard.
type Judge interface {
	Judge(ctx context.Context, m *analyzer.Mail) (analyzer.Verdict, error)
}

// errOverBudget is why a mail was not judged.
var errOverBudget = errors.New("too many bytes in flight")

type outcome struct {
	verdict analyzer.Verdict
	err     error
}

// judge runs one judgement within its budget. ended is called when the judgement really ends: the
// mail's room is not given back before, so that judges that hang cannot pile up.
func (s *Server) judge(cfg *Config, m *analyzer.Mail, who string, ended func()) (analyzer.Verdict, error) {
	wait, enough := context.WithTimeout(context.Background(), turnTime)
	defer enough()
	give, err := s.turn(wait, who, len(m.Source.Body))
	if err != nil {
		ended()
		return analyzer.Verdict{}, err
	}
	defer give() // also when the judgement hangs
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), turnKey{},
		turn{give, s.turns.slow(who)}), cfg.Budget)
	defer cancel()
	result := make(chan outcome, 1)
	var decided atomic.Bool // by the verdict or by the clock, whichever comes first
	s.wg.Add(1)
	s.count.begin()
	go func() {
		defer s.wg.Done()
		defer s.count.end()
		defer ended()
		v, err := s.ask(ctx, cfg, m)
		if !decided.CompareAndSwap(false, true) {
			s.count.Late.Add(1)
			return
		}
		result <- outcome{v, err}
	}()
	select {
	case o := <-result:
		return o.verdict, o.err
	case <-ctx.Done():
	}
	if decided.CompareAndSwap(false, true) {
		return analyzer.Verdict{}, ctx.Err()
	}
	o := <-result
	return o.verdict, o.err
}

// turn waits until a mail of an account or client, with so many bytes, may be read, and returns what
// says that it was.
func (s *Server) turn(ctx context.Context, who string, bytes int) (read func(), err error) {
	leave := func() {}
	give, err := s.turns.take(ctx, who, func() (err error) {
		if s.lane.long(who, bytes) {
			leave, err = s.lane.take(ctx, who)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	return sync.OnceFunc(func() {
		s.lane.took(who, bytes, time.Since(begun))
		leave()
		give()
	}), nil
}

// ask calls the judge and turns a panic into an error.
func (s *Server) ask(ctx context.Context, cfg *Config, m *analyzer.Mail) (
	v analyzer.Verdict, err error) {
	defer func() {
		if r := recover(); r != nil {
			s.bug("judge", r)
			v, err = analyzer.Verdict{}, fmt.Errorf("internal error: %v", r)
		}
	}()
	v, err = cfg.Judge.Judge(ctx, m)
	if err == nil && v.Action != analyzer.Pass && v.Action != analyzer.Delay &&
		v.Action != analyzer.Hold {
		err = fmt.Errorf("verdict without an action: %q", v.Action)
	}
	return v, err
}

// bug logs and counts a panic.
func (s *Server) bug(stage string, panicked any) {
	s.count.Bugs.Add(1)
	s.cfg.Load().Log.Error("internal error", "stage", stage,
		"error", logValue(fmt.Sprint(panicked)), "stack", string(debug.Stack()))
}

// label is what logs say of a mail.
type label struct {
	queueID, sender string
	recipients      int
}

// failed counts and logs a mail that gets the failure action.
func (s *Server) failed(cfg *Config, l label, err error) {
	switch {
	case errors.Is(err, errOverBudget):
		s.count.OverBudget.Add(1)
	case errors.Is(err, context.DeadlineExceeded):
		s.count.TimedOut.Add(1)
		err = fmt.Errorf("no verdict within %s: %w", cfg.Budget, err)
	default:
		s.count.Failed.Add(1)
	}
	cfg.Log.Error("mail not judged", "queue_id", logValue(l.queueID),
		"sender", logValue(l.sender), "action", cfg.OnFailure, "recipients", l.recipients,
		"error", logValue(err.Error()))
}

// judged counts and logs a mail with a verdict.
func (s *Server) judged(cfg *Config, l label, v *analyzer.Verdict) {
	level := slog.LevelInfo
	if v.Would != analyzer.Pass {
		level = slog.LevelWarn
	}
	switch v.Action {
	case analyzer.Hold:
		s.count.Held.Add(1)
	case analyzer.Delay:
		s.count.Delayed.Add(1)
	default:
		s.count.Passed.Add(1)
	}
	cfg.Log.Log(context.Background(), level, "verdict", "queue_id", logValue(l.queueID),
		"sender", logValue(l.sender), "action", v.Action, "would", v.Would,
		"points", v.Points, "signals", signals(v), "recipients", l.recipients)
}

// signals names what fired, heaviest first.
func signals(v *analyzer.Verdict) string {
	names := make([]string, len(v.Evidence))
	for i := range v.Evidence {
		names[i] = string(v.Evidence[i].Signal)
	}
	return strings.Join(names, " ")
}

// reason is what Postfix 3.10 and later log beside a quarantined mail's queue id.
func reason(v *analyzer.Verdict) string {
	points := v.Points
	if math.IsNaN(points) || math.IsInf(points, 0) {
		points = 0
	}
	return fmt.Sprintf("hisseki %s %.0f", v.Action, points)
}

// logValue keeps hostile text from forging or flooding log lines.
func logValue(v string) string { return term.Safe(v, 200) }
