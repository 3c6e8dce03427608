package analyzer

import (
	"slices"
	"testing"
)

func TestLures(t *testing.T) {
	for name, c := range map[string]struct {
		observed string
		points   float64
		urls     []string
		want     []string
	}{
		"site":       {"lure.test", 1.8, nil, []string{"lure.test"}},
		"well known": {"partner.example", 0.4, nil, nil},
		"page": {"drive.example/1AbCdE", 2,
			[]string{"https://drive.example/file/d/1AbCdE/view?usp=x", "https://drive.example/else"},
			[]string{"drive.example/file/d/1AbCdE/view"}},
		"page, no text kept":    {"drive.example/1AbCdE", 2, nil, nil},
		"root of a shared host": {"drive.example/", 2, []string{"https://drive.example/"}, nil},
		"registry":              {"co.jp", 2, nil, nil},
	} {
		r := &Record{URLs: c.urls, Verdict: Verdict{Evidence: []Evidence{
			{Signal: "network-new", Points: 3, Observed: "203.0.113.0/24"},
			{Signal: "url-unknown", Points: c.points, Observed: c.observed}}}}
		if got := Lures(r); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
