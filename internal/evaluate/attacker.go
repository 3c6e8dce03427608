package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"hisseki/drill"
	"hisseki/replay"
)

// victims is how many accounts of each organisation are stolen for each recipe.
const victims = 8

// A victim has habits that a thief can hide in: so many mails, the last one lately.
const (
	victimMails = 50
	victimLast  = 30 * 24 * time.Hour
)

// closedAfter is how long after the first hold the account is closed, by whoever was told.
const closedAfter = 2 * time.Hour

// stolen is an organisation at the end of its mail, ready for thefts.
type stolen struct {
	past     *replay.Memory
	accounts []*drill.Account
	newest   time.Time
}

// learn replays a scenario and chooses its victims, spread evenly from the busiest on.
func (s *scenario) learn(ctx context.Context, set setting) (*stolen, error) {
	src := &source{rest: s.acts}
	var all drill.Accounts
	memory, err := replay.Run(ctx, replay.Options{Source: src, Config: set.config(), NoClient: set.noClient,
		Report: func(e *replay.Event) error {
			if e.Kind == "verdict" && e.Record.Learn {
				all.Note(e.Record, src.mail)
			} else if e.Kind == "released" {
				all.Note(e.Record, nil)
			}
			all.See(e.Time)
			return nil
		}})
	if err != nil {
		return nil, fmt.Errorf("replay scenario %s: %w", s.name, err)
	}
	able := slices.DeleteFunc(all.Busiest(), func(a *drill.Account) bool {
		return all.Mails(a) < victimMails || all.Newest.Sub(a.Last) > victimLast || !a.CanImitate()
	})
	st := &stolen{past: memory, newest: all.Newest}
	for i := range min(victims, len(able)) {
		st.accounts = append(st.accounts, able[i*len(able)/min(victims, len(able))])
	}
	return st, nil
}

// theft names one row of the table.
type theft struct {
	recipe   string
	attacker drill.Attacker
}

// attack plays every recipe by every attacker.
func (st *stolen) attack(ctx context.Context, set setting, recipes []drill.Recipe, take func(theft, *drill.Result)) error {
	for _, attacker := range drill.Attackers {
		d := drill.New(drill.Options{Past: st.past, Config: set.config(), Newest: st.newest, Now: st.newest,
			Seed: 1, Attacker: attacker, NoClient: set.noClient, Closed: closedAfter})
		for _, r := range recipes {
			for _, a := range st.accounts {
				res, err := d.Run(ctx, a, r)
				if drill.Impossible(err) {
					continue
				}
				if err != nil {
					return err
				}
				take(theft{r.Name, attacker}, res)
			}
		}
	}
	return nil
}

func (e *evaluation) attackerTable(ctx context.Context) (section, error) {
	return e.attackerSection(ctx, asShipped, e.recipes)
}

// attackerSection has what becomes of each kind of theft by each attacker.
func (e *evaluation) attackerSection(ctx context.Context, set setting, recipes []drill.Recipe) (section, error) {
	results := make(map[theft][]*drill.Result)
	var mu sync.Mutex
	err := e.each(ctx, func(ctx context.Context, s *scenario) error {
		st, err := s.learn(ctx, set)
		if err != nil {
			return err
		}
		return st.attack(ctx, set, recipes, func(t theft, r *drill.Result) {
			mu.Lock()
			defer mu.Unlock()
			results[t] = append(results[t], r)
		})
	})
	header := table.Row{"what is sent"}
	for _, h := range drill.Attackers {
		header = append(header, string(h)+": contained, escaped, people reached")
	}
	sec := newTable("Attacker: contained, escaped mails (median / p90), people reached (median / most)", header)
	for _, r := range recipes {
		row := table.Row{r.Name}
		for _, h := range drill.Attackers {
			row = append(row, brief(results[theft{r.Name, h}]))
		}
		sec.rows.AppendRow(row)
	}
	return sec, err
}

func brief(list []*drill.Result) string {
	if len(list) == 0 {
		return "-"
	}
	contained := 0
	var escaped, reached []int
	for _, r := range list {
		if r.Contained() {
			contained++
		}
		escaped, reached = append(escaped, r.Escaped), append(reached, r.Reached)
	}
	slices.Sort(escaped)
	slices.Sort(reached)
	n := len(list)
	return fmt.Sprintf("%d/%d (%d/%d) %d/%d", contained, n, escaped[n/2], escaped[n*9/10], reached[n/2], reached[n-1])
}

// each does something with every scenario, a few at once.
func (e *evaluation) each(ctx context.Context, do func(context.Context, *scenario) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for _, s := range e.scenarios {
		wait.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			if err := do(ctx, s); err != nil {
				cancel(err)
			}
		})
	}
	wait.Wait()
	return context.Cause(ctx)
}
