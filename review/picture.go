package review

import (
	"cmp"
	"context"
	"slices"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// senderReads is what a sender's picture asks the store besides its drawings.
type senderReads interface {
	// Sent returns a sender's newest mails that are learned, oldest first.
	Sent(ctx context.Context, sender string, limit int) ([]analyzer.Record, error)
}

// Picture is what somebody needs to say whether a sender's mail is normal.
type Picture struct {
	Sender    SenderLine
	Days      []Day      // all of them, oldest first, the last is today
	Usual     [2]int     // mails and recipients of a day: at most so many on 19 of 20 days of writing
	Week      [7][24]int // mails by weekday (Sunday first) and hour
	Most      int        // in an hour of Week
	Networks  []Seen     // from the journal: a profile has hashes only
	Programs  []Seen
	Sites     []Seen
	Incidents []ledger.Incident
	Cut       bool // the sender sends so much that only the newest mail was counted
}

// Day is a sender's day.
type Day struct {
	At         time.Time // its beginning, in the reader's zone
	Mails      int
	Recipients int
}

// Seen is a value of a sender's mail.
type Seen struct {
	Value       string
	Mails       int
	First, Last time.Time
}

const (
	pictureDays = 28
	// maxSendings bounds what is counted of a busy sender.
	maxSendings = 10_000
	// maxLooked is how many of the newest mails are read for networks, programs and sites.
	maxLooked = 300
	maxSeen   = 12
)

// ShowPicture returns what is usual for a sender, in days and hours of a zone, after it was
// noted in the audit log.
func (s *Service) ShowPicture(ctx context.Context, who Actor, account string, zone *time.Location) (*Picture, error) {
	line, err := s.ShowSender(ctx, who, account)
	if err != nil {
		return nil, err
	}
	p := &Picture{Sender: *line}
	now := s.Now().In(zone)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	since := today.AddDate(0, 0, -pictureDays+1)
	list, err := s.Store.Sendings(ctx, line.Sender, since, maxSendings)
	if err != nil {
		return nil, err
	}
	p.Cut = len(list) == maxSendings
	p.count(list, since, zone)
	if p.Incidents, err = s.Store.FindIncidents(ctx, ledger.IncidentFilter{Sender: line.Sender}); err != nil {
		return nil, err
	}
	mails, err := s.Store.Sent(ctx, line.Sender, maxLooked)
	if err != nil {
		return nil, err
	}
	p.look(mails)
	return p, nil
}

// count sorts mail into days and hours.
func (p *Picture) count(list []ledger.Sending, since time.Time, zone *time.Location) {
	for i := range pictureDays {
		p.Days = append(p.Days, Day{At: since.AddDate(0, 0, i)})
	}
	for _, x := range list {
		at := x.At.In(zone)
		date := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, zone)
		// Days of summer time are 23 or 25 hours long.
		if i := int(date.Sub(since).Hours()+2) / 24; i >= 0 && i < len(p.Days) {
			p.Days[i].Mails++
			p.Days[i].Recipients += x.Recipients
		}
		h := &p.Week[at.Weekday()][at.Hour()]
		*h++
		p.Most = max(p.Most, *h)
	}
	var mails, recipients []int
	for _, d := range p.Days[:len(p.Days)-1] { // what is usual, today is compared with
		if d.Mails > 0 {
			mails, recipients = append(mails, d.Mails), append(recipients, d.Recipients)
		}
	}
	p.Usual = [2]int{nineteenOfTwenty(mails), nineteenOfTwenty(recipients)}
}

// nineteenOfTwenty returns what at most one of twenty values exceeds.
func nineteenOfTwenty(list []int) int {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[len(list)*19/20]
}

// look collects what the newest mails show, the most frequent first.
func (p *Picture) look(mails []analyzer.Record) {
	networks, programs, sites := seen{}, seen{}, seen{}
	for i := range mails {
		m := &mails[i]
		at := m.Envelope.Time
		if m.Envelope.Client.IsValid() {
			networks.add(m.Envelope.Client.String(), at)
		}
		programs.add(m.Envelope.Helo, at)
		for _, host := range m.Hosts {
			sites.add(host, at)
		}
	}
	p.Networks, p.Programs, p.Sites = networks.list(), programs.list(), sites.list()
}

// seen collects values.
type seen map[string]*Seen

func (s seen) add(value string, at time.Time) {
	if value == "" {
		return
	}
	x := s[value]
	if x == nil {
		x = &Seen{Value: value, First: at}
		s[value] = x
	}
	x.Mails++
	x.Last = at
}

func (s seen) list() []Seen {
	var out []Seen
	for _, x := range s {
		out = append(out, *x)
	}
	slices.SortFunc(out, func(a, b Seen) int {
		return cmp.Or(cmp.Compare(b.Mails, a.Mails), cmp.Compare(a.Value, b.Value))
	})
	return out[:min(len(out), maxSeen)]
}
