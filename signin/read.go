package signin

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Parser reads events. It is safe for concurrent use.
type Parser struct {
	Format Format         // "" tells it by the content
	Fields *Fields        // of the generic format, nil for none
	Zone   *time.Location // of times in texts without one; nil is the machine's
}

// Verdict says how far a piece of a log was understood.
type Verdict int

// Verdicts.
const (
	Strange    Verdict = iota // of no known form
	Irrelevant                // of a known form, about nothing that is kept
	Telling
)

// Found is what an object or a line tells.
type Found struct {
	Format  Format
	Verdict Verdict
	Events  []Event
	others  int // of a record with several
}

// zone is that of times in texts without one.
func (p *Parser) zone() *time.Location {
	if p.Zone == nil {
		return time.Local
	}
	return p.Zone
}

// Line reads one line: an object, or a line of a text log.
func (p *Parser) Line(line string) Found {
	line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
	if strings.HasPrefix(line, "{") {
		var o object
		if json.Unmarshal([]byte(line), &o) != nil {
			return Found{}
		}
		return p.object(o)
	}
	if e, ok, known := zimbra(line, p.zone()); known && p.wants(Zimbra) {
		return found(Zimbra, e, ok)
	}
	if e, ok, known := roundcube(line); known && p.wants(Roundcube) {
		return found(Roundcube, e, ok)
	}
	return Found{}
}

func found(f Format, e Event, ok bool) Found {
	if !ok {
		return Found{Format: f, Verdict: Irrelevant}
	}
	return Found{Format: f, Verdict: Telling, Events: []Event{e}}
}

// wants says whether a format is looked for.
func (p *Parser) wants(f Format) bool { return p.Format == "" || p.Format == f }

// object reads one event by its format, or a record that holds several.
func (p *Parser) object(o object) Found {
	if list := o.list("records"); list != nil { // Azure's diagnostic stream
		var all Found
		for _, r := range list {
			f := p.object(r)
			all.Format, all.Verdict = f.Format, max(all.Verdict, f.Verdict)
			all.Events = append(all.Events, f.Events...)
			if f.Verdict == Irrelevant {
				all.others++
			}
		}
		return all
	}
	format := p.formatOf(o)
	if !p.wants(format) {
		return Found{}
	}
	switch format {
	case Google:
		list := google(o)
		if len(list) == 0 {
			return Found{Format: Google, Verdict: Irrelevant}
		}
		return Found{Format: Google, Verdict: Telling, Events: list}
	case Generic:
		e, ok := p.Fields.generic(o)
		return found(Generic, e, ok)
	}
	for _, known := range objects {
		if known.format == format {
			e, ok := known.read(o)
			return found(format, e, ok)
		}
	}
	return Found{}
}

// objects are the formats that are one event an object, and what tells them.
var objects = []struct {
	format Format
	is     func(object) bool
	read   func(object) (Event, bool)
}{
	{M365, func(o object) bool {
		return o.has("CreationTime", "Operation") || o.at("auditData") != nil || o.at("AuditData") != nil
	}, m365},
	{Okta, func(o object) bool { return o.has("uuid", "published", "eventType") }, okta},
	{Keycloak, func(o object) bool { return o.has("time", "type", "realmId") }, keycloak},
	{Dovecot, func(o object) bool { return o.has("event", "fields") }, dovecot},
	{Entra, func(o object) bool {
		return o.has("createdDateTime", "userPrincipalName") || o.has("category", "properties") &&
			strings.HasSuffix(o.text("category"), "SignInLogs")
	}, entra},
}

// formatOf tells the format of an object by the fields that only one has; "" for none.
func (p *Parser) formatOf(o object) Format {
	if p.Format == Generic || p.Format == "" && p.Fields.known(o) {
		if p.Fields.known(o) {
			return Generic
		}
		return ""
	}
	if o.text("kind") == "admin#reports#activity" || o.at("id") != nil && o.has("events") {
		return Google
	}
	for _, known := range objects {
		if known.is(o) {
			return known.format
		}
	}
	return ""
}

// Problem is a piece of a log that was not understood.
type Problem struct {
	Where string // "line 5", "event 12"
	What  string // its beginning; hostile text
}

// Counts says what was read.
type Counts struct {
	Format  Format
	Events  int // that tell something
	Others  int // of a known form, about nothing that is kept
	Strange int // that could not be read
	First   Problem
}

// strange counts a piece that could not be read.
func (c *Counts) strange(where string, what []byte) {
	if c.Strange++; c.Strange == 1 {
		c.First = Problem{where, cut(string(what[:min(len(what), 2*maxWord)]), maxWord)}
	}
}

// take counts what a piece tells, and hands on its events.
func (c *Counts) take(f Found, where string, what []byte, each func(Format, *Event) error) error {
	if c.Format == "" {
		c.Format = f.Format
	}
	switch f.Verdict {
	case Strange:
		c.strange(where, what)
	case Irrelevant:
		c.Others += max(f.others, 1)
	default:
		c.Others += f.others
	}
	for i := range f.Events {
		c.Events++
		if err := each(f.Format, &f.Events[i]); err != nil {
			return err
		}
	}
	return nil
}

// maxLine bounds a line, and an event in a document, in bytes. A sign-in with all its policies has
// 100 KiB.
const maxLine = 1 << 20

// Read reads a whole log: JSON lines, a JSON document, CSV with a head, or lines of text. A
// piece that cannot be read is counted, and the others are read.
func (p *Parser) Read(ctx context.Context, r io.Reader, each func(Format, *Event) error) (Counts, error) {
	in := bufio.NewReaderSize(r, maxLine)
	begin, err := in.Peek(maxLine)
	if isUTF16(begin) {
		in = bufio.NewReaderSize(transform.NewReader(in, unicode.BOMOverride(transform.Nop)), maxLine)
		begin, err = in.Peek(maxLine)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return Counts{}, err
	}
	if _, err := in.Discard(len(begin) - len(trimmed(begin))); err != nil {
		return Counts{}, err
	}
	switch shapeOf(begin) {
	case document:
		return p.document(ctx, in, each)
	case table:
		return p.table(ctx, in, each)
	}
	return p.lines(ctx, in, each)
}

func (p *Parser) lines(ctx context.Context, in *bufio.Reader, each func(Format, *Event) error) (c Counts, err error) {
	for n := 1; ctx.Err() == nil; n++ {
		line, err := in.ReadSlice('\n')
		long := errors.Is(err, bufio.ErrBufferFull)
		// A sign-in of which the error is not written yet would be a success.
		half := errors.Is(err, io.EOF) && !json.Valid(line)
		if len(bytes.TrimSpace(line)) > 0 {
			where := fmt.Sprintf("line %d", n)
			f := Found{}
			if !long && !half {
				f = p.Line(string(line))
			}
			if err := c.take(f, where, line, each); err != nil {
				return c, err
			}
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = in.ReadSlice('\n')
		}
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		if err != nil {
			return c, err
		}
	}
	return c, ctx.Err()
}
