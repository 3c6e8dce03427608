package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/internal/private"
	"hisseki/internal/words"
	"hisseki/report"
	"hisseki/review"
)

// reportFlags say how a report is printed, and where.
type reportFlags struct {
	format, output string
	lang           words.Lang
	alone, json    bool
}

func newIncidentReport() *cobra.Command {
	var f reportFlags
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
		Args:              oneArg("id: see hisseki incident list"),
		ValidArgsFunction: completeIncidents(),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if f.json {
				f.format = string(report.JSON)
			}
			if err := f.check(); err != nil {
				return usageError{err}
			}
			f.lang = words.Lang(inWords(cmd).Lang())
			return withReview(cmd, func(s *review.Service) error {
				r, err := s.Report(cmd.Context(), actor(), ids[0], f.alone, "report, "+f.format)
				if err != nil {
					return err
				}
				return f.write(cmd, r)
			})
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.format, "format", "text", "`FORMAT`: "+review.Names(report.Formats))
	addJSON(cmd, &f.json)
	fl.StringVarP(&f.output, "output", "o", "", "write to this `FILE`, readable by its owner only")
	fl.BoolVar(&f.alone, "alone", false, "only this incident, not its case")
	cmd.MarkFlagsMutuallyExclusive("format", "json")
	completeFlag(cmd, "format", review.Names(report.Formats))
	return cmd
}

func (f *reportFlags) check() error {
	if !slices.Contains(report.Formats, report.Format(f.format)) {
		return fmt.Errorf("--format %q is not one of: %s", f.format, review.Names(report.Formats))
	}
	return nil
}

func (f *reportFlags) write(cmd *cobra.Command, r *report.Report) error {
	var b bytes.Buffer
	opt := report.Options{Lang: report.Lang(f.lang), Zone: time.Local}
	if err := report.Write(&b, r, report.Format(f.format), opt); err != nil {
		return err
	}
	if f.output == "" {
		_, err := b.WriteTo(cmd.OutOrStdout())
		return err
	}
	if err := private.Write(f.output, b.Bytes()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	sayLine(cmd, fmt.Sprintf("report written to %s", strings.TrimSpace(f.output)))
	return nil
}
