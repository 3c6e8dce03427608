package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/replay"
)

// writing is the style of one ordinary mail.
type writing struct {
	author string
	obs    baseline.Observation
	scored bool // not of the warm-up
}

// authorship collects how well mails fit a style: per owner of the style the author's own
// mails, and per owner and other author the others', each in order of time.
type authorship struct {
	own    map[string][]float64
	others map[string]map[string][]float64
}

// impostors is how many other senders' models each mail is compared with.
const impostors = 5

// refreshModels is how many mails others' models and everybody's may lag behind.
const refreshModels = 300

// styleSection says how well own mail differs from others', by one mail and by several pooled.
func (e *evaluation) styleSection(ctx context.Context) (section, error) {
	s := newTable("Style alone: own mail against that of others, area under the ROC curve",
		table.Row{"organisation", "mails pooled", "all models", "mean per author", "own", "others'"})
	for _, sc := range e.scenarios {
		mails, err := writings(ctx, sc)
		if err != nil {
			return s, err
		}
		a := compareHands(mails)
		for _, n := range []int{1, 5, 10} {
			own, others, mean := a.pool(n)
			s.rows.AppendRow(table.Row{sc.name, n, fmt.Sprintf("%.3f", area(own, others)),
				fmt.Sprintf("%.3f", mean), len(own), len(others)})
		}
	}
	return s, nil
}

// writings replays a scenario and returns its ordinary mails.
func writings(ctx context.Context, s *scenario) ([]writing, error) {
	truth := make(map[string]label, len(s.labels))
	for _, l := range s.labels {
		truth[l.File] = l
	}
	var list []writing
	_, err := replay.Run(ctx, replay.Options{
		Source: &source{rest: s.acts}, Config: asShipped.config(),
		Report: func(e *replay.Event) error {
			if l := truth[e.File]; e.Record != nil && l.Label == "benign" {
				list = append(list, writing{e.Sender, e.Record.Observation, l.Phase == "eval"})
			}
			return nil
		},
	})
	if err != nil {
		return nil, fmt.Errorf("replay scenario %s: %w", s.name, err)
	}
	return list, nil
}

// compareHands goes through mails in order of time: each is compared with what its author,
// and some others, wrote before.
func compareHands(mails []writing) *authorship {
	a := &authorship{make(map[string][]float64), make(map[string]map[string][]float64)}
	profiles := make(map[string]*baseline.Profile)
	var all baseline.Profile
	var everybody *baseline.StyleModel
	var models map[string]*baseline.StyleModel
	var owners []string
	for i := range mails {
		m := &mails[i]
		if m.scored && len(m.obs.Style) > 0 {
			if i%refreshModels == 0 || everybody == nil {
				everybody, models = all.StyleModel(), ready(profiles)
				owners = slices.Sorted(maps.Keys(models))
			}
			a.compare(m, i, profiles[m.author], everybody, models, owners)
		}
		if profiles[m.author] == nil {
			profiles[m.author] = &baseline.Profile{}
		}
		profiles[m.author].Learn(&m.obs)
		all.Learn(&m.obs)
	}
	return a
}

// ready returns the styles that have enough history.
func ready(profiles map[string]*baseline.Profile) map[string]*baseline.StyleModel {
	models := make(map[string]*baseline.StyleModel)
	for name, p := range profiles {
		if p.StyleMails() >= analyzer.StyleReady {
			models[name] = p.StyleModel()
		}
	}
	return models
}

func (a *authorship) compare(m *writing, i int, own *baseline.Profile, everybody *baseline.StyleModel,
	models map[string]*baseline.StyleModel, owners []string) {
	if own != nil && own.StyleMails() >= analyzer.StyleReady {
		a.own[m.author] = append(a.own[m.author], analyzer.Fit(own.StyleModel(), everybody, m.obs.Style))
	}
	for k := range min(impostors, len(owners)) {
		owner := owners[(i*7+k*13)%len(owners)] // spread evenly, and the same in every run
		if owner == m.author {
			continue
		}
		if a.others[owner] == nil {
			a.others[owner] = make(map[string][]float64)
		}
		a.others[owner][m.author] = append(a.others[owner][m.author],
			analyzer.Fit(models[owner], everybody, m.obs.Style))
	}
}

// pool returns the mean fits of n mails of one author after another, and the area under
// the curve per author, weighted by the owner's mails.
func (a *authorship) pool(n int) (own, others []float64, mean float64) {
	weight := 0.0
	for _, owner := range slices.Sorted(maps.Keys(a.own)) {
		mine := means(a.own[owner], n)
		var theirs []float64
		for _, author := range slices.Sorted(maps.Keys(a.others[owner])) {
			theirs = append(theirs, means(a.others[owner][author], n)...)
		}
		own, others = append(own, mine...), append(others, theirs...)
		if len(mine) > 0 && len(theirs) > 0 {
			mean += area(mine, theirs) * float64(len(mine))
			weight += float64(len(mine))
		}
	}
	if weight == 0 {
		return own, others, 0
	}
	return own, others, mean / weight
}

// means returns the means of n values each, in order, without the rest.
func means(list []float64, n int) []float64 {
	var out []float64
	for chunk := range slices.Chunk(list, n) {
		if len(chunk) < n {
			break
		}
		sum := 0.0
		for _, v := range chunk {
			sum += v
		}
		out = append(out, sum/float64(n))
	}
	return out
}

// area returns the area under the ROC curve: how often a value of high is above one of low,
// a tie counting half (Mann and Whitney's U). It is 0 when one is empty.
func area(high, low []float64) float64 {
	if len(high) == 0 || len(low) == 0 {
		return 0
	}
	low = slices.Sorted(slices.Values(low))
	sum := 0.0
	for _, v := range high {
		below, equal := slices.BinarySearch(low, v)
		sum += float64(below)
		for i := below; equal && i < len(low) && low[i] == v; i++ {
			sum += 0.5
		}
	}
	return sum / float64(len(high)) / float64(len(low))
}
