package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/metrics"
	"hisseki/milter"
)

// watch is what serve shows of itself.
type watch struct {
	metrics *metrics.Metrics
	counted *milter.Counters
	budget  atomic.Pointer[config.Budget]
	signs   signs
	serving atomic.Bool
	db      ServeStore
	others  atomic.Pointer[metrics.Others]
}

func newWatch(version string) *watch {
	w := &watch{counted: &milter.Counters{}}
	w.metrics = metrics.New(version, metrics.Sources{
		Milter: w.milter, Store: w.store, Others: w.known, Allowed: func() metrics.Shares {
			b := w.budget.Load()
			return metrics.Shares{Holds: float64(b.FalseHolds), Delays: float64(b.Delays)}
		},
	})
	return w
}

// heard notes a look for other hosts' mail that found so many. It is hearOthers' alone.
func (w *watch) heard(mails int) {
	w.others.Store(&metrics.Others{Looked: time.Now(), Heard: w.known().Heard + int64(mails)})
}

// known is how well this host knows what others record.
func (w *watch) known() metrics.Others {
	if o := w.others.Load(); o != nil {
		return *o
	}
	return metrics.Others{}
}

// verdict counts a judged mail.
func (w *watch) verdict(r *analyzer.Record, took time.Duration) {
	signals := make([]string, len(r.Verdict.Evidence))
	for i := range r.Verdict.Evidence {
		signals[i] = string(r.Verdict.Evidence[i].Signal)
	}
	w.metrics.Verdict(string(r.Verdict.Action), string(r.Verdict.Would),
		string(r.Envelope.Class), signals, took)
}

func (w *watch) milter() metrics.Milter {
	c := w.counted
	return metrics.Milter{
		Open: c.Open.Load(), InFlight: c.InFlight.Load(), Accepted: c.Accepted.Load(),
		Refused: c.Refused.Load(), Evicted: c.Evicted.Load(), Cut: c.Cut.Load(), Broken: c.Broken.Load(), Bugs: c.Bugs.Load(),
		Aborted: c.Aborted.Load(), OverBudget: c.OverBudget.Load(), TimedOut: c.TimedOut.Load(),
		Failed: c.Failed.Load(),
	}
}

// askTime bounds a question to the store that nobody's mail waits for.
const askTime = 5 * time.Second

func (w *watch) store() metrics.Store {
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	standing, err := w.db.Standing(ctx)
	if err != nil {
		return metrics.Store{}
	}
	seen, err := w.db.AgentSeen(ctx)
	if err != nil {
		return metrics.Store{}
	}
	s := metrics.Store{OK: true, Holds: map[string]int{}, AgentAge: -1, Bytes: standing.Bytes,
		Incidents: standing.Incidents[ledger.IncidentOpen], LogBytes: standing.LogBytes}
	for _, state := range ledger.InQueue {
		s.Holds[string(state)] = 0
	}
	for state, n := range standing.Holds {
		s.Holds[string(state)] = n
	}
	if !seen.IsZero() {
		s.AgentAge = max(time.Since(seen), 0)
	}
	return s
}

func (w *watch) ready() error {
	if !w.serving.Load() {
		return errors.New("the milter does not take connections")
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	if _, err := w.db.AgentSeen(ctx); err != nil {
		return err
	}
	return w.healthy()
}

// show serves the metrics where the settings say, if they do. stop ends that.
func (d *Serve) show(at config.Address) (stop func(context.Context) error, err error) {
	if at.Network == "" {
		return func(context.Context) error { return nil }, nil
	}
	ln, err := net.Listen(at.Network, at.Name)
	if err != nil {
		return nil, fmt.Errorf("listen for metrics: %w", err)
	}
	srv := metrics.NewServer(d.watch.metrics, d.watch.healthy, d.watch.ready, d.Log)
	go srv.Serve(ln)
	d.Log.Info("metrics are served", "listen", ln.Addr().String())
	return srv.Shutdown, nil
}
