package signin

import (
	"strings"

	"hisseki/analyzer"
)

// m365 reads a record of the unified audit log:
//
//	{"Id": "1d7b...", "CreationTime": "2026-11-28T01:00:00", "Operation": "UserLoginFailed",
//	 "UserId": "alice@example.jp", "ClientIP": "203.0.113.9", "ErrorNumber": "50126", ...}
//	{"Operation": "New-InboxRule", "Parameters": [{"Name": "ForwardTo", "Value": "x@evil.test"}], ...}
func m365(o object) (Event, bool) {
	if inner := o.at("AuditData"); inner != nil { // as Search-UnifiedAuditLog exports it
		o = inner
	} else if inner := o.at("auditData"); inner != nil { // Graph: auditLogRecord
		o = inner
	}
	at, timed := timeOf(o["CreationTime"])
	e := Event{ID: o.text("Id"), At: at, Account: o.text("UserId"),
		Client: addrOf(o.text("ClientIP", "ClientIPAddress", "ActorIpAddress")), Service: o.text("Workload"), Exists: true}
	if !timed {
		return Event{}, false
	}
	extended := named(o.list("ExtendedProperties"), "Name", "Value")
	devices := named(o.list("DeviceProperties"), "Name", "Value")
	e.Program = programOf(extended["useragent"], o.text("ClientInfoString", "UserAgent"))
	e.Device = entraDevice(devices["id"], devices["os"], devices["browsertype"])
	var ok bool
	switch op := o.text("Operation"); op {
	case "UserLoggedIn":
		e.Result, ok = analyzer.LoginSuccess, true
	case "UserLoginFailed":
		code := o.text("ErrorNumber")
		if code == "" {
			code = "50126" // it failed, the record says no more
		}
		e.Result, ok = entraResult(code)
		e.Note = o.text("LogonError")
	case "New-InboxRule", "Set-InboxRule", "UpdateInboxRules":
		ok = m365Rule(&e, o)
	case "Set-Mailbox":
		ok = m365Forwarding(&e, o)
	case "MailItemsAccessed":
		e.Result, ok = analyzer.LoginAccess, true
		e.Account = join("", o.text("MailboxOwnerUPN", "UserId"))
	}
	return e, ok && strings.Contains(e.Account, "@") && !failed(o)
}

// failed says whether a change was not made.
func failed(o object) bool {
	op, status := o.text("Operation"), strings.ToLower(o.text("ResultStatus"))
	return op != "UserLoginFailed" && op != "UserLoggedIn" && (status == "false" || status == "failed")
}

// m365Rule reads an inbox rule that was made or changed.
func m365Rule(e *Event, o object) bool {
	p := named(o.list("Parameters"), "Name", "Value")
	if len(p) == 0 { // UpdateInboxRules: what Outlook does
		p = named(o.list("OperationProperties"), "Name", "Value")
		if op := strings.ToLower(p["ruleoperation"]); strings.HasPrefix(op, "remove") || strings.HasPrefix(op, "delete") {
			return false
		}
		p["name"] = p["rulename"]
		actions := strings.ToLower(p["ruleactions"])
		for _, verb := range []string{"forward", "redirect"} {
			if strings.Contains(actions, verb) {
				p["forwardto"] = p["ruleactions"]
			}
		}
		if strings.Contains(actions, "delete") {
			p["deletemessage"] = "True"
		}
		if strings.Contains(actions, "move") {
			p["movetofolder"] = "another folder"
		}
	}
	e.Result, e.Service = analyzer.LoginRule, "inbox rule"
	e.Account = mailbox(e.Account, o.text("MailboxOwnerUPN"), p["mailbox"])
	targets := []string{p["forwardto"], p["forwardasattachmentto"], p["redirectto"]}
	e.Outside = outside(e.Account, targets...)
	e.Hides = isTrue(p["deletemessage"]) || isTrue(p["softdeletemessage"]) || p["movetofolder"] != ""
	say := func(words, value string) string {
		if value == "" {
			return ""
		}
		return words + value
	}
	del := ""
	if isTrue(p["deletemessage"]) || isTrue(p["softdeletemessage"]) {
		del = "deletes"
	}
	e.Note = join("; ", say("rule ", p["name"]), say("forwards to ", join(", ", targets...)), del,
		say("moves to ", p["movetofolder"]), say("subject has ", p["subjectcontainswords"]),
		say("text has ", join(" ", p["bodycontainswords"], p["subjectorbodycontainswords"])))
	return true
}

// m365Forwarding reads a mailbox that forwards all of its mail.
func m365Forwarding(e *Event, o object) bool {
	p := named(o.list("Parameters"), "Name", "Value")
	target := join(", ", p["forwardingsmtpaddress"], p["forwardingaddress"])
	if target == "" {
		return false
	}
	e.Result, e.Service = analyzer.LoginForwarding, "mailbox"
	e.Account = mailbox(e.Account, p["identity"], o.text("ObjectId"))
	e.Outside = outside(e.Account, target)
	e.Note = "all mail forwarded to " + strings.TrimPrefix(target, "smtp:")
	return true
}

// mailbox is whose mailbox was changed: the first that is an address, else who changed it.
func mailbox(actor string, names ...string) string {
	for _, name := range names {
		if strings.Count(name, "@") == 1 && !strings.ContainsAny(name, "\\/ ") {
			return name
		}
	}
	return actor
}

func isTrue(s string) bool { return strings.EqualFold(s, "true") || s == "$true" }
