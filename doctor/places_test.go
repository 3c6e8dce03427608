package doctor

import (
	"testing"

	"hisseki/internal/config"
)

// TestPlaces: an intact file without any use is reported.
func TestPlaces(t *testing.T) {
	const country, asn = "../testdata/mmdb/GeoLite2-Country-Test.mmdb",
		"../testdata/mmdb/GeoLite2-ASN-Test.mmdb"
	d := &Doctor{Config: config.Default("/s"), ctx: t.Context()}
	d.Config.Places = config.Places{Country: country, Provider: asn}
	d.places()
	d.Config.Places = config.Places{Country: asn}
	d.places()
	want := []string{"ok places.country: 2.125.160.216/29 is GB",
		"ok places.provider: 1.0.0.0/24 is AS15169 Google Inc.",
		"bad places.country: no record of this file (GeoLite2-ASN) has one"}
	for i, f := range d.list {
		if got := f.State + " " + f.Found; i >= len(want) || got != want[i] {
			t.Errorf("finding %d: %s", i, got)
		}
	}
	if len(d.list) != len(want) {
		t.Errorf("%d findings, want %d", len(d.list), len(want))
	}
}
