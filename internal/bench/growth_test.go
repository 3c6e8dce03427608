package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/company"
	"hisseki/store"
)

// sizes are the numbers of senders of the growth curve.
var sizes = []int{10, 1000, 100_000, 1_000_000}

// BenchmarkGrowth judges mail of as many senders as the store knows, drawn at random, so
// that with many senders hardly one is in memory.
func BenchmarkGrowth(b *testing.B) {
	firm := newStaff(b)
	rivals := []*process{startNoop(b, "unix", "answering")}
	starts := make([]time.Duration, len(sizes))
	stores := make([]string, len(sizes))
	for i, n := range sizes {
		stores[i] = filepath.Join(b.TempDir(), "hisseki.db")
		firm.populate(b, stores[i], n)
		begun := time.Now()
		p := startServe(b, "unix", stores[i])
		starts[i] = time.Since(begun)
		p.name = fmt.Sprint(n)
		rivals = append(rivals, p)
	}
	tallies := make([]tally, len(rivals))
	var next atomic.Int64
	for range rounds {
		for i, p := range rivals {
			accounts := sizes[max(i-1, 0)]
			drive(b, p, 4, 0, firm.mail(accounts), &next, &tallies[i])
		}
	}
	for i, p := range rivals[1:] {
		t := &tallies[i+1]
		b.ReportMetric(t.rate()/tallies[0].rate(), p.name+"-ratio")
		b.ReportMetric(t.rate(), p.name+"-mails/s")
		b.ReportMetric(t.cpuPerMail(), p.name+"-cpu-ms/mail")
		b.ReportMetric(t.quantile(0.99), p.name+"-p99-ms")
		b.ReportMetric(p.resident(b, "VmHWM"), p.name+"-MiB")
		b.ReportMetric(float64(starts[i].Milliseconds()), p.name+"-start-ms")
		if n := kept(b, stores[i]); n > t.mails/100 {
			b.Errorf("%s senders: %d of %d mails kept: they are not ordinary mail", p.name, n, t.mails)
		}
	}
	b.ReportMetric(0, "ns/op")
}

// staff is a company: each of its members stands for one in so many accounts, which have
// all learned his mail of three weeks and send his mail of the last one.
type staff struct {
	past    []company.Mail
	members []string
	letters map[string][]letter // of the last week
}

// bodySize is about that of the other benchmarks' composed mails.
const bodySize = 8000

func newStaff(b *testing.B) *staff {
	b.Helper()
	now := time.Now()
	s := &staff{letters: make(map[string][]letter)}
	for _, m := range company.New(1).Weeks(4, now) {
		if now.Sub(m.Time) > 7*24*time.Hour {
			s.past = append(s.past, m)
			continue
		}
		l, err := compose(&m, bodySize)
		if err != nil {
			b.Fatal(err)
		}
		if s.letters[m.Login] == nil {
			s.members = append(s.members, m.Login)
		}
		s.letters[m.Login] = append(s.letters[m.Login], l)
	}
	return s
}

// mail returns mails of so many accounts, drawn at random.
func (s *staff) mail(accounts int) []letter {
	return draw(accounts, func(n int, r *rand.Rand) letter {
		own := s.letters[s.members[n%len(s.members)]]
		return own[r.IntN(len(own))]
	})
}

// populate makes a store that has learned the company's past, with as many accounts that
// have each a member's profile.
func (s *staff) populate(b *testing.B, path string, accounts int) {
	b.Helper()
	timeline, err := company.WriteTimeline(b.TempDir(), s.past)
	if err != nil {
		b.Fatal(err)
	}
	learn := exec.Command(program, "replay", "--learn", "--db", path, "--timeline", timeline)
	if out, err := learn.CombinedOutput(); err != nil {
		b.Fatalf("learn the past: %v\n%s", err, out)
	}
	db, err := store.Open(context.Background(), path, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s.saveProfiles(b, db, accounts)
}

// saveProfiles gives so many accounts each a member's profile, as of the store's last lesson.
func (s *staff) saveProfiles(b *testing.B, db *store.DB, accounts int) {
	b.Helper()
	list := make([]analyzer.Saved, accounts)
	for i, login := range s.members {
		p, last, err := db.Profile(context.Background(), login)
		if err != nil || p.Mails() == 0 {
			b.Fatalf("profile of %s: %v", login, err)
		}
		for n := i; n < accounts; n += len(s.members) {
			list[n] = analyzer.NewSaved(account(n), p, last)
		}
	}
	for part := range slices.Chunk(list, 500) {
		if err := db.SaveProfiles(context.Background(), part...); err != nil {
			b.Fatal(err)
		}
	}
}

// kept returns how many mails a store has held or would have: few, for this is ordinary
// mail.
func kept(b *testing.B, path string) (n int) {
	b.Helper()
	db, err := store.OpenReadOnly(context.Background(), path, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s, err := db.Standing(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	for _, of := range s.Holds {
		n += of
	}
	return n
}
