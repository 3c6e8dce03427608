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
)

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
}
