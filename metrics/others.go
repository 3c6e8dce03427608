package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	othersAge = prometheus.NewDesc("hisseki_others_age_seconds", "Since this host last knew all that other "+
		"hosts had recorded in the database: about 0.2 at rest.", nil, nil)
	othersHeard = prometheus.NewDesc("hisseki_others_records_total", "Mails that other hosts recorded and this "+
		"one took in.", nil, nil)
)

// othersCollector shows nothing on an SQLite file, which has one host.
type othersCollector func() Others

func (c othersCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- othersAge
	ch <- othersHeard
}

func (c othersCollector) Collect(ch chan<- prometheus.Metric) {
	o := c()
	if o.Looked.IsZero() {
		return
	}
	ch <- prometheus.MustNewConstMetric(othersAge, prometheus.GaugeValue, time.Since(o.Looked).Seconds())
	ch <- prometheus.MustNewConstMetric(othersHeard, prometheus.CounterValue, float64(o.Heard))
}
