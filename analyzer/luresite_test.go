package analyzer

import (
	"slices"
	"testing"

	"hisseki/baseline"
)

// Every unknown link is found, also behind a decoy that the evidence names, and no known one.
func TestLureSites(t *testing.T) {
	salt := []byte("salt")
	mark := func(sites ...string) []baseline.Key {
		return hasher{salt}.keys(baseline.Site, sites...)
	}
	for name, c := range map[string]struct {
		urls, hosts []string
		marks       []baseline.Key
		observed    string
		want        []string
	}{
		"decoy first": {[]string{"https://decoy.example/", "https://a.lure.example/x?id=1"},
			[]string{"decoy.example", "lure.example"}, mark("decoy.example", "lure.example"), "decoy.example",
			[]string{"decoy.example", "lure.example"}},
		"known beside it": {[]string{"https://www.partner.example/", "https://lure.example/"},
			[]string{"partner.example", "lure.example"}, mark("lure.example"), "lure.example",
			[]string{"lure.example"}},
		"page of a shared host": {[]string{"https://drive.google.com/file/d/1AbCdEfG/view?usp=x"},
			[]string{"google.com"}, mark("drive.google.com/1AbCdEfG"), "drive.google.com/1AbCdEfG",
			[]string{"drive.google.com/file/d/1AbCdEfG/view"}},
		"a much visited site": {[]string{"https://www.wikipedia.org/"}, []string{"wikipedia.org"}, nil,
			"wikipedia.org", nil},
		"no text kept": {nil, nil, mark("lure.example"), "lure.example", []string{"lure.example"}},
		"nothing":      {[]string{"https://www.partner.example/"}, []string{"partner.example"}, nil, "", nil},
	} {
		r := &Record{URLs: c.urls, Hosts: c.hosts}
		r.Observation.Marks = c.marks
		if c.observed != "" {
			r.Verdict.Evidence = []Evidence{{Signal: URLUnknown, Points: 2, Observed: c.observed}}
		}
		var got []string
		for _, l := range LureSites(salt, r) {
			got = append(got, l.Pattern)
			if (l.Points > 0) != (l.Key == mark(c.observed)[0]) {
				t.Errorf("%s: %+v", name, l)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
