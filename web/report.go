package web

import (
	"bytes"
	"fmt"

	"hisseki/report"
	"hisseki/review"
)

// formats are the report's, with the kind of file that a browser is told.
var formats = map[report.Format]struct{ suffix, kind string }{
	report.HTML: {"html", "text/html; charset=utf-8"}, report.JSON: {"json", "application/json"},
	report.CSV: {"csv", "text/csv; charset=utf-8"}, report.CSVBlock: {"block.csv", "text/csv; charset=utf-8"},
	report.STIX: {"stix.json", "application/json"}, report.Text: {"txt", "text/plain; charset=utf-8"},
}

// Formats are in which the report can be had.
func (p incidentPage) Formats() []report.Format {
	return []report.Format{report.HTML, report.CSV, report.CSVBlock, report.STIX, report.JSON, report.Text}
}

// report gives the report as a file: it is never shown as a page of ours.
func (q *request) report() error {
	v := q.r.URL.Query()
	f := report.Format(v.Get("format"))
	kind, ok := formats[f]
	if !ok {
		return review.UsageError{Err: fmt.Errorf("there is no format %.20q", f)}
	}
	lang := report.Lang(q.Lang())
	if l := report.Lang(v.Get("lang")); l == report.English || l == report.Japanese {
		lang = l
	}
	r, err := q.s.Review.Report(q.ctx(), q.actor(), q.r.PathValue("id"), v.Get("alone") != "", "report "+string(f))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := report.Write(&b, r, f, report.Options{Lang: lang, Zone: q.Location()}); err != nil {
		return err
	}
	h := q.w.Header()
	h.Set("Content-Type", kind.kind)
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="hisseki-%s-%s.%s"`, r.Name(), lang, kind.suffix))
	_, err = b.WriteTo(q.w)
	return err
}
