package drill

// Hand says how much of the account's owner a theft shows: whose computer, whose network,
// whose words.
type Hand string

// Hands, the easiest to see first.
const (
	Foreign Hand = "foreign" // another network and mail program, the thief's words
	Webmail Hand = "webmail" // another network; the mail form and words of the owner, in his webmail
	Own     Hand = "own"     // the owner's network, mail form and words: malware on his computer
)

// Hands are all of them.
var Hands = []Hand{Foreign, Webmail, Own}

// ownWords says whether the mail looks like the owner's own.
func (h Hand) ownWords() bool { return h == Webmail || h == Own }
