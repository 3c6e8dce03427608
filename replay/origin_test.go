package replay

import (
	"context"
	"net/netip"
	"path/filepath"
	"testing"
)

// TestOrigins: a log says whose a mail is and where it came from; not that it is another's
// whose folder it lies in.
func TestOrigins(t *testing.T) {
	client := netip.MustParseAddr("192.0.2.1")
	o := &Origins{}
	for id, sender := range map[string]string{"1.sales@example.org": "bob@example.org",
		"2.sales@example.org": "eve@example.org"} {
		if err := o.Add(id, sender, client); err != nil {
			t.Fatal(err)
		}
	}
	dir := writeFiles(t, map[string]string{"Sent": inMbox(dated("sales@example.org", 1),
		dated("sales@example.org", 2), dated("sales@example.org", 3))})
	for owner, want := range map[string][3]string{
		"": {"bob@example.org 192.0.2.1", "eve@example.org 192.0.2.1", "sales@example.org invalid IP"},
		"Bob@example.org": {"bob@example.org 192.0.2.1", "bob@example.org invalid IP",
			"bob@example.org invalid IP"},
	} {
		a, err := OpenPaths(context.Background(), []string{filepath.Join(dir, "Sent")},
			ArchiveOptions{Sender: owner, Origins: o})
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		acts, err := readAll(a)
		if err != nil || len(acts) != 3 {
			t.Fatalf("%d mails, %v", len(acts), err)
		}
		for i, act := range acts {
			if got := act.Mail.Sender + " " + act.Mail.Client.String(); got != want[i] {
				t.Errorf("folder of %q, mail %d: %s, want %s", owner, i+1, got, want[i])
			}
		}
	}
	if o.Count() != 2 {
		t.Errorf("%d origins, want 2", o.Count())
	}
}
