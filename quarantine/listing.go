package quarantine

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"hisseki/postfix"
)

// Queued is one mail as Postfix lists it (postqueue -j).
type Queued struct {
	Queue   string `json:"queue_name"` // "hold", "deferred", "active", "incoming", "maildrop"
	ID      string `json:"queue_id"`
	Arrived int64  `json:"arrival_time"` // unix seconds, before the mail was judged
	Size    int64  `json:"message_size"` // bytes
	Sender  string `json:"sender"`       // as Postfix rewrote it, "MAILER-DAEMON" for <>
}

// Bounds of a listing. A mail to a hundred thousand recipients is one line of megabytes;
// what we want of it comes before the recipients, so only a line's beginning is read.
const (
	maxLine   = 64 << 10 // bytes
	maxListed = 1 << 20  // mails kept of one listing
)

// List returns the mail in Postfix's queues that keep chooses, by queue id; nil chooses
// all. The rest passes by unkept, so that a crowded queue costs no memory. An error
// means that the listing may lack mail.
func (q *Queue) List(ctx context.Context, keep func(Queued) bool) (map[string]Queued, error) {
	r, w := io.Pipe()
	ran := make(chan error, 1)
	go func() {
		_, err := q.command(ctx, "", w, "postqueue", "-j")
		w.Close()
		ran <- err
	}()
	list, err := parseList(r, keep)
	r.CloseWithError(errors.New("the listing is not read any more"))
	if e := <-ran; err == nil {
		err = e
	}
	if err != nil {
		return nil, err
	}
	return list, nil
}

// parseList reads the lines of postqueue -j. A mail that moves from queue to queue
// meanwhile may be listed twice: the later line holds.
func parseList(r io.Reader, keep func(Queued) bool) (map[string]Queued, error) {
	list := make(map[string]Queued)
	lines := bufio.NewReaderSize(r, maxLine)
	for {
		line, cut, err := readLine(lines)
		if len(bytes.TrimSpace(line)) > 0 {
			m, e := parseQueued(line, cut)
			if e != nil {
				return nil, fmt.Errorf("read postqueue's list: %w", e)
			}
			if keep == nil || keep(m) {
				list[m.ID] = m
			}
			if len(list) > maxListed {
				return nil, fmt.Errorf("read postqueue's list: more than %d mails", maxListed)
			}
		}
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read postqueue's list: %w", err)
		}
	}
}

// readLine returns a line's first maxLine bytes and whether that was not all.
func readLine(r *bufio.Reader) (line []byte, cut bool, err error) {
	line, err = r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, false, err
	}
	line = bytes.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = r.ReadSlice('\n')
	}
	return line, true, err
}

func parseQueued(line []byte, cut bool) (Queued, error) {
	var m Queued
	var err error
	if cut {
		m, err = parseBeginning(line)
	} else {
		err = json.Unmarshal(line, &m)
	}
	switch {
	case err != nil:
		return m, err
	case !postfix.ValidID(m.ID):
		return m, fmt.Errorf("queue id %.40q is none", m.ID)
	case m.Queue == "":
		return m, fmt.Errorf("mail %s is in no queue", m.ID)
	}
	return m, nil
}

// parseBeginning reads a cut line up to its list of recipients.
func parseBeginning(line []byte) (Queued, error) {
	var m Queued
	d := json.NewDecoder(bytes.NewReader(line))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return m, fmt.Errorf("not an object: %w", errors.Join(err, errCut))
	}
	for {
		key, err := d.Token()
		if err != nil {
			return m, errors.Join(err, errCut)
		}
		var to any
		switch key {
		case "recipients":
			return m, nil
		case "queue_name":
			to = &m.Queue
		case "queue_id":
			to = &m.ID
		case "arrival_time":
			to = &m.Arrived
		case "message_size":
			to = &m.Size
		case "sender":
			to = &m.Sender
		default:
			to = new(json.RawMessage)
		}
		if err := d.Decode(to); err != nil {
			return m, errors.Join(err, errCut)
		}
	}
}

var errCut = errors.New("a line is too long before its recipients")
