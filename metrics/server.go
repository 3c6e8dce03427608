package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Probe answers nil when things are well, or says what is not. It must answer soon.
type Probe func() error

// Server serves /metrics, /healthz and /readyz.
type Server struct {
	http http.Server
	log  *slog.Logger
}

// NewServer returns a server. healthy says whether the process does its work (restart it
// when not), ready whether it can judge mail now.
func NewServer(m *Metrics, healthy, ready Probe, log *slog.Logger) *Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	}))
	mux.Handle("GET /healthz", answer(healthy))
	mux.Handle("GET /readyz", answer(ready))
	return &Server{log: log, http: http.Server{
		Handler: mux, MaxHeaderBytes: 16 << 10, ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second, IdleTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}
}

func answer(probe Probe) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if err := probe(); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, err)
			return
		}
		io.WriteString(w, "ok\n") //nolint:errcheck // whoever asked has gone
	})
}

// Serve answers on a listener until Shutdown.
func (s *Server) Serve(ln net.Listener) {
	if err := s.http.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		s.log.Error("metrics are served no more", "error", err)
	}
}

// Shutdown ends the server; scrapes under way may finish until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		return fmt.Errorf("end of metrics: %w", err)
	}
	return nil
}
