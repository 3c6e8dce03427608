package analyzer_test

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/replay"
)

// Bounds of judging any one mail. The bytes of the mail itself are the caller's.
const (
	hostileTime  = time.Second // of processors, so that neighbours do not count
	hostileBytes = 64 << 20
)

// hostileBodies are mails built to hurt. How they are read is tested in content, with
// many more; here they go all the way to a verdict.
func hostileBodies() map[string]func() (contentType, body string) {
	const mixed = "multipart/mixed; boundary=b"
	return map[string]func() (string, string){
		"nested-30000": func() (string, string) {
			var b strings.Builder
			for i := range 30_000 {
				fmt.Fprintf(&b, "--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n", i, i+1)
			}
			return "multipart/mixed; boundary=b0", b.String()
		},
		"million-parts": func() (string, string) {
			return mixed, strings.Repeat("--b\r\n\r\nx\r\n", 1_000_000)
		},
		"part-headers-9M": func() (string, string) {
			return mixed, "--b\r\n" + strings.Repeat("X-Field: value\r\n", 9<<20/16) + "\r\nx\r\n--b--\r\n"
		},
		"boundary-4095": func() (string, string) {
			edge := strings.Repeat("b", 4093)
			return "multipart/mixed; boundary=" + edge,
				"--" + edge + "\r\n\r\nhttps://lure.test/\r\n--" + edge + "--\r\n"
		},
		"urls-100000": func() (string, string) {
			var b strings.Builder
			for i := range 100_000 {
				fmt.Fprintf(&b, "https://h%d.example.org/%d\r\n", i, i)
			}
			return "text/plain", b.String()
		},
		"one-line-10M": func() (string, string) { return "text/plain", strings.Repeat("a.b ", 10<<20/4) },
		"japanese-10M": func() (string, string) {
			return "text/plain; charset=utf-8", strings.Repeat("お世話になっております。", 10<<20/36)
		},
	}
}

// raced says whether the race detector makes all of this slow.
func raced() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// processorTime is what this program has used of the processors so far.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestHostileJudged takes hostile mail through parsing, every signal and recording, from
// an account with a history.
func TestHostileJudged(t *testing.T) {
	a := office(t, replay.NewMemory())
	for name, build := range hostileBodies() {
		kind, body := build()
		judge := func() (spent time.Duration, allocated uint64, v analyzer.Verdict) {
			m := letter("b@example.jp", attackDay, "192.0.2.11", "p1@partner1.example.org", body)
			for i := range m.Header {
				if m.Header[i].Name == "Content-Type" {
					m.Header[i] = content.Field{Name: "Content-Type", Value: kind}
				}
			}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := processorTime(t)
			r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
			spent = processorTime(t) - start
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return spent, after.TotalAlloc - before.TotalAlloc, r.Verdict
		}
		spent, allocated, v := judge()
		for try := 0; try < 5 && spent > hostileTime && !raced(); try++ { // neighbours are slow too
			spent, _, _ = judge()
		}
		if !raced() && (spent > hostileTime || allocated > hostileBytes) {
			t.Errorf("%s: %v and %d MiB in all, want under %v and %d", name, spent, allocated>>20,
				hostileTime, hostileBytes>>20)
		}
		if name == "nested-30000" && v.Points == 0 {
			t.Errorf("%s: hiding raises no points: %+v", name, v.Evidence)
		}
		t.Logf("%s: %v, %d KiB, %.1f points", name, spent, allocated>>10, v.Points)
	}
}
