package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/internal/config"
	"hisseki/store"
)

// Every mail is judged while the settings are read again and again, and each reload counts
// for what comes after it.
func TestReloadUnderLoad(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	cfg := config.Default(t.TempDir())
	loads := 0
	d := NewServe(ServeOptions{Clock: time.Now, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Level: new(slog.LevelVar), Load: func() (config.Config, error) {
			loads++
			cfg.Mode = config.Mode([]analyzer.Mode{analyzer.Observe, analyzer.Enforce}[loads%2])
			cfg.Verdict.Hold, cfg.Verdict.Delay = 0.1, 0.1 // any surprise
			return cfg, nil
		}})
	d.db, d.watch.db = db, db
	d.settings.Store(&cfg)
	if err := d.use(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	defer func() { d.endWebhooks() }()
	var sent atomic.Int64
	judge := func(sender int) (analyzer.Verdict, error) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		return d.Judge(ctx, note(sender, int(sent.Add(1))))
	}
	over := make(chan struct{})
	var load sync.WaitGroup
	for i := range 6 {
		load.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				if _, err := judge(i % 3); err != nil {
					t.Errorf("mail not judged: %v", err)
					return
				}
			}
		})
	}
	held := map[config.Mode]int{}
	for range 20 {
		before := sent.Load()
		d.reload(t.Context())
		v, err := judge(7)
		if err != nil {
			t.Error(err)
		}
		if v.Action != analyzer.Pass {
			held[d.settings.Load().Mode]++
		}
		for sent.Load() < before+20 && !t.Failed() { // all have met these settings
			time.Sleep(time.Millisecond)
		}
	}
	close(over)
	load.Wait()
	if held["enforce"] != 10 || held["observe"] != 0 {
		t.Errorf("held after a reload, by mode: %v, want 10 of 10 in enforce", held)
	}
	list, err := db.Recent(t.Context(), "", time.Time{})
	if err != nil || int64(len(list)) != sent.Load() {
		t.Errorf("%d mails sent, %d recorded, %v", sent.Load(), len(list), err)
	}
}

// note is a mail of one of a few accounts with a link that nobody knows.
func note(sender, n int) *analyzer.Mail {
	who := fmt.Sprintf("user%d@example.org", sender)
	body := fmt.Sprintf("Hello,\nthe papers are at https://papers%d.test/view\nRegards\n", n)
	return &analyzer.Mail{
		Envelope: analyzer.Envelope{Time: time.Now(), Sender: who, Class: analyzer.Account,
			Login: who, MailFrom: who, Recipients: []string{"a@partner.example"},
			Client: netip.MustParseAddr("192.0.2.1")},
		Source: content.Source{Header: []content.Field{{Name: "From", Value: who},
			{Name: "Content-Type", Value: "text/plain; charset=utf-8"}}, Body: []byte(body),
			BodySize: int64(len(body))},
	}
}
