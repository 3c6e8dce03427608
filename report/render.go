package report

import (
	"bytes"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"io"
	"slices"
	"strings"
	"text/template"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/words"
	"hisseki/ledger"
)

// Format is how a report is printed.
type Format string

// Formats.
const (
	Text     Format = "text"
	HTML     Format = "html"
	JSON     Format = "json"
	CSV      Format = "csv"       // one line per mail and recipient
	CSVBlock Format = "csv-block" // what to block
	STIX     Format = "stix"      // the same as a STIX 2.1 bundle
)

// Formats are all of them.
var Formats = []Format{Text, HTML, JSON, CSV, CSVBlock, STIX}

// Options of Write.
type Options struct {
	Lang Lang
	Zone *time.Location // of the times that people read; nil is UTC
}

//go:embed templates
var files embed.FS

var (
	texts = template.Must(template.ParseFS(files, "templates/*.txt"))
	pages = htmltemplate.Must(htmltemplate.ParseFS(files, "templates/report.html"))
)

// Write prints a report.
func Write(w io.Writer, r *Report, f Format, o Options) error {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	v := view{text: text{words.For(o.Lang, o.Zone)}, R: r}
	var err error
	switch f {
	case Text:
		err = texts.ExecuteTemplate(w, "report.txt", v)
	case HTML:
		err = pages.ExecuteTemplate(w, "report.html", v)
	case JSON:
		err = writeJSON(w, r)
	case CSV:
		err = writeCSV(w, r, o)
	case CSVBlock:
		err = writeBlock(w, r)
	case STIX:
		err = writeSTIX(w, r)
	default:
		err = fmt.Errorf("there is no format %q", f)
	}
	if err != nil {
		return fmt.Errorf("print report as %s: %w", f, err)
	}
	return nil
}

// view is what the templates see: the report in one language.
type view struct {
	text
	R *Report
}

// Headline is the report in one sentence.
func (v view) Headline() string { return v.text.Headline(v.R) }

// Clean makes hostile text fit to show.
func (v view) Clean(s string) string { return unlink(s) }

// Other is the sender of a mail, harmless, when it is none of the report's accounts.
func (v view) Other(m *analyzer.Record) string {
	if slices.Contains(v.R.Senders(), m.Envelope.Sender) {
		return ""
	}
	return unlink(m.Envelope.Sender)
}

// Bar is a rule below a heading of the text.
func (v view) Bar() string { return strings.Repeat("-", 72) }

// maxLinks bounds the links shown of one mail: the block list has them all.
const maxLinks = 5

// Links are a mail's links, harmless.
func (v view) Links(m *analyzer.Record) []string {
	var out []string
	for i, u := range m.URLs {
		if i == maxLinks {
			return append(out, fmt.Sprintf("+%d", len(m.URLs)-i))
		}
		out = append(out, Defang(u))
	}
	return out
}

// maxNoteLines bounds what a report repeats of a hook's output.
const maxNoteLines = 100

// Lines are a hook's output, harmless.
func (v view) Lines(output string) []string { return noteLines(output) }

func noteLines(output string) []string {
	var out []string
	for line := range strings.Lines(output) {
		if len(out) == maxNoteLines {
			return append(out, "...")
		}
		out = append(out, unlink(strings.TrimRight(line, "\r\n")))
	}
	return out
}

// Client is where a login came from.
func (v view) Client(l analyzer.Login) string {
	if !l.Client.IsValid() {
		return "-"
	}
	return Defang(l.Client.String())
}

// Detail is what a provider's log tells of a login beside its result, harmless.
func (v view) Detail(l analyzer.Login) string {
	var parts []string
	for _, p := range []string{l.Country, l.Device, l.Program, l.Note} {
		if p != "" {
			parts = append(parts, unlink(p))
		}
	}
	if l.Legacy {
		parts = append(parts, v.W("legacy"))
	}
	return strings.Join(parts, "; ")
}

// Notice says when and how the first mail was held, or would have been.
func (v view) Notice() string {
	h := v.R.Noticed
	if h == nil {
		return v.W("no-hold")
	}
	text := "first-hold"
	if h.State == ledger.Passed {
		text = "first-passed"
	}
	return v.W(text, v.Second(h.Record.Envelope.Time),
		fmt.Sprintf("%.1f", h.Record.Verdict.Points))
}

// ChartUsual explains the band of the chart.
func (v view) ChartUsual() string {
	c := &v.R.Chart
	if c.Days == 0 {
		return v.W("chart-new")
	}
	return v.W("chart-usual", c.Usual, v.Span(c.Width))
}

// ChartTitle explains the bars.
func (v view) ChartTitle() string { return v.W("chart-per", v.Span(v.R.Chart.Width)) }

// Hours labels the chart's axis of time.
func (v view) Hours() []Tick { return v.R.Chart.Hours(v.Location()) }

// Account names the accounts for a letter.
func (v view) Account() string {
	list := v.R.Senders()
	for i := range list {
		list[i] = unlink(list[i])
	}
	return strings.Join(list, ", ")
}

// Day is a date in the reader's words.
func (v view) Day(at time.Time) string {
	if v.Japanese() {
		return v.In(at).Format("2006年1月2日")
	}
	return v.In(at).Format("2 January 2006")
}

// maxQuoted bounds subjects, sites and files that a letter quotes.
const maxQuoted = 5

// Subjects are the most frequent subjects of the mail, for letters.
func (v view) Subjects() []string {
	count := map[string]int{}
	var list []string
	v.each(func(m *analyzer.Record) {
		s := unlink(m.Subject)
		if s == "" {
			return
		}
		if count[s]++; count[s] == 1 {
			list = append(list, s)
		}
	})
	slices.SortStableFunc(list, func(a, b string) int { return count[b] - count[a] })
	return list[:min(len(list), maxQuoted)]
}

// each visits every mail of the report once, by company and person.
func (v view) each(visit func(*analyzer.Record)) {
	seen := map[*analyzer.Record]bool{}
	for i := range v.R.Companies {
		for _, p := range v.R.Companies[i].People {
			for _, d := range p.Mails {
				if !seen[d.Record] {
					seen[d.Record] = true
					visit(d.Record)
				}
			}
		}
	}
}

// Sites are the sites that a letter warns of, harmless.
func (v view) Sites() []string {
	return v.quoted(IndicatorHost, func(i *Indicator) string { return i.Shown() })
}

// Files are the names of the files that a letter warns of.
func (v view) Files() []string {
	return v.quoted(IndicatorFile, func(i *Indicator) string { return unlink(i.Name) })
}

func (v view) quoted(kind IndicatorKind, show func(*Indicator) string) []string {
	var out []string
	for i := range v.R.Block {
		if v.R.Block[i].Kind == kind && len(out) < maxQuoted {
			out = append(out, show(&v.R.Block[i]))
		}
	}
	return out
}

// Partner is the draft for those who got the mail.
func (v view) Partner() (string, error) { return v.letter("partner") }

// Internal is the draft for the own people.
func (v view) Internal() (string, error) { return v.letter("internal") }

func (v view) letter(name string) (string, error) {
	var b bytes.Buffer
	err := texts.ExecuteTemplate(&b, name+"."+v.Lang()+".txt", v)
	return b.String(), err
}
