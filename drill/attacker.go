package drill

// Attacker says whose computer, whose network and whose words a theft shows: how much of it is
// the account's owner's.
type Attacker string

// The easiest to see comes first.
const (
	Foreign Attacker = "foreign" // another network and mail program, the thief's words
	Webmail Attacker = "webmail" // another network; the mail form and words of the owner, in his webmail
	Own     Attacker = "own"     // the owner's network, mail form and words: malware on his computer
)

// Attackers are all of them, in that order.
var Attackers = []Attacker{Foreign, Webmail, Own}

// ownWords says whether the mail looks like the owner's own.
func (h Attacker) ownWords() bool { return h == Webmail || h == Own }
