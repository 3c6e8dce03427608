package analyzer

import (
	"net/netip"
	"time"
)

// LoginResult is how an attempt to log in ended.
type LoginResult string

// Results.
const (
	LoginSuccess LoginResult = "success"
	LoginFailure LoginResult = "failure"
	LoginLockout LoginResult = "lockout" // refused whatever the password, after failures
	// LoginInterrupted had the right password and not the second factor, or another step.
	LoginInterrupted LoginResult = "interrupted"

	// What a provider tells of an account beside attempts to log in.
	LoginRule       LoginResult = "rule"       // an inbox rule was made or changed
	LoginForwarding LoginResult = "forwarding" // the mailbox forwards all mail
	LoginAccess     LoginResult = "access"     // mail was read
)

// Failed says whether somebody tried to log in and did not get in.
func (r LoginResult) Failed() bool { return r == LoginFailure || r == LoginLockout }

// Login is one or more attempts to log in to one account from one address, close together
// and with the same end. They come from the logs of the MTA and of the IMAP server.
type Login struct {
	At      time.Time  // of the first, UTC
	Last    time.Time  // of the last; the same for a single attempt
	Count   int        // attempts, at least 1
	Sender  string     // the account, normalised as a sender is
	Client  netip.Addr // invalid when the log named none
	Result  LoginResult
	Service string // "submission", "imap" ..., "auth" when only the password database spoke

	// What only a provider's log tells; of several attempts, what the first said.
	Country string // ISO 3166 code
	Device  string // id or name
	Program string // user agent, or kind of program
	Note    string // risk words of the provider; what a rule does. Hostile text
	Legacy  bool   // by a protocol that knows no second factor
	Outside bool   // of a rule or forwarding: to another domain
	Hides   bool   // of a rule: deletes mail or puts it out of sight
}
