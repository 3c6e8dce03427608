// Package signin reads what providers log of sign-ins and of changes to an account: Microsoft
// Entra and Microsoft 365, Google Workspace, Okta, Keycloak, Zimbra, Roundcube, Dovecot's event
// export, and JSON lines of any other program whose fields are named. Each format is a file of
// its own; which one a log has is told by its content. Fields that are not used are ignored.
//
// What an event says of names, devices and rules may be an attacker's. It is cut, and read
// from the field where the provider writes it.
package signin

import (
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// Format is a form of log.
type Format string

// Formats.
const (
	Entra     Format = "entra" // Graph JSON, the portal's CSV, diagnostic stream
	M365      Format = "m365"  // unified audit log
	Google    Format = "google"
	Okta      Format = "okta"
	Keycloak  Format = "keycloak"
	Zimbra    Format = "zimbra"
	Roundcube Format = "roundcube"
	Dovecot   Format = "dovecot"
	Generic   Format = "generic"
)

// Formats are all of them.
var Formats = []Format{Entra, M365, Google, Okta, Keycloak, Zimbra, Roundcube, Dovecot, Generic}

// Event is one thing that a log tells of an account.
type Event struct {
	ID      string // the provider's, "" where it gives none
	At      time.Time
	Account string // as the provider writes it
	Result  analyzer.LoginResult
	Client  netip.Addr
	Country string // ISO 3166 code
	Device  string // id or name
	Program string // user agent, or the kind of program
	Service string // protocol, or the application that was signed in to
	Note    string // risk words of the provider; what a rule does
	Legacy  bool   // by a protocol that knows no second factor
	Outside bool   // forwards to somebody else's domain
	Hides   bool   // deletes mail or puts it out of sight
	Exists  bool   // the event proves that the account exists
}

// Bounds of what is kept of an event's texts, in bytes.
const (
	maxWord = 120
	maxNote = 300
)

// Login is the event as the store keeps it, for the account that normal makes of its name.
func (e *Event) Login(format Format, normal func(string) string) ledger.LogLogin {
	account := cut(e.Account, 320)
	if normal != nil {
		account = normal(account)
	}
	id := ""
	if e.ID != "" {
		id = string(format) + ":" + e.ID
	}
	l := ledger.LogLogin{Login: analyzer.Login{At: e.At.UTC(), Last: e.At.UTC(), Count: 1, Sender: account,
		Client: e.Client, Result: e.Result, Service: cut(e.Service, maxWord), Country: e.Country,
		Device: cut(e.Device, maxWord), Program: cut(e.Program, maxWord), Note: cut(e.Note, maxNote),
		Legacy: e.Legacy, Outside: e.Outside, Hides: e.Hides}, Exists: e.Exists, ID: id,
		Log: string(format)}
	return l
}

// cut bounds a text at a character's end, without control characters.
func cut(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
