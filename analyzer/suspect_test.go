package analyzer

import (
	"slices"
	"testing"

	"hisseki/baseline"
)

func TestTrail(t *testing.T) {
	mail := func(mark, network baseline.Key, text uint64) baseline.Observation {
		o := baseline.Observation{SimHash: text, Marks: []baseline.Key{mark}}
		o.Keys[baseline.Network] = []baseline.Key{network}
		return o
	}
	attack := []*Record{
		{Observation: mail(1, 10, 0xff00),
			Verdict: Verdict{Evidence: []Evidence{{Signal: "network-new", Points: 2}}}},
		{Observation: mail(2, 20, 0)}, // the owner's network
	}
	trail := NewTrail(attack)
	for name, c := range map[string]struct {
		o    baseline.Observation
		want []Trait
	}{
		"nothing":         {mail(3, 20, 0xffff0000ffff), nil},
		"no text":         {mail(3, 20, 0), nil},
		"link":            {mail(2, 20, 0), []Trait{SharedLink}},
		"text":            {mail(3, 20, 0xff01), []Trait{SharedText}},
		"thief's network": {mail(3, 10, 0), []Trait{SharedNetwork}},
		"all":             {mail(1, 10, 0xff00), []Trait{SharedLink, SharedText, SharedNetwork}},
	} {
		if got := trail.Traits(&c.o); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestRescore(t *testing.T) {
	r := &Record{Verdict: Verdict{Points: 3.5, Evidence: []Evidence{
		{Signal: "network-new", Points: 1.5}, {Signal: "url-unknown", Points: 2}}}}
	access, crowd := groupCap[groupAccess], groupCap[groupCampaign]
	for name, c := range map[string]struct {
		traits []Trait
		want   float64
	}{
		"nothing": {nil, 3.5},
		"network": {[]Trait{SharedNetwork}, 3.5 + access - 1.5}, // it knew half of it then
		"link":    {[]Trait{SharedLink}, 3.5 + crowd},
		"both":    {[]Trait{SharedLink, SharedText}, 3.5 + crowd}, // one cause counts once
		"all":     {[]Trait{SharedText, SharedNetwork}, 3.5 + crowd + access - 1.5},
	} {
		if got := Rescore(r, c.traits); got != c.want {
			t.Errorf("%s: %v points, want %v", name, got, c.want)
		}
	}
}
