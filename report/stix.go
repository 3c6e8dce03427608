package report

import (
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strings"
)

// STIX 2.1 (https://docs.oasis-open.org/cti/stix/v2.1/stix-v2.1.html). Ids are version 5
// UUIDs of what they stand for, so that the same report twice is the same bundle and two
// reports of one link name one indicator.

// stixSpace is our namespace of ids, drawn once. STIX's own is for observables only.
var stixSpace = [16]byte{0x6f, 0x2c, 0x1d, 0x0e, 0x93, 0xa7, 0x4e, 0x5b, 0x8c, 0x1f, 0x7a, 0x5e,
	0x0b, 0x9d, 0x4c, 0x36}

// stixTime is how STIX writes times.
const stixTime = "2006-01-02T15:04:05.000Z"

// stixObject is an identity, an indicator or a report; what it does not have stays away.
type stixObject struct {
	Type          string         `json:"type"`
	SpecVersion   string         `json:"spec_version"`
	ID            string         `json:"id"`
	CreatedBy     string         `json:"created_by_ref,omitempty"`
	Created       string         `json:"created"`
	Modified      string         `json:"modified"`
	Name          string         `json:"name"`
	Description   string         `json:"description,omitempty"`
	IdentityClass string         `json:"identity_class,omitempty"`
	Types         []string       `json:"indicator_types,omitempty"`
	Pattern       string         `json:"pattern,omitempty"`
	PatternType   string         `json:"pattern_type,omitempty"`
	ValidFrom     string         `json:"valid_from,omitempty"`
	ReportTypes   []string       `json:"report_types,omitempty"`
	Published     string         `json:"published,omitempty"`
	Refs          []string       `json:"object_refs,omitempty"`
	External      []stixExternal `json:"external_references,omitempty"`
}

type stixExternal struct {
	Source string `json:"source_name"`
	ID     string `json:"external_id"`
}

type stixBundle struct {
	Type    string       `json:"type"`
	ID      string       `json:"id"`
	Objects []stixObject `json:"objects"`
}

func writeSTIX(w io.Writer, r *Report) error {
	opened := r.Incidents[0].Opened.UTC()
	changed := later(opened, r.Last.UTC())
	origin := fmt.Sprintf("%s %s %s", r.Name(), r.Incidents[0].Sender, opened.Format(stixTime))
	maker := stixObject{Type: "identity", SpecVersion: "2.1", ID: stixID("identity", "hisseki"),
		Created: "2026-01-01T00:00:00.000Z", Modified: "2026-01-01T00:00:00.000Z", Name: "hisseki",
		IdentityClass: "system"}
	report := stixObject{Type: "report", SpecVersion: "2.1", ID: stixID("report", origin),
		CreatedBy: maker.ID, Created: opened.Format(stixTime), Modified: changed.Format(stixTime),
		Name:        "Compromised mail account, incident " + r.Name(),
		ReportTypes: []string{"indicator"}, Published: changed.Format(stixTime),
		External: []stixExternal{{"hisseki", r.Name()}}}
	list := []stixObject{maker}
	for i := range r.Block {
		if x, ok := stixIndicator(&r.Block[i], maker.ID); ok {
			list = append(list, x)
			report.Refs = append(report.Refs, x.ID)
		}
	}
	if len(report.Refs) == 0 {
		report.Refs = []string{maker.ID} // a report refers to something
	}
	list = append(list, report)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(stixBundle{"bundle", stixID("bundle", origin+changed.Format(stixTime)), list})
}

// stixIndicator returns false for what STIX has no pattern for.
func stixIndicator(i *Indicator, maker string) (stixObject, bool) {
	pattern, ok := stixPattern(i)
	at := i.First.UTC().Format(stixTime)
	return stixObject{Type: "indicator", SpecVersion: "2.1", ID: stixID("indicator", pattern+at),
		CreatedBy: maker, Created: at, Modified: at, Name: string(i.Kind) + " " + i.Shown(),
		Types: []string{"malicious-activity"}, Pattern: pattern, PatternType: "stix",
		ValidFrom: at}, ok
}

func stixPattern(i *Indicator) (string, bool) {
	object := ""
	switch i.Kind {
	case IndicatorURL:
		object = "url:value"
	case IndicatorHost:
		if strings.Contains(i.Value, "/") { // a page: its link is listed too
			return "", false
		}
		object = "domain-name:value"
	case IndicatorClient:
		object = "ipv4-addr:value"
	case IndicatorFile:
		object = "file:hashes.'SHA-256'"
	}
	if a, err := netip.ParseAddr(strings.Trim(i.Value, "[]")); err == nil {
		object = "ipv4-addr:value"
		if a.Is6() && !a.Is4In6() {
			object = "ipv6-addr:value"
		}
	}
	value := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(safe(i.Value, maxURL))
	return fmt.Sprintf("[%s = '%s']", object, value), true
}

// stixID is a type and the version 5 UUID (RFC 9562) of a name in our namespace.
func stixID(kind, name string) string {
	sum := sha1.Sum(append(stixSpace[:], kind+"\x00"+name...))
	sum[6] = sum[6]&0x0f | 0x50
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%s--%x-%x-%x-%x-%x", kind, sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
