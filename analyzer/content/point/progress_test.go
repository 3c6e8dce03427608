package point

import (
	"testing"
	"time"
)

// Wide digits right behind letters once kept the search at one place for ever.
func TestFindGoesOn(t *testing.T) {
	done := make(chan bool)
	go func() {
		for _, text := range []string{"A０", "第A１回 03-1234-5678", "x２", "ＡB３4"} {
			Find(text, func(Hit) {})
		}
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("the search does not end")
	}
}
