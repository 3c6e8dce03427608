package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hisseki/analyzer/content"
	"hisseki/internal/company"
	"hisseki/replay"
)

// manyAccounts is how many accounts the mails are spread over: a hundred mails a second of
// one account are not ordinary.
const manyAccounts = 1000

// letters returns mails of about size bytes, each from another of these accounts.
// With BENCH_MAILS they are real ones, as large as they are.
func letters(b *testing.B, size int) []letter {
	b.Helper()
	list, err := realLetters(os.Getenv("BENCH_MAILS"))
	if err == nil && list == nil {
		list, err = composed(size)
	}
	if err != nil {
		b.Fatal(err)
	}
	total := 0
	for i := range list {
		l := &list[i]
		l.login = account(i % manyAccounts)
		l.from = l.login
		l.client = fmt.Sprintf("192.0.2.%d", 1+i%250)
		total += len(l.source.Body)
		for _, f := range l.source.Header {
			total += len(f.Name) + len(f.Value) + 4
		}
	}
	b.ReportMetric(float64(total)/float64(len(list))/1000, "kB/mail")
	return list
}

// spread gives the letters to so many accounts, at random.
func spread(list []letter, accounts int) []letter {
	return draw(accounts, func(n int, r *rand.Rand) letter { return list[r.IntN(len(list))] })
}

// draw returns mails of so many accounts, drawn at random; of chooses an account's mail.
func draw(accounts int, of func(n int, r *rand.Rand) letter) []letter {
	r := rand.New(rand.NewPCG(3, uint64(accounts)))
	out := make([]letter, 20_000)
	for i := range out {
		n := r.IntN(accounts)
		out[i] = of(n, r)
		out[i].login, out[i].from = account(n), account(n)
	}
	return out
}

func account(i int) string { return fmt.Sprintf("user%d@example.org", i) }

func realLetters(dir string) ([]letter, error) {
	if dir == "" {
		return nil, nil
	}
	f, err := os.Open(filepath.Join(dir, "timeline.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("BENCH_MAILS: %w", err)
	}
	defer f.Close()
	t, err := replay.OpenTimeline(dir, f.Name(), f)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	var list []letter
	for {
		act, err := t.Next()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		if act.Mail != nil {
			list = append(list, letter{rcpt: act.Mail.Recipients, source: act.Mail.Source})
		}
	}
}

// composed returns the mail of a small company, its text repeated up to size bytes.
func composed(size int) ([]letter, error) {
	firm := company.New(1)
	var list []letter
	for _, m := range firm.Weeks(20, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)) {
		l, err := compose(&m, size)
		if err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}

// compose returns a mail with its text repeated up to size bytes.
func compose(m *company.Mail, size int) (letter, error) {
	src, err := content.ReadSource(bytes.NewReader(m.Message), 0)
	if err != nil {
		return letter{}, err
	}
	text := src.Body
	for len(src.Body)+len(text) < size {
		src.Body = append(src.Body[:len(src.Body):len(src.Body)], text...)
	}
	return letter{client: m.Client, rcpt: m.Recipients, source: src}, nil
}
