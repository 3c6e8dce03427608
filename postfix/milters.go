package postfix

import (
	"path/filepath"
	"strings"
)

// Milter is one entry of smtpd_milters or non_smtpd_milters.
type Milter struct {
	Address string // "inet:127.0.0.1:8891", "unix:hisseki/milter.sock"
	Options Parameters
}

// Milters takes a value of smtpd_milters apart (MILTER_README):
//
//	inet:h:1, { unix:a, connect_timeout=2s, default_action=accept }
func Milters(value string) []Milter {
	var list []Milter
	for _, entry := range List(value) {
		fields := []string{entry}
		if inside, ok := unbrace(entry); ok {
			fields = List(inside)
		}
		if len(fields) == 0 {
			continue
		}
		m := Milter{Address: fields[0], Options: make(Parameters)}
		for _, f := range fields[1:] {
			f, _ = unbrace(f) // "{ name = value with blanks }"
			name, option, _ := strings.Cut(f, "=")
			m.Options[strings.TrimSpace(name)] = strings.TrimSpace(option)
		}
		list = append(list, m)
	}
	return list
}

// unbrace returns what is within "{ ... }", else s itself.
func unbrace(s string) (string, bool) {
	inside, open := strings.CutPrefix(s, "{")
	inside, closed := strings.CutSuffix(inside, "}")
	if !open || !closed {
		return s, false
	}
	return strings.TrimSpace(inside), true
}

// Path returns the socket's path as a process outside a chroot sees it, "" when the milter is
// not at a unix socket. Relative ones lie below the queue folder (queue_directory).
func (m *Milter) Path(queueDirectory string) string {
	path, ok := strings.CutPrefix(m.Address, "unix:")
	switch {
	case !ok:
		return ""
	case filepath.IsAbs(path):
		return path
	}
	return filepath.Join(queueDirectory, path)
}
