package milter

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"hisseki/analyzer"
	"hisseki/identity"
)

// Config of a server. Zero fields get the defaults named beside them.
type Config struct {
	Judge         Judge
	Identity      func() *identity.Identity // read for every mail, so that it can be reloaded
	Log           *slog.Logger              // slog.Default
	Now           func() time.Time          // of mail: time.Now
	Counters      *Counters                 // of the server's own
	HeaderBytes   int                       // of one mail, kept: 256 KiB
	BodyBytes     int                       // of one mail, kept: 10 MiB; the rest is counted
	InFlightBytes int64                     // of all mails together: 256 MiB
	Connections   int                       // at once: 1000, ten times Postfix's default_process_limit
	Budget        time.Duration             // for one judgement: 5 s
	Idle          time.Duration             // without a packet: 20 min
	OnFailure     analyzer.Action           // Pass (default), Hold or TempFail
	// Unjudged keeps what is known of a mail that gets the failure action, before the MTA is
	// answered; it has ctx's time. nil keeps nothing.
	Unjudged func(ctx context.Context, u *Unjudged) error
}

// TempFail is the failure action that asks the client to try again.
const TempFail analyzer.Action = "tempfail"

// minIdle is smtpd_timeout of Postfix: a milter that hangs up earlier makes the rest of
// a slow client's SMTP session skip it.
const minIdle = 300 * time.Second

// Check says what of c cannot work. New does not check; Serve and Reload do.
func (c Config) Check() error {
	c.defaults()
	switch {
	case c.Judge == nil:
		return fmt.Errorf("milter: no judge")
	case c.Idle <= minIdle:
		return fmt.Errorf("milter: idle time %s must exceed Postfix's smtpd_timeout, %s",
			c.Idle, minIdle)
	case c.OnFailure != analyzer.Pass && c.OnFailure != analyzer.Hold && c.OnFailure != TempFail:
		return fmt.Errorf("milter: failure action %q: choose pass, hold or tempfail", c.OnFailure)
	}
	return nil
}

func (c *Config) defaults() {
	orDefault(&c.HeaderBytes, 256<<10)
	orDefault(&c.BodyBytes, 10<<20) // above Postfix's message_size_limit, 10240000
	orDefault(&c.InFlightBytes, 256<<20)
	orDefault(&c.Connections, 1000)
	orDefault(&c.Budget, 5*time.Second)
	orDefault(&c.Idle, 20*time.Minute)
	if c.OnFailure == "" {
		c.OnFailure = analyzer.Pass
	}
	if c.Identity == nil {
		c.Identity = func() *identity.Identity { return &identity.Identity{} }
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Counters == nil {
		c.Counters = &Counters{}
	}
}

func orDefault[T ~int | ~int64](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}
