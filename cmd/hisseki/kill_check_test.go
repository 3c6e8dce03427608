package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"hisseki/daemon"
	"hisseki/ledger"
	"hisseki/quarantine"
)

// settle lets everything come to its end: Postfix delivers, and agents whose clock
// runs ahead, so that nothing is too young, do what is due and reconcile.
func (k *killing) settle() {
	k.t.Helper()
	ahead := 2 * time.Minute
	var log bytes.Buffer
	var agents []*quarantine.Agent
	unknown := make([]int, len(k.sites))
	for i, s := range k.sites {
		for _, p := range []*process{s.agent, s.serve} {
			if p.stop() != 0 {
				k.t.Errorf("%s ends with %s: %s", p.cmd.Args[1], p.cmd.ProcessState, p.said())
			}
		}
		unknown[i] = -1
		agents = append(agents, &quarantine.Agent{
			Host: s.Host, Store: daemon.Tasks{TaskStore: k.store, Signed: s.key()},
			Log:   slog.New(slog.NewTextHandler(&log, nil)),
			MTA:   &quarantine.Queue{ConfigDir: s.Config, Timeout: time.Minute},
			Now:   func() time.Time { return time.Now().Add(ahead) },
			Every: time.Second, Seen: func(c quarantine.Counts) { unknown[i] = c.Unknown },
		})
	}
	looks, left := 0, ""
	defer func() {
		if left != "" {
			k.t.Logf("after %d looks there is left: %s\nagents:\n%s", looks, left, &log)
		}
	}()
	wait(k.t, "all decisions carried out, all mail delivered", func() bool {
		for _, agent := range agents {
			if err := agent.Once(k.t.Context()); err != nil {
				k.t.Fatalf("agent of %s: %v", agent.Host, err)
			}
		}
		ahead += time.Minute
		looks++
		left = k.left()
		return looks > 2 && left == ""
	})
	for i, n := range unknown {
		if n != 0 {
			k.t.Errorf("%s: %d mails are on hold without a record:\n%s", k.sites[i].Host, n, &log)
		}
	}
}

// left is what has not come to its end.
func (k *killing) left() string {
	k.t.Helper()
	var left []string
	for _, h := range k.sites[0].holds(k.store, ledger.HoldFilter{States: []ledger.State{ledger.Delayed,
		ledger.Recalling, ledger.Releasing, ledger.Discarding}}) {
		left = append(left, fmt.Sprintf("%s %s (%s)", h.Name(), h.State, h.Error))
	}
	for at, queue := range k.queues() {
		if queue != "hold" {
			left = append(left, at.host+" "+at.id+" "+queue)
		}
	}
	return strings.Join(left, ", ")
}

// queued is a mail's name in a queue.
type queued struct{ host, id string }

// queues returns the queue of every mail in each site's Postfix.
func (k *killing) queues() map[queued]string {
	k.t.Helper()
	all := map[queued]string{}
	for _, s := range k.sites {
		for lines := bufio.NewScanner(strings.NewReader(s.queue())); lines.Scan(); {
			var m struct {
				Queue string `json:"queue_name"`
				ID    string `json:"queue_id"`
			}
			if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
				k.t.Fatalf("postqueue says %q: %v", lines.Text(), err)
			}
			all[queued{s.Host, m.ID}] = m.Queue
		}
	}
	return all
}

// number reads a mail's number out of its Message-ID.
func number(id string) (int, bool) {
	digits, _, ok := strings.Cut(strings.TrimPrefix(id, "<"), ".")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil
}

// arrived counts the mails in the sinks by number. A second copy whose first one came
// right before Postfix died is not counted: Postfix had no time to note that it was
// delivered, as RFC 5321 section 4.1.1.4 lets happen.
func (k *killing) arrived() map[int]int {
	count, first := map[int]int{}, map[int]time.Time{}
	for _, s := range k.sites {
		for _, m := range s.Sink.Mails() {
			_, rest, _ := bytes.Cut(m.Data, idField)
			n, ok := number(string(rest[:min(len(rest), 20)]))
			if !ok {
				k.t.Errorf("a mail without number arrived:\n%s", m.Data)
				continue
			}
			if count[n] > 0 && k.diedBetween(first[n], m.At) {
				continue
			}
			count[n]++
			first[n] = m.At
		}
	}
	return count
}

func (k *killing) diedBetween(a, b time.Time) bool {
	for _, death := range k.deaths {
		if a.Before(death) && death.Before(b) {
			return true
		}
	}
	return false
}

// check holds every mail against what became of it.
func (k *killing) check() {
	k.t.Helper()
	records := map[int]*ledger.Hold{}
	states := map[ledger.State]int{}
	all := k.sites[0].holds(k.store, ledger.HoldFilter{})
	for i := range all {
		h := &all[i]
		n, ok := number(h.Record.MessageID)
		if !ok || records[n] != nil {
			k.t.Errorf("%s is the record of no mail, or of one that has another: %+v", h.Name(),
				h.Record)
			continue
		}
		records[n] = h
		states[h.State]++
	}
	arrived, queues := k.arrived(), k.queues()
	taken := 0
	for n, m := range k.sent {
		if m.queueID != "" {
			taken++
		}
		if why := k.wrong(m, records[n], arrived[n], queues); why != "" {
			k.t.Errorf("mail %d (%q): %s; arrived %d times, record %+v", n, m.queueID, why,
				arrived[n], records[n])
		}
	}
	k.t.Logf("killed %v; %d mails offered, %d taken, %d arrived; records %v", k.kills,
		len(k.sent), taken, len(arrived), states)
	if taken < 5*k.rounds || states[ledger.Released] < k.rounds/4 || states[ledger.Discarded] < k.rounds/4 ||
		states[ledger.Held] < 1 {
		k.t.Error("too little happened: the test shows nothing")
	}
}

// wrong says what must not be of one mail, "" when all is well.
func (k *killing) wrong(m sentOnce, h *ledger.Hold, arrived int, queues map[queued]string) string {
	queue := queues[queued{m.host, m.queueID}]
	if h != nil {
		queue = queues[queued{h.Record.Envelope.Host, h.Record.Envelope.QueueID}]
	}
	taken := m.queueID != ""
	switch {
	case arrived > 1:
		return "delivered more than once"
	case arrived == 1 && queue != "":
		return "delivered, and in the " + queue + " queue"
	case h == nil && queue == "hold":
		return "on hold without a record"
	case h == nil && taken && arrived == 0:
		return "lost"
	case h == nil:
		return ""
	}
	switch h.State {
	case ledger.Held:
		if queue != "hold" {
			return "a record without its mail"
		}
	case ledger.Released:
		if arrived != 1 {
			return "released, and did not arrive"
		}
	case ledger.Discarded:
		if arrived != 0 || k.decided[h.ID] != ledger.Discarding && k.doubted[h.ID] != ledger.Discarding {
			return "discarded, but it arrived or nobody wanted that"
		}
	case ledger.Gone: // it had passed, and was recalled too late
		if taken && arrived != 1 {
			return "gone, and did not arrive"
		}
	case ledger.Vanished: // serve or Postfix died between the record and the end of the mail
		if taken && arrived != 1 {
			return "vanished, and did not arrive"
		}
	default:
		return "still in state " + string(h.State)
	}
	return ""
}
