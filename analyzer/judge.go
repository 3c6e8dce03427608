package analyzer

import (
	"context"
	"fmt"

	"hisseki/analyzer/content"
	"hisseki/baseline"
)

// judgement is a mail's verdict that is about to be recorded.
type judgement struct {
	record *Record
	sum    float64 // the sender's CUSUM, as exact as it is
}

// judge decides; it changes nothing that outlives it but the state's pruning. The sender is
// locked.
func (a *Analyzer) judge(ctx context.Context, v *view, rule Override, cond Conditions) (
	*judgement, error) {
	v.state.prune(v.mail.Time)
	a.shared.RLock()
	v.takeMarks()
	a.shared.RUnlock() // for others must not wait while the memory is asked
	var err error
	if v.carried, err = a.campaigns.look(ctx, a.memory, v.marks, v.mail.Sender, v.now); err != nil {
		return nil, err
	}
	a.shared.RLock()
	defer a.shared.RUnlock()
	a.ceiling(v)
	found := a.measure(v)
	evidence, points := v.declared.join(found.evidence, found.points)
	a.forLines(v, points)
	d := a.decide(v, &found, points, rule, cond)
	if d.sum > v.state.decayed(v.now) {
		v.o.Sum = d.sum
	}
	verdict := Verdict{Action: d.action, Would: d.would, Points: round(points),
		Sum: round(d.sum), Lure: round(found.lure), Repeat: d.repeat, Few: d.few, Cause: d.cause,
		Evidence: v.ruled(rule, evidence), PassIf: passIf(d, evidence, a.shared.lines),
		Incident: d.incident, LittleHist: v.sender.Mails() < littleHistory}
	if d.would != Pass {
		verdict.Evidence = append(verdict.Evidence, found.notes...)
	}
	r := a.record(v, &found, d, verdict)
	if late := cond.Late; !late.Now.IsZero() {
		r.Late = Late{Failure: late.Failure, Judged: late.Now, Recall: d.recall}
	}
	return &judgement{r, d.sum}, nil
}

// view takes from a mail what does not depend on its sender's past: most of the work, and
// done while an earlier mail of his is being judged.
func (a *Analyzer) view(m *Mail, c *content.Content) *view {
	o, place := a.observe(m, c)
	return &view{
		mail: m, c: c, o: &o, org: a.shared.org.Profile,
		background: &a.shared.background, place: place, hasher: a.hash, reachKeys: a.reachKeys,
		today: baseline.SlotOf(m.Time), now: o.At,
	}
}

// forLines notes with the observation whether its points say what is usual here. The
// mails of an episode, of one sender and day, count once.
func (a *Analyzer) forLines(v *view, points float64) {
	v.o.Points = points
	drift := a.shared.lines.drift
	late := points >= drift && v.state.unusual(v.now, drift) >= episode
	if late {
		v.o.Seen = 0
	}
	v.o.Settled = v.sender.Mails() >= littleHistory && v.org.Mails() >= lineWeight && !late
}

// record is what is to be kept of a judged mail.
func (a *Analyzer) record(v *view, found *measured, d decision, verdict Verdict) *Record {
	m, c := v.mail, v.c
	r := &Record{
		Envelope: m.Envelope, Observation: *v.o, Verdict: verdict, Subject: clip(c.Subject, 200),
		MessageID: clip(c.MessageID, 200), HeaderFrom: firstAddr(c.From),
		Files: fileNames(c), Bytes: m.BodySize, ObservedHold: d.observedHold,
		Learn: (d.action == Pass && d.would == Pass || d.observed) && v.blocked.Signal == "" && !m.Automatic,
	}
	r.URLs, r.Hosts = noted(found.urls)
	if d.action == Delay {
		r.Due = m.Time.Add(a.cfg.DelayFor)
	}
	if d.would != Pass {
		r.Excerpt = clip(c.Own, a.cfg.Excerpt)
	}
	if a.cfg.NoText {
		r.Subject, r.URLs, r.Excerpt = "", nil, ""
	}
	return r
}

func fileNames(c *content.Content) []string {
	var out []string
	for _, f := range c.Attachments[:min(len(c.Attachments), 10)] {
		out = append(out, fmt.Sprintf("%s %x %s", clip(f.Name, 100), f.SHA256, f.Kind))
	}
	return out
}
