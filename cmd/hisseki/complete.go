package main

import (
	"strings"

	"github.com/spf13/cobra"

	"hisseki/ledger"
	"hisseki/review"
)

// maxCompletions is how much a shell is offered at once.
const maxCompletions = 500

// completeFlag offers fixed words, "a, b", for a flag.
func completeFlag(cmd *cobra.Command, flag, words string) {
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(
		strings.Split(words, ", "), cobra.ShellCompDirectiveNoFileComp)))
}

// completeAccounts offers known accounts for a flag.
func completeAccounts(cmd *cobra.Command, flag string) {
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc(flag, accounts))
}

// accounts offers known accounts to the shell.
func accounts(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	return completion(cmd, func(s *review.Service) ([]string, error) {
		return s.Accounts(cmd.Context(), begun, maxCompletions)
	})
}

// completeHolds offers the ids of mail that is still in the queue.
func completeHolds(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	return completion(cmd, func(s *review.Service) (list []string, err error) {
		holds, err := s.Holds(cmd.Context(), review.HoldQuery{})
		for i := range holds[:min(len(holds), maxCompletions)] {
			list = append(list, holds[i].Name()+"\t"+safe(holds[i].Record.Envelope.Sender, 100))
		}
		return list, err
	})
}

// completeIncidents offers the ids of incidents in some states, none is all.
func completeIncidents(states ...ledger.IncidentState) cobra.CompletionFunc {
	var q review.IncidentQuery
	for _, s := range states {
		q.States = append(q.States, string(s))
	}
	if len(states) == 0 {
		q.States = strings.Split(review.Names(review.IncidentStates), ", ")
	}
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return completion(cmd, func(s *review.Service) (list []string, err error) {
			found, err := s.Incidents(cmd.Context(), q)
			for i := range found[:min(len(found), maxCompletions)] {
				list = append(list, found[i].Name()+"\t"+safe(found[i].Sender, 100))
			}
			return list, err
		})
	}
}

// completion offers what a query finds; an error offers nothing.
func completion(cmd *cobra.Command, find func(*review.Service) ([]string, error)) (
	[]string, cobra.ShellCompDirective) {
	var list []string
	err := withReview(cmd, func(s *review.Service) (err error) {
		list, err = find(s)
		return err
	})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}
