package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Sources tell at each scrape what others count. Nil functions tell nothing.
type Sources struct {
	Milter  func() Milter // what the milter counts; it must be quick
	Store   func() Store  // how things stand in the store; asked at most every storeEvery
	Allowed func() Shares // what the budget allows
	Others  func() Others // what other hosts record in the same database
}

// Shares are parts of all mail, from 0 to 1.
type Shares struct{ Holds, Delays float64 }

// Milter is what the milter counts.
type Milter struct {
	Open       int64 // connections now
	InFlight   int64 // bytes of mails being received or judged
	Accepted   int64
	Refused    int64 // connections over the cap, or over their client's share
	Evicted    int64 // idle connections ended in favour of others
	Broken     int64 // connections that spoke no milter protocol
	Bugs       int64
	Aborted    int64
	Cut        int64 // mails judged by their beginning: no more memory for the body
	OverBudget int64 // mails with the failure action, by cause
	TimedOut   int64
	Failed     int64
}

// Store is how things stand in the store.
type Store struct {
	OK        bool           // it answered
	Holds     map[string]int // kept mail by state
	Incidents int            // open ones
	AgentAge  time.Duration  // since an agent's last heartbeat, below 0 for never
	Bytes     int64          // of the file
	LogBytes  int64          // of the write-ahead log
}

// Others is how well a host knows what others record in the database that they share.
type Others struct {
	Looked time.Time // when it last knew all of it; zero where there are no others
	Heard  int64     // mails of others that it took in
}

// storeEvery bounds how often the store is asked: a scrape must not slow mail down.
const storeEvery = 10 * time.Second

func (s Sources) register(r prometheus.Registerer) {
	if s.Milter != nil {
		r.MustRegister(milterCollector(s.Milter))
	}
	if s.Store != nil {
		r.MustRegister(&storeCollector{ask: s.Store})
	}
	if s.Others != nil {
		r.MustRegister(othersCollector(s.Others))
	}
	if s.Allowed != nil {
		r.MustRegister(share("budget_allowed", "Share of ordinary mail that may be disturbed by "+
			"mistake.", s.Allowed))
	}
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("hisseki_"+name, help, labels, nil)
}

var (
	connections = desc("milter_connections", "Open milter connections.")
	inFlight    = desc("milter_in_flight_bytes", "Bytes of mails being received or judged.")
	taken       = desc("milter_connections_total", "Milter connections by what became of them.",
		"result")
	cut      = desc("milter_cut_total", "Mails judged by their beginning, for lack of memory.")
	aborted  = desc("milter_aborted_total", "Mails that ended before their end of message.")
	bugs     = desc("bugs_total", "Panics that were caught.")
	failures = desc("failures_total", "Mails that got the failure action, by cause.", "cause")

	storeUp    = desc("store_up", "1 when the store answered the last scrape.")
	holds      = desc("holds", "Kept mail by state.", "state")
	incidents  = desc("incidents_open", "Open incidents.")
	agentAge   = desc("agent_heartbeat_age_seconds", "Since an agent was last alive, -1 for never.")
	storeBytes = desc("store_bytes", "Size of the store.", "file")
)

type milterCollector func() Milter

func (c milterCollector) Describe(ch chan<- *prometheus.Desc) {
	prometheus.DescribeByCollect(c, ch)
}

func (c milterCollector) Collect(ch chan<- prometheus.Metric) {
	m := c()
	gauge := func(d *prometheus.Desc, v int64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v))
	}
	counter := func(d *prometheus.Desc, v int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge(connections, m.Open)
	gauge(inFlight, m.InFlight)
	counter(taken, m.Accepted, "accepted")
	counter(taken, m.Refused, "refused")
	counter(taken, m.Evicted, "evicted")
	counter(taken, m.Broken, "broken")
	counter(aborted, m.Aborted)
	counter(cut, m.Cut)
	counter(bugs, m.Bugs)
	counter(failures, m.OverBudget, "over_budget")
	counter(failures, m.TimedOut, "timed_out")
	counter(failures, m.Failed, "error")
}

// share collects two shares under one name.
func share(name, help string, ask func() Shares) prometheus.Collector {
	return shareCollector{desc(name, help, "budget"), ask}
}

type shareCollector struct {
	desc *prometheus.Desc
	ask  func() Shares
}

func (c shareCollector) Describe(ch chan<- *prometheus.Desc) { ch <- c.desc }

func (c shareCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.ask()
	ch <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, s.Holds, "holds")
	ch <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, s.Delays, "delays")
}
