package milter

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestLane: fifty accounts that were stolen together have no more of the processors than one, none of
// their mails waits until it is given up, and others wait for none of it: neither for small mail nor, for
// longer than one reading, with a large file.
func TestLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const thieves, reads = 50, 300 * time.Millisecond
		s := &Server{turns: turns{processors: 4}, lane: lane{processors: 4}}
		var mu sync.Mutex
		var spent, worst time.Duration
		at, peak := 0, 0
		over, end := context.WithCancel(t.Context())
		for i := range thieves {
			go func() {
				for over.Err() == nil {
					begun := time.Now()
					ctx, enough := context.WithTimeout(over, turnTime)
					give, err := s.turn(ctx, fmt.Sprintf("thief%d", i), LongBody)
					enough()
					if err != nil {
						if over.Err() == nil {
							t.Errorf("a mail of thief %d was not judged: %v", i, err)
						}
						return
					}
					mu.Lock()
					worst = max(worst, time.Since(begun))
					at++
					peak = max(peak, at)
					mu.Unlock()
					time.Sleep(reads)
					mu.Lock()
					spent += reads
					at--
					mu.Unlock()
					give()
				}
			}()
		}
		time.Sleep(time.Minute)
		mu.Lock()
		spent = 0
		mu.Unlock()
		const while = 10 * time.Minute
		for begun, n := time.Now(), 0; time.Since(begun) < while; n++ {
			now := time.Now()
			give, err := s.turn(t.Context(), fmt.Sprintf("bob%d", n), 1000)
			if err != nil || time.Since(now) != 0 {
				t.Fatalf("small mail waited %v, %v", time.Since(now), err)
			}
			time.Sleep(time.Millisecond)
			give()
			if n%100 == 0 { // a large file, of somebody who sent none before
				now = time.Now()
				give, err := s.turn(t.Context(), fmt.Sprintf("files%d", n), 10*LongBody)
				if err != nil || time.Since(now) > reads {
					t.Fatalf("a large file waited %v, %v", time.Since(now), err)
				}
				time.Sleep(50 * time.Millisecond)
				give()
			}
			time.Sleep(100 * time.Millisecond)
		}
		mu.Lock()
		share := float64(spent) / float64(while)
		mu.Unlock()
		end()
		synctest.Wait()
		time.Sleep(2 * reads)
		t.Logf("the thieves read %.2f of a processor's time, one mail waited %v at most", share, worst)
		if peak > 2 || share > 2.0/2 || worst > turnTime/2 {
			t.Errorf("%d long mails at once, %.2f of a processor, and one waited %v", peak, share, worst)
		}
	})
}

// TestLaneForgets: whoever gives up waiting leaves no place behind, and what is remembered is bounded.
func TestLaneForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lane{processors: 1}
		give, err := l.take(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.take(ctx, "b"); !errors.Is(err, errNoTurn) {
			t.Errorf("the second: %v", err)
		}
		give()
		give() // twice is once
		if give, err = l.take(t.Context(), "b"); err != nil || l.reading != 1 {
			t.Errorf("%v, %d", err, l.reading)
		}
		give()
		for i := range 2 * mostLately {
			l.took(fmt.Sprint(i), 0, time.Second)
		}
		if len(l.lately) > mostLately || !l.long(fmt.Sprint(2*mostLately-1), 1) || l.long("c", 1) || !l.long("c", LongBody) {
			t.Errorf("%d accounts are remembered", len(l.lately))
		}
		time.Sleep(longMemory)
		if l.long(fmt.Sprint(2*mostLately-1), 1) {
			t.Error("it is not forgotten")
		}
	})
}

// TestLaneOnABusyMachine: where all mail takes long, none of it stands in line for that, but what takes many
// times as long does; and what is usual comes back.
func TestLaneOnABusyMachine(t *testing.T) {
	l := &lane{}
	send := func(from, to int, d time.Duration) (long int) {
		for i := from; i < to; i++ {
			who := fmt.Sprintf("user%d@example.org", i)
			l.took(who, 8000, d)
			if l.long(who, 8000) {
				long++
			}
		}
		return long
	}
	if n := send(0, 1000, 300*time.Microsecond); n > 0 {
		t.Errorf("%d accounts with ordinary mail send long mail", n)
	}
	if n := send(1000, 2000, 40*time.Millisecond); n > 40 {
		t.Errorf("%d of 1000 accounts send long mail on a busy machine", n)
	}
	l.took("thief@example.org", 8000, 600*time.Millisecond)
	if !l.long("thief@example.org", 8000) {
		t.Error("a mail of fifteen times what others take is not long")
	}
	send(2000, 2100, 300*time.Microsecond)
	if n := send(2100, 2101, 2*longTurn); n != 1 {
		t.Errorf("what is usual is still %v", l.usual)
	}
	send(3000, 9000, time.Minute) // by thieves
	if l.usual > mostUsual {
		t.Errorf("what is usual became %v", l.usual)
	}
}
