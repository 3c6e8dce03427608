package ledger

import "time"

// MTA is what is known of one MTA host, as it names itself.
type MTA struct {
	Host    string
	Mails   int       // judged lately, see whoever counts
	Last    time.Time // of these, the last one
	Account time.Time // of these, the last one whose sender had logged in, zero for none
	Waiting int       // holds whose mail is still in its queue
	Beat    time.Time // when its agent was last alive, zero for never
}
