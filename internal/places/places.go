// Package places looks client addresses up in the MaxMind DB files that an admin names:
// country and network operator. It is the only package that knows the format.
package places

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/oschwald/maxminddb-golang/v2"

	"hisseki/analyzer"
	"hisseki/internal/config"
)

// Files look client addresses up in the admin's MaxMind DB files.
type Files struct {
	country  *maxminddb.Reader // nil without a file
	provider *maxminddb.Reader
}

// Open opens the files. A file that is there but unfit is an error that names it.
func Open(c config.Places) (*Files, error) {
	p := &Files{}
	var err error
	if p.country, err = openFile("places.country", c.Country); err != nil {
		return nil, err
	}
	if p.provider, err = openFile("places.provider", c.Provider); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func openFile(key, path string) (*maxminddb.Reader, error) {
	if path == "" {
		return nil, nil
	}
	hint := "give " + key + " an intact .mmdb file or leave it out"
	// Into memory (about 10 MB each): a mapped file that is copied over, and so cut short
	// for a moment, would kill us with SIGBUS.
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("opening %s %s: %w: %s", key, path, err, hint)
	}
	r, err := maxminddb.OpenBytes(text)
	if err != nil {
		return nil, fmt.Errorf("opening %s %s: %w: %s", key, path, err, hint)
	}
	if len(r.Metadata.Description) == 0 {
		// The format's specification calls it optional (MaxMind DB 2.0, "Database Metadata"),
		// Verify does not.
		r.Metadata.Description = map[string]string{"en": "none"}
	}
	// Files cut short while being copied are common, and open without complaint.
	if err := r.Verify(); err != nil {
		return nil, fmt.Errorf("%s %s is broken: %w: %s", key, path,
			errors.Join(err, r.Close()), hint)
	}
	return r, nil
}

// Close closes the files.
func (p *Files) Close() error {
	var errs []error
	for _, r := range []*maxminddb.Reader{p.country, p.provider} {
		if r != nil {
			errs = append(errs, r.Close())
		}
	}
	return errors.Join(errs...)
}

// Locate implements analyzer.Locator. What a file does not know stays empty.
func (p *Files) Locate(addr netip.Addr) analyzer.Place {
	var place analyzer.Place
	addr = addr.Unmap()
	if p.country != nil {
		place.Country = country(p.country.Lookup(addr))
	}
	if p.provider != nil {
		place.Provider = provider(p.provider.Lookup(addr))
	}
	return place
}
