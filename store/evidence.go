package store

import (
	"encoding/json"

	"hisseki/analyzer"
)

// evidence is kept without its names: they would be a third of a journal row.
type evidence []analyzer.Evidence

// MarshalJSON writes lists of signal, points, observed, usual and text.
func (e evidence) MarshalJSON() ([]byte, error) {
	list := make([][5]any, len(e))
	for i := range e {
		list[i] = [5]any{e[i].Signal, e[i].Points, e[i].Observed, e[i].Usual, e[i].Text}
	}
	return json.Marshal(list)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *evidence) UnmarshalJSON(data []byte) error {
	var list [][5]json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	*e = make(evidence, len(list))
	for i, l := range list {
		v := &(*e)[i]
		for n, into := range []any{&v.Signal, &v.Points, &v.Observed, &v.Usual, &v.Text} {
			if err := json.Unmarshal(l[n], into); err != nil {
				return err
			}
		}
	}
	return nil
}

// leastPoints is below what every second mail shows (0.3 points). In mail that passes
// such a signal explains nothing.
const leastPoints = 0.3

// worth is the evidence that is kept: all of a mail that would be kept, of other mail what
// has some weight.
func worth(v *analyzer.Verdict) evidence {
	if v.Would != analyzer.Pass {
		return v.Evidence
	}
	var list evidence
	for i := range v.Evidence {
		if v.Evidence[i].Points >= leastPoints {
			list = append(list, v.Evidence[i])
		}
	}
	return list
}
