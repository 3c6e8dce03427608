package daemon

import (
	"context"
	"io"
	"log/slog"
	"strings"

	"hisseki/internal/config"
)

// NewLogger returns a logger whose level can be changed while it is in use. Values come
// from mail: both formats quote them, so that a line stays one line. docs/logging.md
// lists the fields.
func NewLogger(w io.Writer, format config.Format, level *slog.LevelVar, version string,
) *slog.Logger {
	opt := &slog.HandlerOptions{Level: level}
	if format != "json" {
		return slog.New(slog.NewTextHandler(w, opt))
	}
	opt.ReplaceAttr = ecsName
	return slog.New(ecs{slog.NewJSONHandler(w, opt)}).With(
		"ecs.version", "8.17.0", "service.name", "hisseki", "service.version", version)
}

// ecsNames are the names of Elastic Common Schema for our keys. What it has no name for
// goes below "hisseki.".
var ecsNames = map[string]string{
	slog.TimeKey:    "@timestamp",
	slog.LevelKey:   "log.level",
	slog.MessageKey: "message",
	"queue_id":      "email.local_id",
	"message_id":    "email.message_id",
	"sender":        "user.name", // the account; From is not believed
	"points":        "event.risk_score",
	"signals":       "rule.name",
	"error":         "error.message",
	"stack":         "error.stack_trace",
	"host":          "host.name",
	"seen":          "event.end", // of an agent that is heard no more
}

func ecsName(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	name, ok := ecsNames[a.Key]
	switch {
	case ok:
		a.Key = name
	case !strings.Contains(a.Key, "."):
		a.Key = "hisseki." + a.Key
	}
	if a.Key == "log.level" {
		a.Value = slog.StringValue(strings.ToLower(a.Value.String()))
	}
	if err, ok := a.Value.Any().(error); ok {
		a.Value = slog.StringValue(err.Error())
	}
	return a
}

// ecs adds what Elastic Common Schema wants of an event. Our messages are constant, so
// they name what happened.
type ecs struct{ slog.Handler }

func (h ecs) Handle(ctx context.Context, r slog.Record) error {
	kind := "event"
	if r.Level >= slog.LevelWarn {
		kind = "alert"
	}
	r.AddAttrs(slog.String("event.action", r.Message), slog.String("event.kind", kind),
		slog.String("event.dataset", "hisseki.log"))
	return h.Handler.Handle(ctx, r)
}

func (h ecs) WithAttrs(list []slog.Attr) slog.Handler { return ecs{h.Handler.WithAttrs(list)} }

func (h ecs) WithGroup(name string) slog.Handler { return ecs{h.Handler.WithGroup(name)} }

// SetLevel sets what a logger leaves out.
func SetLevel(v *slog.LevelVar, level config.Level) {
	switch level {
	case "debug":
		v.Set(slog.LevelDebug)
	case "warn":
		v.Set(slog.LevelWarn)
	case "error":
		v.Set(slog.LevelError)
	default:
		v.Set(slog.LevelInfo)
	}
}
