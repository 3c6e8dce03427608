package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/pgtest"
	"hisseki/ledger"
	"hisseki/replay"
	"hisseki/store"
)

// bookWithin is after what time a node knows of what another one did to incidents.
const bookWithin = 25 * time.Millisecond

// serverNodes are nodes of which each has a store of its own on one PostgreSQL database. What the
// reviewer does goes through the stores too, by turns. The run's memory keeps along, for the names of
// incidents.
type serverNodes struct {
	*nodes
	stores []*store.DB
	memory *replay.Memory
	now    time.Time       // by the mails
	holds  map[int64]int64 // the hold of each record that waits
	last   int64           // hold that was looked at
}

func openServerNodes(ctx context.Context, cfg analyzer.Config, url string, n int) (*serverNodes, error) {
	s := &serverNodes{holds: make(map[int64]int64)}
	var memories []analyzer.Memory
	for range n {
		db, err := store.Open(ctx, url, store.Options{Now: func() time.Time { return s.now }})
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		s.stores, memories = append(s.stores, db), append(memories, unvouched{db})
	}
	s.nodes = newNodes(cfg, memories...)
	s.nodes.apart = true
	return s, nil
}

func (s *serverNodes) close() error {
	var errs []error
	for _, db := range s.stores {
		errs = append(errs, db.Close())
	}
	return errors.Join(errs...)
}

// unvouched is a store of mail for which nobody vouches who lets it go: this reviewer is a clock, as for the
// run's own memory. What a person lets go is known at once.
type unvouched struct{ *store.DB }

// Begin implements analyzer.Writer.
func (u unvouched) Begin(ctx context.Context, r *analyzer.Record) analyzer.Pending {
	kept := *r
	kept.Observation.Held = false
	return u.DB.Begin(ctx, &kept)
}

// at is the store of the node whose turn it is, when the clock says so.
func (s *serverNodes) at(now time.Time) *store.DB {
	s.now = now
	return s.stores[s.turn%len(s.stores)]
}

// Judge implements replay.Judge.
func (s *serverNodes) Judge(ctx context.Context, m *analyzer.Mail, cond analyzer.Conditions) (*analyzer.Record, error) {
	db := s.at(m.Time)
	r, err := s.nodes.Judge(ctx, m, cond)
	if err != nil {
		return nil, err
	}
	kept, err := s.memory.Begin(ctx, r)()
	if err != nil || kept.ID != r.ID {
		return nil, fmt.Errorf("record %d of the server is the run's %d: %w", r.ID, kept.ID, err)
	}
	if r.Verdict.Action == analyzer.Pass {
		return r, nil
	}
	list, err := db.Holds(ctx, ledger.HoldFilter{After: s.last})
	if err != nil {
		return nil, err
	}
	for i := range list {
		s.holds[list[i].Record.ID], s.last = list[i].ID, max(s.last, list[i].ID)
	}
	time.Sleep(bookWithin) // mails follow sooner here than they came
	return r, nil
}

// Released implements replay.Reviewed.
func (s *serverNodes) Released(ctx context.Context, record int64, at time.Time) error {
	db := s.at(at)
	hold := s.holds[record]
	defer delete(s.holds, record)
	list, err := db.DecideHolds(ctx, []int64{hold}, ledger.Decision{To: ledger.Releasing, By: "reviewer"})
	if err != nil || len(list) != 1 {
		return fmt.Errorf("release hold %d of record %d: %d, %w", hold, record, len(list), err)
	}
	if err := db.Finish(ctx, hold); err != nil {
		return err
	}
	of, err := db.Holds(ctx, ledger.HoldFilter{IDs: list})
	if err != nil {
		return err
	}
	open, err := db.Incidents(ctx, of[0].Record.Envelope.Sender, ledger.IncidentOpen)
	for i := range open {
		_, _, e := db.EndIncident(ctx, open[i].ID, ledger.Ending{To: ledger.IncidentDismissed, By: "reviewer", Keep: true})
		err = errors.Join(err, e)
	}
	time.Sleep(bookWithin)
	return err
}

