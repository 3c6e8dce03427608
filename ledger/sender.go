package ledger

import (
	"errors"
	"time"

	"hisseki/analyzer"
)

// Sender is what the journal knows of a sender.
type Sender struct {
	Name    string
	Class   analyzer.Class // of the newest mail
	Mails   int
	Learned int
	Kept    int // delayed or held, whatever became of them
	Odd     int // that mode enforce would delay or hold
	First   time.Time
	Last    time.Time
}

// SenderFilter chooses senders; zero fields choose all.
type SenderFilter struct {
	Name  string
	Class analyzer.Class
	Since time.Time // counts mail from then on only
	Limit int       // the senders with the most mail
}

// Why a sender cannot be forgotten now.
var (
	ErrKept         = errors.New("mail of the sender is still kept: release or discard it first")
	ErrOpenIncident = errors.New("the sender has an open incident: confirm or dismiss it first")
)
