package freeport

import (
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// Ports are free, differ, and are outside of those for outgoing connections.
func TestChoose(t *testing.T) {
	a, err := Choose(3)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Choose(2)
	if err != nil {
		t.Fatal(err)
	}
	all := append(a, b...)
	slices.Sort(all)
	if len(slices.Compact(all)) != 5 {
		t.Errorf("ports %v and %v, want five", a, b)
	}
	low, _ := lowest()
	for _, p := range all {
		l, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(p))
		if err != nil || p < low || p >= low+span {
			t.Errorf("port %d of %d to %d: %v", p, low, low+span, err)
			continue
		}
		l.Close()
	}
}

// What another test has, and what somebody listens on, is not given.
func TestTaken(t *testing.T) {
	folder := t.TempDir()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	for _, want := range []bool{false, true, false} { // listened on, free, locked
		if got, err := take(folder, port); got != want || err != nil {
			t.Fatalf("port %d: %t, %v, want %t", port, got, err, want)
		}
		l.Close()
	}
	if _, err := take(filepath.Join(folder, "missing"), port); err == nil {
		t.Error("no error without a folder")
	}
}

func TestOutside(t *testing.T) {
	for _, c := range [][3]int{{32768, 60999, 20768}, {1024, 50000, 50001}, {1024, 65535, 53535}} {
		if got := outside(c[0], c[1]); got != c[2] {
			t.Errorf("outside %d to %d: %d, want %d", c[0], c[1], got, c[2])
		}
	}
}
