package maillog

import (
	"encoding/json"
	"strings"
	"time"
)

// relayed is a line that a syslog daemon, a shipper of logs or a store of logs wrote as JSON:
// rsyslog's jsonmesg, syslog-ng's format-json, CEE, Elastic's common schema, Graylog's GELF, Fluent
// Bit, Vector, Filebeat, Loki, and others. Each names the same things otherwise, at other depths.
type relayed struct {
	at      any    // text, or seconds since 1970
	program string // who wrote the message
	tag     string // what a shipper calls the source, or a program
	message string
	record  // whose entry of journald it was
}

// names are what fields are called that mean one thing, the ones to be preferred first. A name counts
// in lower case, without what it begins with: "_program", "@timestamp", "syslog_message".
var names = struct{ at, program, tag, message []string }{
	at: []string{"timereported", "timestamp", "timegenerated", "time", "date", "ts", "eventtime", "datetime",
		"realtime_timestamp", "receivetimestamp"},
	program: []string{"syslogtag", "program", "programname", "pname", "appname", "app_name", "application_name",
		"identifier", "ident", "app-name", "process.name"},
	tag:     []string{"tag"},
	message: []string{"message", "msg", "short_message", "log", "line", "textpayload", "original", "full_message"},
}

// maxNested bounds how deep a field may lie in others.
const maxNested = 4

// flatten notes every text and number of an object by its plain name, and by that of the object that
// it lies in too: {"process":{"name":"dovecot"}} is "process.name".
func flatten(fields map[string]any, within string, depth int, into map[string]any) {
	for name, value := range fields {
		plain := strings.ToLower(strings.TrimLeft(name, "_@"))
		plain = strings.TrimPrefix(plain, "syslog_")
		switch v := value.(type) {
		case map[string]any:
			if depth < maxNested {
				flatten(v, plain[strings.LastIndexByte(plain, '.')+1:], depth+1, into)
			}
		case string, float64:
			for _, key := range []string{within + "." + plain, plain, plain[strings.LastIndexByte(plain, '.')+1:]} {
				// What lies higher goes before, and of one height the first by its name.
				if old, ok := into[key].(flat); !ok || old.depth > depth || old.depth == depth && old.name > name {
					into[key] = flat{v, name, depth}
				}
			}
		}
	}
}

// flat is a field, where it was found.
type flat struct {
	value any
	name  string
	depth int
}

// relayedOf reads an object's fields.
func relayedOf(fields map[string]any) (r relayed) {
	found := map[string]any{}
	flatten(fields, "", 0, found)
	get := func(names ...string) any {
		for _, name := range names {
			if f, ok := found[name].(flat); ok && f.value != "" {
				return f.value
			}
		}
		return nil
	}
	r.at = get(names.at...)
	r.program, _ = get(names.program...).(string)
	r.tag, _ = get(names.tag...).(string)
	r.message, _ = get(names.message...).(string)
	r.UID, _ = get("uid").(string)
	r.Unit, _ = get("systemd_unit", "systemd.unit").(string)
	return r
}

// time returns when it was written: RFC 3339, a syslog daemon's time, or seconds, thousandths or
// millionths of them.
func (r *relayed) time(ref time.Time, zone *time.Location) (at time.Time, fine, ok bool) {
	var text string
	switch v := r.at.(type) {
	case string:
		text = v
	case float64:
		for v > 1e11 {
			v /= 1000
		}
		if v < 0 {
			return at, false, false
		}
		return time.UnixMicro(int64(v * 1e6)), v != float64(int64(v)), true
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, strings.Contains(text, "."), true
	}
	s := stamp{ref: ref, zone: zone}
	if rest, ok := s.read(text + " -"); !ok || rest != "-" {
		return at, false, false
	}
	return s.at, s.fine, true
}

// relay reads such a line:
//
//	{"timestamp":"2026-11-04T10:00:00+09:00","host":"mx","program":"dovecot","message":"imap-login: ..."}
//	{"@timestamp":"2026-11-04T01:00:00Z","message":"Nov  4 10:00:00 mx dovecot: imap-login: ..."}
func (p *Parser) relay(line string, ref time.Time) entry {
	var fields map[string]any
	if err := json.Unmarshal([]byte(line), &fields); err != nil {
		return entry{}
	}
	r := relayedOf(fields)
	at, fine, dated := r.time(ref, p.zone())
	if dated {
		ref = at
	}
	if !r.believed() {
		return entry{kind: irrelevant, at: ref}
	}
	// A line of any form out of a file or of a container. Behind a program's name the words may be
	// anybody's.
	if whole := strings.TrimRight(r.message, "\r\n"); r.program == "" || isContainer(r.program) {
		if h, ok := timedHead(whole, ref, p.zone(), maxWrapped); ok {
			return p.message(&h)
		}
	}
	tag := first(r.program, r.tag)
	if !dated || tag == "" {
		return entry{}
	}
	h := head{at: at, fine: fine}
	h.tagged(strings.TrimSuffix(tag, ":"), r.message, false)
	h.unwrap(at, p.zone(), maxWrapped)
	return p.message(&h)
}

// first returns the first of several texts that is not empty.
func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
