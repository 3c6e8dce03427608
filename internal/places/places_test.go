package places

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hisseki/analyzer"
	"hisseki/internal/config"
)

const mmdb = "../../testdata/mmdb/"

func TestPlaces(t *testing.T) {
	p, err := Open(config.Places{
		Country:  mmdb + "GeoLite2-Country-Test.mmdb",
		Provider: mmdb + "GeoLite2-ASN-Test.mmdb",
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	tests := map[string]analyzer.Place{
		"2001:218::1":    {Country: "JP"},
		"81.2.69.142":    {Country: "GB"},
		"::ffff:1.0.0.1": {Provider: "AS15169 Google Inc."},
		"127.0.0.1":      {},
	}
	for addr, want := range tests {
		if got := p.Locate(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: got %+v, want %+v", addr, got, want)
		}
	}
}

func TestPlacesRefused(t *testing.T) {
	for _, file := range []string{
		"MaxMind-DB-test-broken-pointers-24.mmdb",
		"MaxMind-DB-test-broken-search-tree-24.mmdb",
		"missing.mmdb",
	} {
		_, err := Open(config.Places{Country: mmdb + file})
		if err == nil || !strings.Contains(err.Error(), "places.country "+mmdb+file) {
			t.Errorf("%s: error %v does not name the setting and the file", file, err)
		}
	}
	if p, err := Open(config.Places{}); err != nil || p.Close() != nil {
		t.Errorf("no files at all: %v", err)
	}
}

// TestPlacesReplaced copies another file over one in use: it is cut short first.
func TestPlacesReplaced(t *testing.T) {
	text, err := os.ReadFile(mmdb + "GeoLite2-Country-Test.mmdb")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "country.mmdb")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := Open(config.Places{Country: path})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if got := p.Locate(netip.MustParseAddr("81.2.69.142")); got.Country != "GB" {
		t.Errorf("got %+v while the file is being replaced", got)
	}
	if _, err := Open(config.Places{Country: path}); err == nil {
		t.Error("a reload takes a file that was cut short")
	}
}
