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
	"hisseki/internal/demo"
	"hisseki/internal/mta"
	"hisseki/ledger"
	"hisseki/quarantine"
)

// settle lets everything come to its end: Postfix delivers, and an agent whose clock
// runs ahead, so that nothing is too young, does what is due and reconciles.
func (k *killing) settle() {
	k.t.Helper()
	for _, p := range []*process{k.agent, k.serve} {
		if p.stop() != 0 {
			k.t.Errorf("%s ends with %s: %s", p.cmd.Args[1], p.cmd.ProcessState, p.said())
		}
	}
	ahead, unknown := 2*time.Minute, -1
	var log bytes.Buffer
	agent := &quarantine.Agent{
		Host: demo.Host, Store: daemon.Tasks{TaskStore: k.store, Signed: k.key()},
		Log:   slog.New(slog.NewTextHandler(&log, nil)),
		MTA:   &quarantine.Queue{ConfigDir: k.Config, Timeout: time.Minute},
		Now:   func() time.Time { return time.Now().Add(ahead) },
		Every: time.Second, Seen: func(c quarantine.Counts) { unknown = c.Unknown },
	}
	looks, left := 0, ""
	defer func() {
		if left != "" {
			k.t.Logf("after %d looks there is left: %s\nagent:\n%s", looks, left, &log)
		}
	}()
	wait(k.t, "all decisions carried out, all mail delivered", func() bool {
		if err := agent.Once(k.t.Context()); err != nil {
			k.t.Fatalf("agent: %v", err)
		}
		ahead += time.Minute
		looks++
		left = k.left()
		return looks > 2 && left == ""
	})
	if unknown != 0 {
		k.t.Errorf("%d mails are on hold without a record:\n%s", unknown, &log)
	}
}

// left is what has not come to its end.
func (k *killing) left() string {
	k.t.Helper()
	var left []string
	for _, h := range k.holds(k.store, ledger.HoldFilter{States: []ledger.State{ledger.Delayed,
		ledger.Recalling, ledger.Releasing, ledger.Discarding}}) {
		left = append(left, fmt.Sprintf("%s %s (%s)", h.Name(), h.State, h.Error))
	}
	for id, queue := range k.queues() {
		if queue != "hold" {
			left = append(left, id+" "+queue)
		}
	}
	return strings.Join(left, ", ")
}

// queues returns the queue of every mail in Postfix, by queue id.
func (k *killing) queues() map[string]string {
	k.t.Helper()
	all := map[string]string{}
	for lines := bufio.NewScanner(strings.NewReader(k.queue())); lines.Scan(); {
		var m struct {
			Queue string `json:"queue_name"`
			ID    string `json:"queue_id"`
		}
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			k.t.Fatalf("postqueue says %q: %v", lines.Text(), err)
		}
		all[m.ID] = m.Queue
	}
	return all
}

// number reads a mail's number out of its Message-ID.
func number(id string) (int, bool) {
	digits, _, ok := strings.Cut(strings.TrimPrefix(id, "<"), ".")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil
}

// arrived counts the mails in the sink by number. A second copy whose first one came
// right before Postfix died is not counted: Postfix had no time to note that it was
// delivered, as RFC 5321 section 4.1.1.4 lets happen.
func (k *killing) arrived() map[int]int {
	count, first := map[int]int{}, map[int]time.Time{}
	k.Sink.Wait(k.t, time.Second, "a look", func(all []mta.Mail) bool {
		for i := range all {
			_, rest, _ := bytes.Cut(all[i].Data, idField)
			n, ok := number(string(rest[:min(len(rest), 20)]))
			if !ok {
				k.t.Errorf("a mail without number arrived:\n%s", all[i].Data)
				continue
			}
			if count[n] > 0 && k.diedBetween(first[n], all[i].At) {
				continue
			}
			count[n]++
			first[n] = all[i].At
		}
		return true
	})
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
	all := k.holds(k.store, ledger.HoldFilter{})
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
func (k *killing) wrong(m sentOnce, h *ledger.Hold, arrived int, queues map[string]string) string {
	queue := queues[m.queueID]
	if h != nil {
		queue = queues[h.Record.Envelope.QueueID]
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
		if arrived != 0 || k.decided[h.ID] != ledger.Discarding {
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
