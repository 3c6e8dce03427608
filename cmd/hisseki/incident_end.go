package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/store"
)

// ending is confirm or dismiss.
type ending struct {
	to                ledger.IncidentState
	verb, done        string // of the incident
	acts, acted       string // on its mail
	flags             incidentFlags
	since             string
	keep, block       bool
	dryRun, yes, json bool
	reason            string
}

func (e *ending) command(short, long string) *cobra.Command {
	cmd := &cobra.Command{
		Use:               e.verb + " [ID...]",
		Short:             short,
		Long:              long,
		ValidArgsFunction: incidentCompletion(ledger.IncidentOpen),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if err := needIncidents(e.verb, ids, &e.flags); err != nil {
				return err
			}
			return withStore(cmd, func(_ config.Config, db *store.DB) error {
				return e.run(cmd, db, ids)
			})
		},
	}
	e.flags.add(cmd)
	fl := cmd.Flags()
	fl.BoolVar(&e.keep, "keep", false, "leave the mail on hold where it is, do not "+e.acts+" it")
	fl.BoolVarP(&e.dryRun, "dry-run", "n", false, "only show what would be done")
	fl.BoolVarP(&e.yes, "yes", "y", false, "do not ask")
	addReason(cmd, &e.reason)
	addJSON(cmd, &e.json)
	return cmd
}

func (e *ending) run(cmd *cobra.Command, db *store.DB, ids []string) error {
	since, err := parseTime("--since", e.since, time.Now())
	if err != nil {
		return usageError{err}
	}
	filter, err := e.flags.filter(ids)
	if err != nil {
		return err
	}
	list, err := db.FindIncidents(cmd.Context(), filter)
	if err != nil {
		return err
	}
	found := len(list)
	list = slices.DeleteFunc(list, func(i ledger.Incident) bool {
		return i.State != ledger.IncidentOpen
	})
	if len(list) == 0 {
		if found > 0 {
			return fmt.Errorf("%w that is open: take an end back with hisseki incident reopen",
				errNothing)
		}
		return errNothing
	}
	waiting, all, err := e.mail(cmd, db, list)
	if err != nil {
		return err
	}
	what := e.says(list, waiting, since)
	if done, err := e.ask(cmd, list, waiting, what); done || err != nil {
		return err
	}
	if err := e.carryOut(cmd, db, list, since); err != nil {
		return err
	}
	if err := e.links(cmd, db, list, all); err != nil {
		return err
	}
	if len(ids) > found || len(list) < found {
		return errPartly
	}
	return nil
}

// mail returns the kept mail that the ending decides, and all mail of the incidents.
func (e *ending) mail(cmd *cobra.Command, db *store.DB, list []ledger.Incident) (
	waiting, all []ledger.Hold, err error) {
	for i := range list {
		holds, err := db.Holds(cmd.Context(), ledger.HoldFilter{Incident: list[i].ID})
		if err != nil {
			return nil, nil, err
		}
		all = append(all, holds...)
	}
	for i := range all {
		s := all[i].State
		if s == ledger.Held || s == ledger.Delayed || s == ledger.Recalling {
			waiting = append(waiting, all[i])
		}
	}
	return waiting, all, nil
}

// says is the ending in words, with counts and senders.
func (e *ending) says(list []ledger.Incident, waiting []ledger.Hold, since time.Time) string {
	names := make([]string, len(list))
	for i := range list {
		names[i] = list[i].Name()
	}
	what := fmt.Sprintf("%s %s", e.verb, strings.Join(names, ", "))
	if len(waiting) > 0 {
		acts := e.acts
		if e.keep {
			acts = "keep"
		}
		what += fmt.Sprintf(": %s %s %s", acts, counted(len(waiting), "mail"), senders(waiting))
	}
	if !since.IsZero() {
		what += ", unlearn mail since " + stamp(since)
	}
	return what
}

// ask shows what would be done and asks; done says that there is nothing more to do.
func (e *ending) ask(cmd *cobra.Command, list []ledger.Incident, waiting []ledger.Hold,
	what string) (done bool, err error) {
	switch {
	case e.json && e.dryRun:
		return true, writeIncidents(cmd.OutOrStdout(), list)
	case !e.json && len(waiting) > 0:
		if err := holdTable(cmd.OutOrStdout(), waiting); err != nil {
			return true, err
		}
	}
	if e.dryRun {
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "would %s\n", what)
		return true, err
	}
	if !e.yes {
		return false, confirm(cmd, what)
	}
	return false, nil
}

func (e *ending) carryOut(cmd *cobra.Command, db *store.DB, list []ledger.Incident,
	since time.Time) error {
	ctx, w := cmd.Context(), cmd.OutOrStdout()
	var ended []int64
	for i := range list {
		did, ok, err := db.EndIncident(ctx, list[i].ID, ledger.Ending{To: e.to, By: actor(),
			Reason: e.reason, Since: since, Keep: e.keep})
		if err != nil {
			return err
		}
		if !ok {
			continue // somebody was faster
		}
		ended = append(ended, list[i].ID)
		if e.json {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s %s: %s will be %s, %s unlearned, %s learned again\n",
			list[i].Name(), e.done, counted(did.Discarding+did.Releasing, "mail"), e.acted,
			counted(did.Unlearned, "mail"), counted(did.Learned, "mail")); err != nil {
			return err
		}
	}
	warnAgent(ctx, cmd.ErrOrStderr(), db)
	if len(ended) == 0 {
		return errNothing
	}
	if e.json {
		now, err := db.FindIncidents(ctx, ledger.IncidentFilter{IDs: ended})
		if err != nil {
			return err
		}
		return writeIncidents(w, now)
	}
	_, err := fmt.Fprintf(w, "to take it back: hisseki incident reopen %s\n", list[0].Name())
	return err
}

// links blocks the incident's links, or says how.
func (e *ending) links(cmd *cobra.Command, db *store.DB, list []ledger.Incident,
	holds []ledger.Hold) error {
	if e.to != ledger.IncidentConfirmed {
		return nil
	}
	found := lures(holds)
	reason := "incident " + list[0].Name()
	if !e.block {
		if e.json || len(found) == 0 {
			return nil
		}
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "\nlinks that nobody knew; to hold mail with them"+
			" from anybody (or confirm with --block):\n")
		for _, l := range found {
			if err == nil {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "  hisseki url block %s --reason %s\n",
					shellQuote(l), shellQuote(reason))
			}
		}
		return err
	}
	var errs []error
	for _, l := range found {
		subject, err := urlSubject(l)
		if err == nil {
			err = db.SetOverride(cmd.Context(), subject, analyzer.Override{Action: analyzer.Hold,
				By: actor(), Reason: reason})
		}
		if err == nil && !e.json {
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "blocked %s\n", safe(l, 200))
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return errors.Join(err, errPartly)
	}
	return nil
}

// shellQuote makes one word of text that a person may copy into a shell.
func shellQuote(text string) string {
	text = safe(text, 300)
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"+
			"@%+=:,./-_", r)
	}) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
