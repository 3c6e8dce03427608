package signin

import (
	"net/netip"
	"regexp"
	"strings"
	"time"

	"hisseki/analyzer"
)

// zimbraLine is the head of a line of audit.log:
//
//	2026-11-28 10:00:00,123 WARN  [qtp1-2:https://mail/service/soap/] [name=a@example.jp;oip=203.0.113.9;ua=zclient/9;]
//	  security - cmd=Auth; account=a@example.jp; protocol=soap; error=authentication failed for [a], invalid password;
var zimbraLine = regexp.MustCompile(`^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) +[A-Z]+ +\[[^\]]*\] \[(.*?)\] security - cmd=(\w+); (.*)$`)

// zimbraHead is what every line of it begins with, of whatever it tells.
var zimbraHead = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} +[A-Z]+ +\[`)

// zimbra reads a line of audit.log; known is false for one of another form.
func zimbra(line string, zone *time.Location) (e Event, ok, known bool) {
	if !zimbraHead.MatchString(line) {
		return e, false, false
	}
	m := zimbraLine.FindStringSubmatch(line)
	if m == nil {
		return e, false, true
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05,000", m[1], zone)
	context := zimbraContext(m[2])
	e = Event{At: at.UTC(), Client: zimbraClient(context), Program: context["ua"], Exists: true}
	if err != nil {
		return e, false, true
	}
	if m[3] == "ModifyAccount" {
		return e, zimbraForwarding(&e, m[4]), true
	}
	if m[3] != "Auth" && m[3] != "AdminAuth" {
		return e, false, true
	}
	// The account's name may be anything, and stands between what Zimbra writes.
	rest, cut := strings.CutPrefix(m[4], "account=")
	account, rest, more := strings.Cut(rest, "; protocol=")
	protocol, reason, _ := strings.Cut(rest, ";")
	if !cut || !more || strings.ContainsAny(account, ";= ") || strings.Contains(rest, "account=") {
		return e, false, true
	}
	e.Account, e.Service, e.Result = account, protocol, analyzer.LoginSuccess
	e.Legacy = strings.HasPrefix(protocol, "imap") || strings.HasPrefix(protocol, "pop") || protocol == "smtp"
	if _, why, fails := strings.Cut(reason, "error="); fails {
		ok = zimbraFailure(&e, strings.ToLower(why))
		return e, ok, true
	}
	return e, account != "", true
}

func zimbraFailure(e *Event, why string) bool {
	e.Result = analyzer.LoginFailure
	switch {
	case strings.Contains(why, "not found"), strings.Contains(why, "no such account"):
		return false
	case strings.Contains(why, "lockout"), strings.Contains(why, "locked"):
		e.Result = analyzer.LoginLockout
	case strings.Contains(why, "two-factor"), strings.Contains(why, "two factor"), strings.Contains(why, "totp"):
		e.Result = analyzer.LoginInterrupted
	}
	return e.Account != ""
}

// zimbraContext reads what a line says of the session. The program's name is its own word, and may
// have everything that stands behind it:
//
//	name=a@example.jp;ip=203.0.113.9;ua=x;oip=192.0.2.1;
func zimbraContext(text string) map[string]string {
	own, agent, told := strings.Cut(";"+text, ";ua=")
	context := pairs(own, ";")
	if told {
		context["ua"], _, _ = strings.Cut(agent, ";")
	}
	return context
}

// zimbraClient is the address that the proxy saw (oip; the last of several, for what stands
// before it the client may have written), else that of the connection.
func zimbraClient(context map[string]string) (a netip.Addr) {
	if _, twice := context["oip#"]; twice {
		return a
	}
	if oip := context["oip"]; oip != "" {
		return addrOf(oip[strings.LastIndexByte(oip, ',')+1:])
	}
	return addrOf(context["ip"])
}

// zimbraForwarding reads "cmd=ModifyAccount; name=a@example.jp; zimbraPrefMailForwardingAddress=x@evil.test;".
func zimbraForwarding(e *Event, text string) bool {
	p := pairs(text, ";")
	target := join(", ", p["zimbraPrefMailForwardingAddress"], p["zimbraMailForwardingAddress"])
	if target == "" || !strings.Contains(p["name"], "@") {
		return false
	}
	e.Account, e.Result, e.Service = p["name"], analyzer.LoginForwarding, "mailbox"
	e.Outside, e.Note = outside(e.Account, target), "all mail forwarded to "+target
	return true
}

// pairs reads "key=value;key=value". Of a key that comes twice the first counts, and "key#"
// says so.
func pairs(text, sep string) map[string]string {
	out := make(map[string]string)
	for part := range strings.SplitSeq(text, sep) {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			continue
		}
		if _, known := out[key]; known {
			out[key+"#"] = value
			continue
		}
		out[key] = value
	}
	return out
}

// roundcubeLine is a line of userlogins.log. The name may be anything: what follows it is
// found from the right.
//
//	[28-Nov-2026 10:00:00 +0900]: <k2j3> Successful login for alice@example.jp (ID: 12) from 203.0.113.9 in session k2j3
//	[28-Nov-2026 10:00:00 +0900]: <k2j3> Failed login for alice@example.jp from 203.0.113.9 in session k2j3 (error: 0)
var (
	roundcubeLine   = regexp.MustCompile(`^\[(\d\d-\w{3}-\d{4} \d\d:\d\d:\d\d(?:\.\d+)? [+-]\d{4})\]: (?:<\w*> )?(Successful|Failed) login for (.*)$`)
	roundcubeOK     = regexp.MustCompile(`^(.*) \(ID: \d+\) from ([0-9A-Fa-f.:]+)(?:\([^()]*\))? in session \S+$`)
	roundcubeFailed = regexp.MustCompile(`^(.*) from ([0-9A-Fa-f.:]+)(?:\([^()]*\))? in session \S+ \(error: -?\d+\)$`)
	roundcubeHead   = regexp.MustCompile(`^\[\d\d-\w{3}-\d{4} \d\d:\d\d:\d\d(?:\.\d+)? [+-]\d{4}\]: `)
)

func roundcube(line string) (e Event, ok, known bool) {
	if !roundcubeHead.MatchString(line) {
		return e, false, false
	}
	m := roundcubeLine.FindStringSubmatch(line)
	if m == nil {
		return e, false, true
	}
	at, err := time.Parse("02-Jan-2006 15:04:05 -0700", m[1])
	form, result := roundcubeOK, analyzer.LoginSuccess
	if m[2] == "Failed" {
		form, result = roundcubeFailed, analyzer.LoginFailure
	}
	rest := form.FindStringSubmatch(m[3])
	if err != nil || rest == nil || strings.ContainsAny(rest[1], " \t") {
		return e, false, true
	}
	return Event{At: at.UTC(), Account: rest[1], Client: addrOf(rest[2]), Result: result, Service: "webmail",
		Exists: result == analyzer.LoginSuccess}, rest[1] != "", true
}
