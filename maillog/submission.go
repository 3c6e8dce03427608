package maillog

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"
)

// Submission is a mail that somebody gave to Postfix after he had logged in.
type Submission struct {
	At        time.Time
	MessageID string // without the angle brackets; hostile text
	Sender    string // by the parser's Normal
	Client    netip.Addr
}

// maxSubmitting bounds the sessions whose mail has not been seen yet. Its Message-ID follows
// the login within seconds.
const maxSubmitting = 1 << 15

// Submissions reads a whole log file, also a compressed one, and calls each for every mail of
// a client that had logged in: smtpd says who, cleanup which mail.
//
//	postfix/submission/smtpd[1]: 4Cx: client=p1.example.net[192.0.2.1], sasl_method=PLAIN, sasl_username=b
//	postfix/cleanup[2]: 4Cx: message-id=<1@example.org>
func Submissions(ctx context.Context, p *Parser, path string, each func(Submission) error) error {
	o, err := open(path)
	if err != nil {
		return err
	}
	defer o.Close()
	s := submissions{each: each, young: make(map[string]Submission)}
	f := feed{ref: o.info.ModTime}
	for in := bufio.NewReaderSize(o, maxLine); ; {
		line, size, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%s: %w", path, err)
		}
		if e := p.parse(string(line), o.info.ModTime()); e.kind != unreadable {
			f.some, f.streak = true, 0
			if err := s.take(&e); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		} else if !isFiller(line) {
			f.unreadable(line)
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if errors.Is(err, io.EOF) || size == 0 {
			break
		}
	}
	if err := f.trouble(); err != nil && !f.some {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// submissions are mails by queue id whose Message-ID is not known yet, in two generations:
// the older one goes when the younger one is full.
type submissions struct {
	each       func(Submission) error
	young, old map[string]Submission
}

func (s *submissions) take(e *entry) error {
	switch {
	case e.mail == "":
		return nil
	case e.login != nil:
		if len(s.young) >= maxSubmitting {
			s.young, s.old = make(map[string]Submission), s.young
		}
		s.young[e.mail] = Submission{At: e.at, Sender: e.login.Sender, Client: e.login.Client}
		return nil
	case e.messageID == "":
		return nil
	}
	mail, known := s.young[e.mail]
	if !known {
		mail, known = s.old[e.mail]
	}
	delete(s.young, e.mail)
	delete(s.old, e.mail)
	if !known || !mail.Client.IsValid() {
		return nil
	}
	mail.MessageID = e.messageID
	return s.each(mail)
}