// DelayEnded implements replay.Reviewed.
func (s *serverNodes) DelayEnded(ctx context.Context, record int64, at time.Time) error {
	db, hold := s.at(at), s.holds[record]
	delete(s.holds, record)
	if _, err := db.EndDelay(ctx, hold); err != nil {
		return err
	}
	return db.Finish(ctx, hold)
}

// Confirmed implements replay.Reviewed. An incident that is over already is opened again for it: the
// reviewer hears late of some.
func (s *serverNodes) Confirmed(ctx context.Context, sender string, at time.Time) error {
	db := s.at(at)
	list, err := db.Incidents(ctx, sender)
	if err != nil || len(list) == 0 {
		return err
	}
	last := list[len(list)-1]
	e := ledger.Ending{To: ledger.IncidentConfirmed, By: "reviewer"}
	if last.State != ledger.IncidentOpen {
		e.Since = at.Add(-24 * time.Hour)
		if _, _, err := db.ReopenIncident(ctx, last.ID, "reviewer", ""); err != nil {
			return err
		}
	}
	_, _, err = db.EndIncident(ctx, last.ID, e)
	time.Sleep(bookWithin)
	return err
}

// onServer replays a scenario through stores on a database of its own.
func onServer(ctx context.Context, pg *pgtest.Cluster, s *scenario, set setting) (got score, err error) {
	url, err := pg.Database("")
	if err != nil {
		return got, err
	}
	judge, err := openServerNodes(ctx, set.config(), url, set.nodes)
	if err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, judge.close()) }()
	o := newOutcome()
	if _, err := replay.Run(ctx, replay.Options{
		Source: &source{rest: slices.Clone(s.acts)}, Config: set.config(), NoClient: set.noClient, Report: o.add,
		New: func(m *replay.Memory) replay.Judge { judge.memory = m; return judge },
	}); err != nil {
		return got, fmt.Errorf("replay scenario %s on PostgreSQL: %w", s.name, err)
	}
	return s.score(o)
}

// serverSection has each scenario judged by one node and by three in turn, whose stores are on one
// PostgreSQL: as shipped, and without clients' addresses.
func (e *evaluation) serverSection(ctx context.Context) (sec section, err error) {
	sec = newSection("The same with three stores on one PostgreSQL, as shipped", "organisation", "nodes")
	pg, err := pgtest.Start(pgtest.Fast...)
	if errors.Is(err, pgtest.ErrMissing) {
		sec.title += ": NOT MEASURED, " + err.Error()
		return sec, nil
	}
	if err != nil {
		return sec, err
	}
	defer func() { err = errors.Join(err, pg.Close()) }()
	settings := []setting{asShipped, noClient}
	if err := e.measure(ctx, runs(e.all(), settings...)...); err != nil {
		return sec, err
	}
	several := make([][]score, len(settings)) // by setting and scenario
	errs := make([]error, len(settings))
	var wg sync.WaitGroup // they mostly wait: for syncs, and for what a node is to know
	for n, set := range settings {
		wg.Go(func() {
			for _, s := range e.scenarios {
				got, err := onServer(ctx, pg, s, set.over(severalNodes))
				if err != nil {
					errs[n] = err
					return
				}
				several[n] = append(several[n], got)
			}
		})
	}
	if wg.Wait(); errors.Join(errs...) != nil {
		return sec, errors.Join(errs...)
	}
	for n, set := range settings {
		suffix := ""
		if set.noClient {
			suffix = ", no client addresses"
		}
		var one []score
		for i, s := range e.scenarios {
			one = append(one, e.scores[run{i, set}])
			sec.add(one[i], s.name+suffix, "1, in memory")
			sec.add(several[n][i], s.name+suffix, "3, PostgreSQL")
		}
		sec.add(pool(one...), "pooled"+suffix, "1, in memory")
		sec.add(pool(several[n]...), "pooled"+suffix, "3, PostgreSQL")
	}
	return sec, nil
}
