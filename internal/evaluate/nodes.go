package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"hisseki/analyzer"
	"hisseki/replay"
)

const (
	// severalNodes is how many hosts a balancer gives the mail to in the table of nodes.
	severalNodes = 3
	// heardAfter is how much later a node hears of another one's mail, by the mails' time: the bound
	// that docs/cluster.md gives.
	heardAfter = 300 * time.Millisecond
	// taughtAfter is how often a node folds in what others learned, as serve does.
	taughtAfter = time.Second
)

// nodes judge in turn, mail by mail. Each has a cache of its own over one memory, as hosts that share
// a database, and hears of the others' mail a moment later.
type nodes struct {
	list    []*analyzer.Analyzer
	turn    int
	unheard []spoken  // by time
	apart   bool      // each has a store of its own: they wait for their syncs at the same time
	taught  time.Time // when all last folded in what others learned
}

// spoken is a record that the other nodes have not heard of.
type spoken struct {
	by int
	analyzer.Elsewhere
}

func newNodes(cfg analyzer.Config, memories ...analyzer.Memory) *nodes {
	all := &nodes{}
	for _, m := range memories {
		all.list = append(all.list, analyzer.New(cfg, m))
	}
	return all
}

// Judge implements replay.Judge: the node whose turn it is judges.
func (n *nodes) Judge(ctx context.Context, m *analyzer.Mail, cond analyzer.Conditions) (*analyzer.Record, error) {
	n.hear(m.Time.Add(-heardAfter))
	if m.Time.Sub(n.taught) >= taughtAfter {
		if err := n.Apply(ctx); err != nil {
			return nil, err
		}
		n.taught = m.Time
	}
	at := n.turn % len(n.list)
	n.turn++
	r, err := n.list[at].Judge(ctx, m, cond)
	if err != nil {
		return nil, err
	}
	n.unheard = append(n.unheard, spoken{at, analyzer.Elsewhere{Sender: r.Envelope.Sender,
		Recent: analyzer.Recent{ID: r.ID, Action: r.Verdict.Action, Would: r.Verdict.Would,
			Points: r.Verdict.Points, Sum: r.Verdict.Sum, Observation: r.Observation}}})
	return r, nil
}

// hear tells all nodes of the others' records until a time.
func (n *nodes) hear(until time.Time) {
	for len(n.unheard) > 0 && !n.unheard[0].Observation.At.After(until) {
		for i, a := range n.list {
			if i != n.unheard[0].by {
				a.Heard([]analyzer.Elsewhere{n.unheard[0].Elsewhere})
			}
		}
		n.unheard = n.unheard[1:]
	}
}

// Apply implements replay.Judge: every node folds in what the reviewer and the others taught.
func (n *nodes) Apply(ctx context.Context) error {
	if !n.apart {
		for _, a := range n.list {
			if err := a.Apply(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	var all sync.WaitGroup
	errs := make([]error, len(n.list))
	for i, a := range n.list {
		all.Go(func() { errs[i] = a.Apply(ctx) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// judge returns what makes a setting's judge, nil for the analyzer alone.
func (set setting) judge() func(*replay.Memory) replay.Judge {
	if set.nodes < 2 {
		return nil
	}
	return func(m *replay.Memory) replay.Judge {
		return newNodes(set.config(), slices.Repeat([]analyzer.Memory{m}, set.nodes)...)
	}
}

// over returns a setting whose mail a balancer spreads over so many nodes.
func (set setting) over(nodes int) setting {
	set.nodes = nodes
	return set
}

// nodesSection has each scenario judged by one node and by three in turn.
func (e *evaluation) nodesSection(ctx context.Context) (section, error) {
	s := newSection("Balanced mail by mail over three nodes that share a memory, as shipped", "organisation", "nodes")
	settings := []setting{asShipped, asShipped.over(severalNodes), noClient, noClient.over(severalNodes)}
	if err := e.measure(ctx, runs(e.all(), settings...)...); err != nil {
		return s, err
	}
	for pair := range slices.Chunk(settings, 2) {
		suffix := ""
		if pair[0].noClient {
			suffix = ", no client addresses"
		}
		row := func(sc func(setting) score, name string) {
			for _, set := range pair {
				s.add(sc(set), name+suffix, fmt.Sprint(max(1, set.nodes)))
			}
		}
		for i := range e.scenarios {
			row(func(set setting) score { return e.scores[run{i, set}] }, e.scenarios[i].name)
		}
		row(func(set setting) score { return e.pooled(e.all(), set) }, "pooled")
	}
	return s, nil
}
