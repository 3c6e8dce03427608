package signin

import (
	"strings"

	"hisseki/analyzer"
)

// googleEvents are the events of the applications login and user_accounts that tell of an
// account (Reports API, appendix activity).
var googleEvents = map[string]analyzer.LoginResult{
	"login_success":                    analyzer.LoginSuccess,
	"login_failure":                    analyzer.LoginFailure,
	"login_challenge":                  analyzer.LoginInterrupted,
	"login_verification":               analyzer.LoginInterrupted,
	"suspicious_login":                 analyzer.LoginFailure, // blocked by Google
	"suspicious_login_less_secure_app": analyzer.LoginFailure,
	"suspicious_programmatic_login":    analyzer.LoginFailure,
	"account_disabled_hijacked":        analyzer.LoginLockout,
	"account_disabled_generic":         analyzer.LoginLockout,
	"account_disabled_password_leak":   analyzer.LoginLockout,
	"account_disabled_spamming":        analyzer.LoginLockout,
	"email_forwarding_out_of_domain":   analyzer.LoginForwarding,
}

// google reads an activity of the Reports API, which may have several events:
//
//	{"kind": "admin#reports#activity", "id": {"time": "2026-11-28T01:00:00.000Z", "uniqueQualifier": "358068855354",
//	 "applicationName": "login"}, "actor": {"email": "alice@example.jp"}, "ipAddress": "203.0.113.9",
//	 "events": [{"type": "login", "name": "login_failure", "parameters": [{"name": "login_type", ...}]}]}
func google(o object) (out []Event) {
	id := o.at("id")
	at, timed := timeOf(id["time"])
	if !timed {
		return nil
	}
	for n, x := range o.list("events") {
		name := x.text("name")
		result, known := googleEvents[name]
		if !known {
			continue
		}
		p := named(x.list("parameters"), "name", "value")
		for _, param := range x.list("parameters") { // booleans stand under another name
			if v := param.text("boolValue"); v != "" {
				p[strings.ToLower(param.text("name"))] = v
			}
		}
		e := Event{ID: id.text("uniqueQualifier") + "/" + at.Format("20060102150405.000") + "/" + name + strings.Repeat("+", n),
			At: at, Account: o.at("actor").text("email"), Result: result, Client: addrOf(o.text("ipAddress")),
			Country: country(o.at("networkInfo").text("regionCode")), Service: p["login_type"], Exists: true}
		if who := p["affected_email_address"]; who != "" {
			e.Account = who
		}
		googleDetail(&e, name, p)
		if strings.Contains(e.Account, "@") {
			out = append(out, e)
		}
	}
	return out
}

func googleDetail(e *Event, name string, p map[string]string) {
	switch name {
	case "login_success":
		if isTrue(p["is_suspicious"]) {
			e.Note = "risk: suspicious"
		}
	case "login_failure":
		e.Note = p["login_failure_type"]
		if strings.Contains(e.Note, "second_factor") {
			e.Result = analyzer.LoginInterrupted
		}
	case "email_forwarding_out_of_domain":
		e.Service, e.Outside = "mailbox", true
		e.Note = join(" ", "all mail forwarded to", p["email_forwarding_destination_address"])
	case "login_challenge", "login_verification":
		e.Note = join(" ", p["login_challenge_method"], p["login_challenge_status"])
	default:
		e.Note = "risk: " + name
		e.Legacy = name == "suspicious_login_less_secure_app"
	}
}
