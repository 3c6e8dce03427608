// Package quarantine is the life of a hold in the MTA's queue: release, discard, recall,
// reconcile. It is the only package that runs postsuper and postqueue.
package quarantine

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"hisseki/internal/capped"
	"hisseki/postfix"
)

// Queue runs Postfix's queue commands. Release, Discard, Hold, Where and Cat need root.
type Queue struct {
	ConfigDir string        // main.cf's folder; "" means Postfix's default
	Timeout   time.Duration // of one command; 0 means 30 s
}

// batch is how many ids one postsuper gets, and how many mails one round takes.
const batch = 1000

// confirmed is how postsuper confirms what it did to one mail (src/postsuper/postsuper.c).
var confirmed = regexp.MustCompile(
	`(?m)^\S*postsuper: ([0-9A-Za-z]{1,20}): (released from hold|placed on hold|removed)$`)

// Release takes mail off hold, into the deferred queue; Send has it sent at once. It
// returns the ids for which postsuper says that it did so; mail that is not on hold is
// no error. No milter sees the mail again.
func (q *Queue) Release(ctx context.Context, ids ...string) ([]string, error) {
	return q.super(ctx, ids, "released from hold", "-H", "-")
}

// Discard deletes mail that is on hold, and returns the ids for which postsuper says that it
// did so.
func (q *Queue) Discard(ctx context.Context, ids ...string) ([]string, error) {
	return q.super(ctx, ids, "removed", "-d", "-", postfix.Hold)
}

// Hold puts mail on hold that waits in the incoming, active or deferred queue, and
// returns the ids for which postsuper says that it did so. A delivery that has begun
// goes on.
func (q *Queue) Hold(ctx context.Context, ids ...string) ([]string, error) {
	return q.super(ctx, ids, "placed on hold", "-h", "-")
}

// Probe asks whether postsuper would work here, without touching any mail. Its summary
// is enough: with maillog_file and Postfix down, it then fails for want of a log.
func (q *Queue) Probe(ctx context.Context) error {
	text, err := q.command(ctx, "", nil, "postsuper", "-H", "-")
	if strings.Contains(text, "Released from hold: 0 messages") {
		return nil
	}
	return err
}

// super runs postsuper with ids on stdin, where no shell and no argument list sees them.
func (q *Queue) super(ctx context.Context, ids []string, word string, args ...string) (
	[]string, error) {
	for _, id := range ids {
		if !postfix.ValidID(id) {
			return nil, fmt.Errorf("postsuper %s: %.40q is not a queue id", args[0], id)
		}
	}
	var done []string
	for len(ids) > 0 {
		n := min(batch, len(ids))
		stdin := strings.Join(ids[:n], "\n") + "\n"
		ids = ids[n:]
		text, err := q.command(ctx, stdin, nil, "postsuper", args...)
		for _, m := range confirmed.FindAllStringSubmatch(text, -1) {
			if m[2] == word {
				done = append(done, m[1])
			}
		}
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// few mails are sent one by one: each goes to the front, whatever else is deferred.
const few = 3

// Send has deferred mail tried that is due, as released mail is. Mail that is not deferred any
// more is not an error.
func (q *Queue) Send(ctx context.Context, ids ...string) error {
	for _, id := range ids {
		if !postfix.ValidID(id) {
			return fmt.Errorf("postqueue -i: %.40q is not a queue id", id)
		}
	}
	if len(ids) > few {
		// D has the queue manager look through the deferred queue, as it does by itself every
		// queue_run_delay (qmgr(8), TRIGGERS). Other deferred mail keeps its times; postqueue -f
		// would have all of it tried.
		_, err := q.command(ctx, "", nil, "postkick", "public", "qmgr", "D")
		return err
	}
	for _, id := range ids {
		if _, err := q.command(ctx, "", nil, "postqueue", "-i", id); err != nil {
			return err
		}
	}
	return nil
}

// place is how postcat begins: which queue's file it reads.
var place = regexp.MustCompile(`^\*\*\* ENVELOPE RECORDS ([a-z]+)/`)

// Where looks for the mail's file and returns its queue, "" when it is in none. It is
// slower than List, but cannot overlook mail that lies still.
func (q *Queue) Where(ctx context.Context, id string) (string, error) {
	if !postfix.ValidID(id) {
		return "", fmt.Errorf("postcat: %.40q is not a queue id", id)
	}
	// The first line is enough. On a file that a killed Postfix left unfinished, postcat
	// never ends.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := capped.New(256)
	text, err := q.command(ctx, "", &oneLine{out, cancel}, "postcat", "-qe", id)
	if m := place.FindStringSubmatch(out.String()); m != nil {
		return m[1], nil
	}
	if err != nil && strings.Contains(text, "No such file or directory") {
		return "", nil
	}
	if err == nil {
		err = errors.New("postcat: unexpected output")
	}
	return "", fmt.Errorf("look for mail %s: %w", id, err)
}

// maxMail bounds what Cat shows of a mail, in bytes.
const maxMail = 1 << 20

// Cat returns a queued mail's header and body as they are, at most 1 MiB of it: hostile
// content, not fit for a terminal.
func (q *Queue) Cat(ctx context.Context, id string) ([]byte, error) {
	if !postfix.ValidID(id) {
		return nil, fmt.Errorf("postcat: %.40q is not a queue id", id)
	}
	out := capped.New(maxMail)
	if _, err := q.command(ctx, "", out, "postcat", "-qbh", id); err != nil {
		return nil, err
	}
	return []byte(out.String()), nil
}
