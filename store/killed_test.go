package store

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"hisseki/internal/pgtest"
)

// killRounds is how often TestServerIsKilled kills.
const killRounds = 10

// PostgreSQL is killed (SIGKILL, with all its processes) at random moments while three nodes record:
// what was promised is there, once, with its recipients, and the nodes go on without a restart.
func TestServerIsKilled(t *testing.T) {
	onlyServer(t)
	pg := pgtest.Own(t)
	url, err := pg.Database("")
	if err != nil {
		t.Fatal(err)
	}
	l := newLoad(t, url)
	for range killRounds {
		time.Sleep(time.Duration(50+rand.IntN(250)) * time.Millisecond)
		if err := pg.Down(os.Kill); err != nil {
			t.Fatal(err)
		}
		if err := pg.Up(); err != nil {
			t.Fatal(err)
		}
		l.goesOn(1)
	}
	l.check()
}
