package signin

import (
	"slices"
	"strings"

	"hisseki/analyzer"
)

// Error codes of Microsoft Entra (AADSTS), which Microsoft 365's audit log has too.
var (
	entraLocked = []string{"50053", "50055", "50057"} // locked, password expired, disabled
	// A second factor, or another step, is asked for; the password was right.
	entraInterrupted = []string{"50072", "50074", "50076", "50079", "50097", "50125", "50127", "50129", "50140",
		"50155", "50158", "50203", "53000", "53001", "53003", "53004", "65001", "500121", "399218"}
	entraNobody = []string{"50034", "50059", "51004", "90072"} // no such account
)

// entraResult says how a sign-in with an error code ended; false for one that tells nothing of
// an account.
func entraResult(code string) (analyzer.LoginResult, bool) {
	switch {
	case code == "0" || code == "":
		return analyzer.LoginSuccess, true
	case slices.Contains(entraNobody, code):
		return "", false
	case slices.Contains(entraLocked, code):
		return analyzer.LoginLockout, true
	case slices.Contains(entraInterrupted, code):
		return analyzer.LoginInterrupted, true
	}
	return analyzer.LoginFailure, true
}

// entraModern are the programs that know a second factor (signIn: clientAppUsed).
var entraModern = []string{"", "browser", "mobile apps and desktop clients"}

// entra reads a signIn of Microsoft Graph, or a record of the diagnostic stream:
//
//	{"id": "66ea...", "createdDateTime": "2026-11-28T01:00:00Z", "userPrincipalName": "alice@example.jp",
//	 "ipAddress": "203.0.113.9", "clientAppUsed": "Browser", "status": {"errorCode": 50126}, ...}
//	{"time": "...", "category": "SignInLogs", "resultType": "50126", "properties": {the same}}
func entra(o object) (Event, bool) {
	p, code := o, ""
	if inner := o.at("properties"); inner != nil {
		p, code = inner, o.text("resultType")
	}
	if status := p.at("status"); status != nil {
		code = status.text("errorCode")
	}
	result, ok := entraResult(code)
	at, timed := timeOf(p["createdDateTime"])
	if !timed {
		at, timed = timeOf(o["time"])
	}
	account := p.text("userPrincipalName")
	if !ok || !timed || !strings.Contains(account, "@") {
		return Event{}, false
	}
	device := p.at("deviceDetail")
	app := p.text("clientAppUsed")
	return Event{
		ID: p.text("id"), At: at, Account: account, Result: result,
		Client:  addrOf(join("", p.text("ipAddress", "ipAddressFromResourceProvider"), ifEmpty(p, o))),
		Country: country(p.at("location").text("countryOrRegion")),
		Device:  entraDevice(device.text("deviceId", "displayName"), device.text("operatingSystem"), device.text("browser")),
		Program: join(", ", app, programOf(p.text("userAgent"), device.text("browser"))),
		Service: join(" ", p.text("appDisplayName")), Note: entraRisk(p),
		Legacy: entraLegacy(app), Exists: true,
	}, true
}

// ifEmpty is the address of a diagnostic record whose properties have none.
func ifEmpty(p, o object) string {
	if p.text("ipAddress", "ipAddressFromResourceProvider") != "" {
		return ""
	}
	return o.text("callerIpAddress")
}

func entraLegacy(app string) bool { return !slices.Contains(entraModern, strings.ToLower(app)) }

// entraDevice names a device: its id, or what kind it is, without versions that every update
// changes.
func entraDevice(id, os, browser string) string {
	if id != "" && id != "{PII Removed}" {
		return id
	}
	return join("/", word(os), word(browser))
}

// word is a name without the version behind it: "Chrome 128.0.0", "Windows10".
func word(s string) string {
	name, _, _ := strings.Cut(s, " ")
	return name
}

func programOf(agent, browser string) string {
	if agent != "" {
		return agent
	}
	return browser
}

// entraRisk are the provider's words where it sees a risk.
func entraRisk(p object) string {
	var out []string
	for _, key := range []string{"riskLevelDuringSignIn", "riskLevelAggregated", "riskDetail"} {
		if v := p.text(key); v != "" && v != "none" && v != "hidden" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	for _, key := range []string{"riskEventTypes_v2", "riskEventTypes"} {
		list, _ := p[key].([]any)
		for _, v := range list {
			if s := textOf(v); s != "" && !slices.Contains(out, s) && len(out) < 10 {
				out = append(out, s)
			}
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "risk: " + strings.Join(out, ", ")
}

// entraRow reads a row of the portal's CSV, by its columns in lower case.
func entraRow(row map[string]string) (Event, bool) {
	code := row["sign-in error code"]
	result, ok := entraResult(strings.TrimSpace(code))
	if status := strings.ToLower(row["status"]); code == "" || code == "None" {
		result, ok = map[string]analyzer.LoginResult{"success": analyzer.LoginSuccess,
			"failure": analyzer.LoginFailure, "interrupted": analyzer.LoginInterrupted}[status], status != ""
	}
	at, timed := timeOf(row["date (utc)"])
	account := row["username"]
	if !ok || result == "" || !timed || !strings.Contains(account, "@") {
		return Event{}, false
	}
	place := row["location"]
	app := row["client app"]
	return Event{
		ID: row["request id"], At: at, Account: account, Result: result, Client: addrOf(row["ip address"]),
		Country: country(place[strings.LastIndexByte(place, ',')+1:]),
		Device:  entraDevice(row["device id"], row["operating system"], row["browser"]),
		Program: join(", ", app, programOf(row["user agent"], row["browser"])), Service: row["application"],
		Legacy: entraLegacy(app), Exists: true,
	}, true
}
