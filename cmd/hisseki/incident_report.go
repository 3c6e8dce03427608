package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/report"
	"hisseki/store"
)

func newIncidentReport() *cobra.Command {
	var format, lang, output string
	var alone bool
	cmd := &cobra.Command{
		Use:   "report ID",
		Short: "Say who got what, how it was noticed, what to block and what to do next",
		Long: `Prints the scope of an incident and of all incidents of its case that were not dismissed.

  text       to read in a terminal
  html       one page without scripts or outside parts, to print and to pass on
  json       everything, one object
  csv        one line per mail and recipient; with --lang ja spreadsheets read it as UTF-8
  csv-block  links, sites, client addresses and files to block, as they are
  stix       the same as a STIX 2.1 bundle

Links that people read are defanged: hxxp for http, [.] for a dot. Times are in the machine's
zone (TZ). What happened to each mail is known as far as the MTA's log told of it.`,
		Args: func(_ *cobra.Command, ids []string) error {
			if len(ids) != 1 {
				return usageError{errors.New("report needs one id: see hisseki incident list")}
			}
			return nil
		},
		ValidArgsFunction: incidentCompletion(),
		RunE: func(cmd *cobra.Command, ids []string) error {
			id, err := parseIncidentID(ids[0])
			if err == nil {
				err = checkReport(format, lang)
			}
			if err != nil {
				return usageError{err}
			}
			return withStore(cmd, func(_ config.Config, db *store.DB) error {
				scope, err := caseScope(cmd, db, id, alone)
				if err != nil {
					return err
				}
				if err := noteRead(cmd, db, scope, "report, "+format); err != nil {
					return err
				}
				return writeReport(cmd, scope, report.Format(format), report.Lang(lang), output)
			})
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&format, "format", "text", "`FORMAT`: "+reportFormats())
	fl.StringVar(&lang, "lang", "en", "`LANGUAGE` of text and html: en or ja")
	fl.StringVarP(&output, "output", "o", "", "write to this `FILE`, readable by its owner only")
	fl.BoolVar(&alone, "alone", false, "only this incident, not its case")
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(
		strings.Split(reportFormats(), ", "), cobra.ShellCompDirectiveNoFileComp)))
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("lang", cobra.FixedCompletions(
		[]string{"en", "ja"}, cobra.ShellCompDirectiveNoFileComp)))
	return cmd
}

func reportFormats() string {
	names := make([]string, len(report.Formats))
	for i, f := range report.Formats {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

func checkReport(format, lang string) error {
	if !slices.Contains(report.Formats, report.Format(format)) {
		return fmt.Errorf("--format %q is not one of: %s", format, reportFormats())
	}
	if l := report.Lang(lang); l != report.English && l != report.Japanese {
		return fmt.Errorf("--lang %q is neither en nor ja", lang)
	}
	return nil
}

// caseScope reads the scope of an incident and, unless alone, of its case.
func caseScope(cmd *cobra.Command, db *store.DB, id int64, alone bool) (*ledger.Scope, error) {
	list, err := db.FindIncidents(cmd.Context(), ledger.IncidentFilter{IDs: []int64{id}})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errNothing
	}
	ids := []int64{id}
	if !alone {
		mates, err := db.FindIncidents(cmd.Context(), ledger.IncidentFilter{Case: list[0].Case})
		if err != nil {
			return nil, err
		}
		for i := range mates {
			if mates[i].ID != id && mates[i].State != ledger.IncidentDismissed {
				ids = append(ids, mates[i].ID)
			}
		}
	}
	return db.Scope(cmd.Context(), ids...)
}

func writeReport(cmd *cobra.Command, s *ledger.Scope, f report.Format, lang report.Lang,
	output string) error {
	var b bytes.Buffer
	opt := report.Options{Lang: lang, Zone: time.Local}
	if err := report.Write(&b, report.New(s), f, opt); err != nil {
		return err
	}
	if output == "" {
		_, err := b.WriteTo(cmd.OutOrStdout())
		return err
	}
	if err := os.WriteFile(output, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "report written to %s\n", output)
	return err
}
