package replay

import (
	"fmt"
	"io"
	"os"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
)

// Next returns the next mail and io.EOF at the end.
func (a *Archive) Next() (*Act, error) {
	for a.next < len(a.places) {
		p := a.places[a.next]
		a.next++
		src, err := a.read(p)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", a.name(p), err)
		}
		at := time.Unix(p.at, 0).UTC()
		m := &analyzer.Mail{Envelope: envelopeOf(src.Header, at), Source: src}
		switch {
		case a.opt.Sender != "":
			m.Login, m.Sender = a.opt.Sender, a.opt.Normal(a.opt.Sender)
		case m.Login == "" && !a.opt.All:
			a.skip(a.name(p), "no sender: no From address")
			continue
		case m.Login == "":
			m.Sender, m.Class = nullSender, analyzer.Null
		default:
			m.Sender = a.opt.Normal(m.Login)
		}
		a.locate(m)
		return &Act{Time: at, Name: a.name(p), Mail: m}, nil
	}
	return nil, io.EOF
}

// locate takes a mail's client from the logs of its server. One that another account is
// known to have sent is not the folder's owner's.
func (a *Archive) locate(m *analyzer.Mail) {
	if a.opt.Origins == nil {
		return
	}
	o, ok := a.opt.Origins.find(messageID(m))
	if !ok || a.opt.Sender != "" && o.sender != m.Sender {
		return
	}
	m.Client, m.ClientName, m.Class = o.client, "", analyzer.Account
	if a.opt.Sender == "" {
		m.Login, m.Sender = o.sender, o.sender
	}
}

func (a *Archive) read(p place) (content.Source, error) {
	f := &a.files[p.file]
	if f.form == single {
		h, err := openRegular(f.path)
		if err != nil {
			return content.Source{}, err
		}
		defer h.Close()
		return readMail(h, maxMail, a.opt.MaxBody, f.mac)
	}
	h := f.spool
	if h == nil {
		var err error
		if h, err = a.handle(p.file); err != nil {
			return content.Source{}, err
		}
	}
	var at io.ReaderAt = h
	if f.mac {
		at = newlines{at: h}
	}
	r := newUnquoter(io.NewSectionReader(at, p.offset, p.length))
	return content.ReadSource(io.LimitReader(r, maxMail), a.opt.MaxBody)
}

// maxOpen bounds the mbox files that are open at once: mails of many accounts' files
// alternate in time.
const maxOpen = 64

// handle returns an open mbox, closing another one when there are too many.
func (a *Archive) handle(file int32) (*os.File, error) {
	f := &a.files[file]
	if f.open != nil {
		return f.open, nil
	}
	open := 0
	for i := range a.files {
		if a.files[i].open != nil {
			if open++; open >= maxOpen {
				a.files[i].open.Close()
				a.files[i].open = nil
			}
		}
	}
	var err error
	f.open, err = openRegular(f.path)
	return f.open, err
}
