package postfix

import (
	"context"
	"fmt"
	"strings"
)

// Parameters are values of main.cf, or what of master.cf stands in their place, with what
// "$name" stands for put in.
type Parameters map[string]string

// Parameters asks for values of main.cf, also for those that nobody set. One that this
// Postfix does not know is not in the answer.
func (i Instance) Parameters(ctx context.Context, names ...string) (Parameters, error) {
	out, err := i.postconf(ctx, append([]string{"-x"}, names...)...)
	if err != nil {
		return nil, err
	}
	return parseParameters(out), nil
}

// parseParameters reads lines of "name = value".
func parseParameters(text string) Parameters {
	p := make(Parameters)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(line, "="); ok {
			p[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	return p
}

// List takes a value apart that is a list: at commas and white space, but not within braces,
// which stay ("{ a, b }, c" is "{ a, b }" and "c").
func List(value string) []string { return split(value, ", \t\r\n") }

// split takes a text apart at separators that are not within braces.
func split(value, separators string) []string {
	var list []string
	depth, begin := 0, -1
	for i := 0; i <= len(value); i++ {
		end := i == len(value)
		switch {
		case !end && value[i] == '{':
			depth++
		case !end && value[i] == '}':
			depth = max(depth-1, 0)
		case end || depth == 0 && strings.IndexByte(separators, value[i]) >= 0:
			if begin >= 0 {
				list = append(list, value[begin:i])
			}
			begin = -1
			continue
		}
		if begin < 0 {
			begin = i
		}
	}
	return list
}

// Service is one line of master.cf (master(5)).
type Service struct {
	Name    string // "smtp", "submission", "127.0.0.1:10025"
	Type    string // inet, unix, fifo, pass, unix-dgram
	Chroot  bool
	Command string     // "smtpd"
	Args    []string   // of the command, with its -o options
	Options Parameters // -o NAME=VALUE
}

// Services asks for all of master.cf.
func (i Instance) Services(ctx context.Context) ([]Service, error) {
	lines, err := i.postconf(ctx, "-M")
	if err != nil {
		return nil, err
	}
	options, err := i.postconf(ctx, "-Px")
	if err != nil {
		return nil, err
	}
	return parseServices(lines, options)
}

// Value returns what a parameter is for a service: its own option, else main.cf's value.
func (s *Service) Value(name string, main Parameters) string {
	if v, ok := s.Options[name]; ok {
		return v
	}
	return main[name]
}

// parseServices reads the output of postconf -M,
//
//	submission inet n - y - - smtpd -o syslog_name=postfix/submission -o {a=b, c}
//
// and of postconf -Px, which knows what is in the options:
//
//	submission/inet/syslog_name = postfix/submission
func parseServices(lines, options string) ([]Service, error) {
	var list []Service
	for line := range strings.Lines(lines) {
		// service type private unprivileged chroot wakeup maxproc command argument...
		f := split(line, " \t\r\n")
		if len(f) == 0 {
			continue
		}
		if len(f) < 8 {
			return nil, fmt.Errorf("read master.cf: %.80q has %d columns, not 8", line, len(f))
		}
		list = append(list, Service{Name: f[0], Type: f[1], Chroot: f[4] == "y", Command: f[7],
			Args: f[8:], Options: make(Parameters)})
	}
	for key, value := range parseParameters(options) {
		for i := range list {
			name, ok := strings.CutPrefix(key, list[i].Name+"/"+list[i].Type+"/")
			if ok {
				list[i].Options[name] = value
			}
		}
	}
	return list, nil
}
