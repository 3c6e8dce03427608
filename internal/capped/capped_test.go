package capped

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestBufferKeepsTheBeginning(t *testing.T) {
	b := New(5)
	fmt.Fprint(b, "abc")
	n, err := io.Copy(b, strings.NewReader(strings.Repeat("d", 1<<20)))
	if n != 1<<20 || err != nil || b.String() != "abcdd" {
		t.Errorf("wrote %d, %v; kept %q", n, err, b.String())
	}
}
