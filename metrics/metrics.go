// Package metrics shows how hisseki is doing, in Prometheus' text format and as two
// answers for whoever watches the process: /healthz and /readyz. Nothing is labelled by
// sender, recipient or host name: who mailed is nobody's business here, and the number
// of series must not grow with the mail.
package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics collects. Make it with New. All methods are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	verdicts *prometheus.CounterVec
	signals  *prometheus.CounterVec
	judging  prometheus.Histogram
	commits  prometheus.Histogram
	records  prometheus.Histogram
	day      day
}

// New returns metrics that show the process, the program's version and what sources
// tell at each scrape.
func New(version string, s Sources) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hisseki_verdicts_total",
			Help: "Judged mails by what happened, by what mode enforce would do, and by class.",
		}, []string{"action", "would", "class"}),
		signals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hisseki_signals_total",
			Help: "Judged mails that showed a signal, by signal.",
		}, []string{"signal"}),
		judging: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "hisseki_judgement_seconds",
			Help: "Time from the end of a message to its durable verdict.",
			// The budget is 5 s by default; 0.5 ms is a mail of a known sender at rest.
			Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5},
		}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "hisseki_store_commit_seconds",
			Help:    "Time of a commit, fsync included.",
			Buckets: []float64{.0002, .0005, .001, .002, .005, .01, .02, .05, .1, .5, 1, 5},
		}),
		records: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "hisseki_store_commit_writes",
			Help:    "Writes that shared a commit.",
			Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 100},
		}),
	}
	m.registry.MustRegister(m.verdicts, m.signals, m.judging, m.commits, m.records,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "hisseki_build_info", Help: "Always 1, labelled by version.",
			ConstLabels: prometheus.Labels{"version": version},
		}, func() float64 { return 1 }))
	s.register(m.registry)
	m.registry.MustRegister(share("budget_actual", "Share of the mail of the last 24 hours, or since "+
		"the start, that mode enforce holds or delays, right or wrong.",
		func() Shares { return m.day.shares(time.Now()) }))
	return m
}

// Verdict counts a judged mail: its action, what mode enforce would do, the class of its
// sender, the names of the signals that it showed, and how long the judgement took.
func (m *Metrics) Verdict(action, would, class string, signals []string, took time.Duration) {
	m.verdicts.WithLabelValues(action, would, class).Inc()
	for _, name := range signals {
		m.signals.WithLabelValues(name).Inc()
	}
	m.judging.Observe(took.Seconds())
	m.day.count(time.Now(), would)
}

// Commit counts a commit of so many writes.
func (m *Metrics) Commit(writes int, took time.Duration) {
	m.commits.Observe(took.Seconds())
	m.records.Observe(float64(writes))
}
