package maillog

import (
	"encoding/json"
	"strings"
	"time"
)

// relayed is a line that a syslog daemon or a shipper of logs wrote as JSON: rsyslog's jsonmesg,
// syslog-ng's format-json, CEE, Elastic's common schema. Each names the same things otherwise.
type relayed struct {
	Timestamp, Reported, Generated, At, Time string
	Program, Tag, App, Name                  string
	Message, Msg                             string
}

func (r *relayed) UnmarshalJSON(b []byte) error {
	var fields map[string]any
	if err := json.Unmarshal(b, &fields); err != nil {
		return err
	}
	text := func(names ...string) string {
		at := fields
		for i, name := range names {
			if s, ok := at[name].(string); ok && i == len(names)-1 {
				return s
			}
			at, _ = at[name].(map[string]any)
		}
		return ""
	}
	*r = relayed{
		Timestamp: text("timestamp"), Reported: text("timereported"), Generated: text("timegenerated"),
		At: text("@timestamp"), Time: text("time"),
		Program: text("program"), Tag: text("syslogtag"), App: text("pname"), Name: text("process", "name"),
		Message: text("message"), Msg: text("msg"),
	}
	if r.Program == "" {
		r.Program = text("PROGRAM") + text("appname") + text("ident")
	}
	if r.Message == "" {
		r.Message = text("MESSAGE")
	}
	return nil
}

// relay reads such a line:
//
//	{"timestamp":"2026-11-04T10:00:00+09:00","host":"mx","program":"dovecot","message":"imap-login: ..."}
func (p *Parser) relay(line string) entry {
	var r relayed
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		return entry{}
	}
	stamp := first(r.Reported, r.Timestamp, r.Generated, r.At, r.Time)
	at, err := time.Parse(time.RFC3339, stamp)
	tag := first(r.Program, r.Tag, r.App, r.Name)
	if err != nil || tag == "" {
		return entry{}
	}
	h := head{at: at, fine: strings.Contains(stamp, ".")}
	h.tagged(strings.TrimSuffix(tag, ":"), first(r.Message, r.Msg), false)
	h.unwrap(at, p.zone())
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
