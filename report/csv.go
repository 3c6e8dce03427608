package report

import (
	"encoding/csv"
	"io"
	"strings"
	"time"
)

// byteOrderMark makes Japanese spreadsheets read UTF-8.
const byteOrderMark = "\ufeff"

// cell keeps text from becoming a formula when a spreadsheet opens the file (OWASP, "CSV
// injection"): an apostrophe goes before the signs that begin one, also behind spaces.
func cell(s string) string {
	s = strings.ReplaceAll(s, "\u3000", " ")
	if t := strings.TrimLeft(s, " "); t != "" && strings.ContainsRune("=+-@＝＋－＠", first(t)) {
		return "'" + s
	}
	return s
}

func first(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

func clean(s string) string { return cell(unlink(s)) }

// stampCSV is a time that sorts and that spreadsheets understand.
func stampCSV(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("2006-01-02 15:04:05-07:00")
}

// writeCSV prints one line per mail and recipient.
func writeCSV(w io.Writer, r *Report, o Options) error {
	if o.Lang == Japanese {
		if _, err := io.WriteString(w, byteOrderMark); err != nil {
			return err
		}
	}
	out := csv.NewWriter(w)
	rows := [][]string{{"hold", "time", "sender", "company", "recipient", "subject", "links", "fate",
		"class", "fate_time", "reply", "client", "queue_id", "message_id", "shares"}}
	row := func(kind, domain string, d Delivery, shares []string) {
		e := &d.Record.Envelope
		client := ""
		if e.Client.IsValid() {
			client = e.Client.String()
		}
		var links []string
		for _, u := range d.Record.URLs {
			links = append(links, Defang(u))
		}
		rows = append(rows, []string{d.Hold, stampCSV(e.Time, o.Zone), clean(e.Sender), clean(domain),
			clean(d.Address), clean(d.Record.Subject), cell(strings.Join(links, " ")), string(d.Fate),
			kind + d.Class.String(), stampCSV(d.At, o.Zone), clean(d.Reply), client, clean(e.QueueID),
			clean(d.Record.MessageID), strings.Join(shares, " ")})
	}
	for i := range r.Companies {
		for _, p := range r.Companies[i].People {
			for _, d := range p.Mails {
				row("", r.Companies[i].Domain, d, nil)
			}
		}
	}
	for i := range r.Freed {
		for _, d := range r.Freed[i].To {
			row("freed-", company(d.Address), d, nil)
		}
	}
	for i := range r.Suspects {
		shares := make([]string, len(r.Suspects[i].Traits))
		for k, t := range r.Suspects[i].Traits {
			shares[k] = string(t)
		}
		for _, d := range r.Suspects[i].To {
			row("suspect-", company(d.Address), d, shares)
		}
	}
	return out.WriteAll(rows)
}

// writeBlock prints what to block, for machines: values are as they are.
func writeBlock(w io.Writer, r *Report) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"type", "value", "name", "mails", "first", "last"}}
	for i := range r.Block {
		x := &r.Block[i]
		rows = append(rows, []string{string(x.Kind), cell(safe(x.Value, maxURL)), clean(x.Name),
			itoa(x.Mails), x.First.UTC().Format(time.RFC3339), x.Last.UTC().Format(time.RFC3339)})
	}
	return out.WriteAll(rows)
}

// maxURL bounds a link that machines read, in characters; a record's links are shorter.
const maxURL = 2000
