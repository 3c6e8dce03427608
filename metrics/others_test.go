package metrics

import (
	"strings"
	"testing"
	"time"
)

// A host without others, as on an SQLite file, has no age of what it knows of them.
func TestOthers(t *testing.T) {
	known := Others{}
	read := serve(t, New("1", Sources{Others: func() Others { return known }}), fine, fine)
	if _, text := read("/metrics"); strings.Contains(text, "hisseki_others") {
		t.Errorf("without others:\n%s", text)
	}
	known = Others{Looked: time.Now().Add(-time.Hour), Heard: 7}
	_, text := read("/metrics")
	for _, want := range []string{"\nhisseki_others_age_seconds 360", "\nhisseki_others_records_total 7"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
