package metrics

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// storeCollector shows the store, as it was at most storeEvery ago.
type storeCollector struct {
	ask func() Store

	mu    sync.Mutex
	asked time.Time // on the machine's clock
	last  Store
}

func (c *storeCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{storeUp, holds, incidents, agentAge, storeBytes} {
		ch <- d
	}
}

func (c *storeCollector) state() Store {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked.IsZero() || time.Since(c.asked) >= storeEvery {
		c.last, c.asked = c.ask(), time.Now()
	}
	return c.last
}

// Collect reports only that it failed when the store does not answer: old figures
// would look like good news.
func (c *storeCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.state()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	if !s.OK {
		gauge(storeUp, 0)
		return
	}
	gauge(storeUp, 1)
	for state, n := range s.Holds {
		gauge(holds, float64(n), state)
	}
	gauge(incidents, float64(s.Incidents))
	age := s.AgentAge.Seconds()
	if s.AgentAge < 0 {
		age = -1
	}
	gauge(agentAge, age)
	gauge(storeBytes, float64(s.Bytes), "database")
	gauge(storeBytes, float64(s.LogBytes), "log")
}
