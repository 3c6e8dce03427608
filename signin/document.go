package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// reading is a JSON document that is read event by event: a month's export has hundreds of
// megabytes, and no more than one event of it is in memory.
type reading struct {
	*Parser
	dec  *json.Decoder
	in   *io.LimitedReader
	each func(Format, *Event) error
	c    Counts
	n    int // events, known or not
}

// document reads JSON that is laid out over lines: an array of events, an object around one
// ("value", "items", "records"), or objects one after another.
func (p *Parser) document(ctx context.Context, in io.Reader, each func(Format, *Event) error) (Counts, error) {
	d := &reading{Parser: p, in: &io.LimitedReader{R: in}, each: each}
	d.dec = json.NewDecoder(d.in)
	for {
		t, err := d.token()
		switch {
		case errors.Is(err, io.EOF):
			return d.c, ctx.Err()
		case err != nil:
		case t == json.Delim('['):
			err = d.list(ctx)
		case t == json.Delim('{'):
			err = d.object(ctx)
		default:
			err = d.event(t)
		}
		if broken := (*brokenError)(nil); errors.As(err, &broken) {
			return d.c, broken.of(d) // nothing behind it can be told apart
		}
		if err != nil {
			return d.c, err
		}
	}
}

// brokenError says that what follows is not JSON.
type brokenError struct{ error }

// of counts it as a piece that could not be read; it is an error where more was there than is read.
func (b *brokenError) of(d *reading) error {
	where := fmt.Sprintf("event %d, byte %d", d.n+1, d.dec.InputOffset())
	d.c.strange(where, []byte(b.Error()))
	if d.in.N <= 0 {
		return fmt.Errorf("%s: an event has more than %d KiB: the rest is not read", where, maxLine>>10)
	}
	return nil
}

// token reads the next token. io.EOF is the end of the document, where it is whole.
func (d *reading) token() (json.Token, error) {
	d.in.N = maxLine
	t, err := d.dec.Token()
	if err != nil && !errors.Is(err, io.EOF) {
		err = &brokenError{err}
	}
	return t, err
}

// more says whether an array or an object goes on.
func (d *reading) more() bool {
	d.in.N = maxLine
	return d.dec.More()
}

// value reads the next value.
func (d *reading) value() (v any, err error) {
	d.in.N = maxLine
	if err := d.dec.Decode(&v); err != nil {
		return nil, &brokenError{err}
	}
	return v, nil
}

// inside is the next token in an array or an object, which does not end here.
func (d *reading) inside() (json.Token, error) {
	t, err := d.token()
	if errors.Is(err, io.EOF) {
		err = &brokenError{io.ErrUnexpectedEOF}
	}
	return t, err
}

// list reads an array behind its bracket.
func (d *reading) list(ctx context.Context) error {
	for d.more() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		v, err := d.value()
		if err != nil {
			return err
		}
		if err := d.event(v); err != nil {
			return err
		}
	}
	_, err := d.inside()
	return err
}

// object reads an object behind its brace: an event, or what stands around an array of events.
func (d *reading) object(ctx context.Context) error {
	o, begin, around := map[string]any{}, d.dec.InputOffset(), false
	for d.more() {
		t, err := d.inside()
		if err != nil {
			return err
		}
		key, _ := t.(string)
		var v any
		if lists[key] || key == "records" {
			if v, err = d.inside(); err == nil && v == json.Delim('[') {
				around = true
				if err := d.list(ctx); err != nil {
					return err
				}
				continue
			}
			if err == nil && v == json.Delim('{') {
				v, err = d.members()
			}
		} else {
			v, err = d.value()
		}
		if err != nil {
			return err
		}
		if !around {
			o[key] = v
		}
		if !around && d.dec.InputOffset()-begin > maxLine {
			d.in.N = 0
			return &brokenError{errors.New("too long")}
		}
	}
	if _, err := d.inside(); err != nil || around {
		return err
	}
	return d.event(o)
}

// members reads an object of few members behind its brace.
func (d *reading) members() (map[string]any, error) {
	o, begin := map[string]any{}, d.dec.InputOffset()
	for d.more() && d.dec.InputOffset()-begin < maxLine {
		t, err := d.inside()
		if err != nil {
			return nil, err
		}
		key, _ := t.(string)
		if o[key], err = d.value(); err != nil {
			return nil, err
		}
	}
	_, err := d.inside()
	return o, err
}

// event takes one.
func (d *reading) event(v any) error {
	d.n++
	f := Found{}
	if o := asObject(v); o != nil {
		f = d.Parser.object(o)
	}
	var what []byte
	if f.Verdict == Strange {
		what, _ = json.Marshal(v)
	}
	return d.c.take(f, fmt.Sprintf("event %d", d.n), what, d.each)
}
