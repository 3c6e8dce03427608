package signin

import (
	"slices"
	"strings"

	"hisseki/analyzer"
)

// okta reads an event of the System Log:
//
//	{"uuid": "dc9f...", "published": "2026-11-28T01:00:00.000Z", "eventType": "user.session.start",
//	 "actor": {"alternateId": "alice@example.jp"}, "client": {"ipAddress": "203.0.113.9", "userAgent": {...},
//	 "geographicalContext": {"country": "Japan"}}, "outcome": {"result": "FAILURE", "reason": "INVALID_CREDENTIALS"}}
func okta(o object) (Event, bool) {
	at, timed := timeOf(o["published"])
	client, outcome := o.at("client"), o.at("outcome")
	e := Event{ID: o.text("uuid"), At: at, Account: o.at("actor").text("alternateId"),
		Client:  addrOf(client.text("ipAddress")),
		Country: country(client.at("geographicalContext").text("country")),
		Device:  o.at("device").text("id", "name"), Program: client.at("userAgent").text("rawUserAgent"),
		Service: o.at("authenticationContext").text("interface"), Exists: true}
	if e.Device == "" {
		agent := client.at("userAgent")
		e.Device = join("/", word(agent.text("os")), word(agent.text("browser")))
	}
	debug := o.at("debugContext", "debugData")
	if risk := debug.text("risk"); strings.Contains(risk, "HIGH") || strings.Contains(risk, "MEDIUM") {
		e.Note = "risk: " + risk
	}
	if isTrue(debug.text("threatSuspected")) {
		e.Note = join("; ", e.Note, "risk: threat suspected")
	}
	result, reason := outcome.text("result"), outcome.text("reason")
	ok := timed && strings.Contains(e.Account, "@")
	switch kind := o.text("eventType"); {
	case kind == "user.account.lock", reason == "LOCKED_OUT":
		e.Result = analyzer.LoginLockout
	case kind == "user.session.start" && result == "SUCCESS":
		e.Result = analyzer.LoginSuccess
	case kind == "user.authentication.auth_via_mfa" && result != "SUCCESS", result == "CHALLENGE":
		e.Result = analyzer.LoginInterrupted
	case kind == "user.session.start" && result != "", kind == "user.authentication.authenticate" && result == "FAILURE":
		e.Result = analyzer.LoginFailure
		e.Exists = reason != "VERIFICATION_ERROR" // also of names that nobody has
	default:
		return Event{}, false
	}
	return e, ok
}

// keycloak reads an event of the event listener or of the admin API:
//
//	{"time": 1795827600000, "type": "LOGIN_ERROR", "realmId": "example", "ipAddress": "203.0.113.9",
//	 "error": "invalid_user_credentials", "details": {"username": "alice@example.jp"}}
func keycloak(o object) (Event, bool) {
	at, timed := timeOf(o["time"])
	details := o.at("details")
	e := Event{ID: o.text("id"), At: at, Account: details.text("username", "identity_provider_identity"),
		Client: addrOf(o.text("ipAddress")), Service: o.text("clientId"),
		Exists: o.text("userId") != ""}
	reason := o.text("error")
	switch o.text("type") {
	case "LOGIN":
		e.Result, e.Exists = analyzer.LoginSuccess, true
	case "USER_DISABLED_BY_TEMPORARY_LOCKOUT", "USER_DISABLED_BY_PERMANENT_LOCKOUT":
		e.Result = analyzer.LoginLockout
	case "LOGIN_ERROR":
		switch reason {
		case "user_not_found", "invalid_client", "client_not_found", "expired_code", "cookie_not_found":
			return Event{}, false
		case "user_temporarily_disabled", "user_disabled":
			e.Result = analyzer.LoginLockout
		case "invalid_authentication_session", "rejected_by_user":
			e.Result = analyzer.LoginInterrupted
		default:
			e.Result, e.Note = analyzer.LoginFailure, reason
		}
	default:
		return Event{}, false
	}
	return e, timed && e.Account != ""
}

// dovecot reads an event that Dovecot exports as JSON:
//
//	{"event": "auth_request_finished", "start_time": "2026-11-28T01:00:00.000000Z",
//	 "fields": {"user": "alice@example.jp", "remote_ip": "203.0.113.9", "service": "imap", "success": "yes"}}
func dovecot(o object) (Event, bool) {
	if o.text("event") != "auth_request_finished" {
		return Event{}, false
	}
	f := o.at("fields")
	at, timed := timeOf(o["end_time"])
	if !timed {
		at, timed = timeOf(o["start_time"])
	}
	e := Event{At: at, Account: f.text("user", "original_user"), Client: addrOf(f.text("remote_ip")),
		Service: f.text("service", "protocol"), Program: f.text("client_id"), Result: analyzer.LoginFailure,
		Legacy: legacy(f.text("mechanism"))}
	if f.text("success") == "yes" {
		e.Result, e.Exists = analyzer.LoginSuccess, true
	} else if f.text("error", "policy_result") == "" && f.text("code") == "user_unknown" {
		return Event{}, false
	}
	return e, timed && e.Account != ""
}

// legacy says whether a SASL mechanism sends a password, so that no second factor can be asked
// for.
func legacy(mechanism string) bool {
	m := strings.ToLower(mechanism)
	return slices.Contains([]string{"plain", "login", "cram-md5", "digest-md5"}, m)
}

// Fields name what a generic log calls things, as paths with dots: "user.name".
type Fields struct {
	ID, Time, Account, Result, Client, Country, Device, Program, Service string
	// Success, Lockout and Interrupted are the values of Result that mean that; all others
	// are failures. Without any of Success, "success", "ok", "true" and "0" are.
	Success, Lockout, Interrupted []string
}

func (o object) path(path string) any {
	if path == "" {
		return nil
	}
	keys := strings.Split(path, ".")
	return o.at(keys[:len(keys)-1]...)[keys[len(keys)-1]]
}

// generic reads an object by the fields that the configuration names.
func (f *Fields) generic(o object) (Event, bool) {
	text := func(path string) string { return textOf(o.path(path)) }
	at, timed := timeOf(o.path(f.Time))
	e := Event{ID: text(f.ID), At: at, Account: text(f.Account), Client: addrOf(text(f.Client)),
		Country: country(text(f.Country)), Device: text(f.Device), Program: text(f.Program),
		Service: text(f.Service), Result: analyzer.LoginFailure}
	is := func(list []string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, text(f.Result)) })
	}
	success := f.Success
	if len(success) == 0 {
		success = []string{"success", "ok", "true", "0"}
	}
	switch {
	case is(success):
		e.Result, e.Exists = analyzer.LoginSuccess, true
	case is(f.Lockout):
		e.Result = analyzer.LoginLockout
	case is(f.Interrupted):
		e.Result = analyzer.LoginInterrupted
	}
	return e, timed && e.Account != "" && text(f.Result) != ""
}

// known says whether an object has what the fields name.
func (f *Fields) known(o object) bool {
	return f != nil && f.Time != "" && o.path(f.Time) != nil && o.path(f.Account) != nil
}
