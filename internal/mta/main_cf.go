package mta

import "strings"

// lastOnly leaves of each parameter of a main.cf its last value, which is the one that counts. Of an
// earlier one every daemon of Postfix warns as it starts, postlogd too, which then waits for itself where
// others' warnings have filled its socket (10 messages, net.unix.max_dgram_qlen): nothing is logged, and no
// daemon greets anybody.
func lastOnly(text string) string {
	type setting struct{ name, text string }
	var list []setting
	last := make(map[string]int)
	for line := range strings.Lines(text) {
		name, _, ok := strings.Cut(line, "=")
		switch {
		case len(list) > 0 && strings.IndexAny(line, " \t") == 0: // goes on
			list[len(list)-1].text += line
			continue
		case !ok || strings.HasPrefix(line, "#"):
			name = ""
		}
		name = strings.TrimSpace(name)
		last[name] = len(list)
		list = append(list, setting{name, line})
	}
	var out strings.Builder
	for i, s := range list {
		if s.name == "" || last[s.name] == i {
			out.WriteString(s.text)
		}
	}
	return out.String()
}
