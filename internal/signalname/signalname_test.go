package signalname

import (
	"testing"

	"hisseki/analyzer"
)

func TestNamesAreOfSignals(t *testing.T) {
	rules := map[string]bool{"url-blocked": true, "sender-held": true}
	for name := range japanese {
		if !analyzer.IsSignal(name) && !rules[name] {
			t.Errorf("there is no signal %s", name)
		}
	}
}
