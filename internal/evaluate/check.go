package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
)

// official is what score.py --json says of one run of hisseki replay.
type official struct {
	Benign       int     `json:"benign"`
	FalseHolds   int     `json:"false_holds"`
	Delays       int     `json:"delays"`
	Incidents    int     `json:"incidents"`
	Contained    int     `json:"contained"`
	Median       int     `json:"escaped_median"`
	P90          int     `json:"escaped_p90"`
	Most         int     `json:"escaped_max"`
	Reached      float64 `json:"recipients_reached_pct"` // two digits
	BEC          int     `json:"bec"`
	BECContained int     `json:"bec_contained"`
}

func (s *score) official() official {
	return official{s.Benign, s.FalseHolds, s.Delays, len(s.Escaped), s.Contained,
		s.escaped(0.5), s.escaped(0.9), s.escaped(1), 100 * s.reachedShare(), s.BEC, s.BECContained}
}

// check compares the figures as shipped with those that score.py gave of hisseki replay's
// own output: NAME.score.json and NAME--no-client.score.json in a folder.
func (e *evaluation) check(dir string) error {
	for i, s := range e.scenarios {
		for suffix, set := range map[string]setting{"": asShipped, "--no-client": noClient} {
			name := filepath.Join(dir, s.name+suffix+".score.json")
			text, err := os.ReadFile(name)
			if err != nil {
				return fmt.Errorf("read score: %w", err)
			}
			var want official
			if err := json.Unmarshal(text, &want); err != nil {
				return fmt.Errorf("%s: not the output of score.py --json: %w", name, err)
			}
			sc := e.scores[run{i, set}]
			got := sc.official()
			if math.Abs(got.Reached-want.Reached) < 0.0051 { // rounded there
				got.Reached = want.Reached
			}
			if got != want {
				return fmt.Errorf("%s says %+v, this evaluation %+v: is bin/hisseki of the same "+
					"sources, and does score.py count as score.go?", name, want, got)
			}
		}
	}
	return nil
}
