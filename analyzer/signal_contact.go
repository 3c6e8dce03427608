package analyzer

import (
	"fmt"
	"slices"
	"strings"

	"hisseki/analyzer/content"
	"hisseki/baseline"
)

// contactFound is a number, an account or an address of the mail that its sender never used.
type contactFound struct {
	point *content.Point
	key   baseline.Key // of baseline.Contact
	level int          // contactOrg, contactFile or contactText
}

// Levels of what the reader can act on beside links. What the organisation knows says little;
// files are full of numbers, those of a partner on his invoice, and so are signatures.
const (
	contactOrg  = 1
	contactFile = 2
	contactText = 3
)

// contactKeys are what a mail shows of numbers, accounts and addresses in its author's own
// words and in its files.
func contactKeys(c *content.Content) (values []string) {
	for i := range c.Points {
		if !c.Points[i].Quoted {
			values = append(values, c.Points[i].Value)
		}
	}
	return values
}

// unusualContacts looks at every point that a reader may act on. What stands in the quoted mail
// is the other side's where the mail answers one.
func (v *view) unusualContacts() (list []contactFound) {
	answers := len(v.c.InReplyTo)+len(v.c.References) > 0
	for i := range v.c.Points {
		p := &v.c.Points[i]
		k := v.hasher.key(baseline.Contact, p.Value)
		if p.Quoted && answers || v.sender.Accepts(baseline.Contact, k, v.today) || p.Kind == content.ToAddress && !v.answerable(p) {
			continue
		}
		level := contactText
		switch {
		case v.usedHere(baseline.Contact, k):
			level = contactOrg
		case p.InFile || p.Quoted || v.inSignature(p) || v.isPartners(p):
			level = contactFile
		}
		list = append(list, contactFound{p, k, level})
	}
	return list
}

// answerable says whether an address is one to answer to that needs a look: that of a Reply-To
// field, or one in the author's own text, which is neither the sender's nor that of anybody whom he or
// the organisation writes to. Links that write to an address have a signal of their own. Text may name
// a colleague: his box is none that a thief reads.
func (v *view) answerable(p *content.Point) bool {
	isReplyTo := p.Shown == firstAddr(v.c.ReplyTo)
	if p.InFile || !p.Typed && !isReplyTo || isSelf(v.mail, v.c, p.Shown) {
		return false
	}
	if p.Typed && (v.own(p.Shown) || v.isReader(p.Shown)) {
		return false
	}
	k := v.hasher.key(baseline.Recipient, p.Shown)
	return !v.sender.Accepts(baseline.Recipient, k, v.today) && !v.org.Known(baseline.Recipient, k, v.today)
}

// isReader says whether an address is one that the mail goes to.
func (v *view) isReader(addr string) bool {
	return slices.Contains(v.o.Keys[baseline.Recipient], v.hasher.key(baseline.Recipient, addr))
}

// isPartners says whether an address in the text is of a domain that the account writes to, and that
// gives no boxes to strangers: a colleague of a partner.
func (v *view) isPartners(p *content.Point) bool {
	if !p.Typed {
		return false
	}
	domain := addressDomain(p.Shown)
	return !isPopular(lists(), domain) &&
		v.sender.Accepts(baseline.RecipientDomain, v.hasher.key(baseline.RecipientDomain, domain), v.today)
}

// inSignature says whether a number or address stands in the author's signature, where all his mails
// have it.
func (v *view) inSignature(p *content.Point) bool {
	switch p.Kind {
	case content.Phone, content.Handle:
		return strings.Contains(v.c.Signature, p.Shown)
	case content.ToAddress:
		return p.Typed && strings.Contains(strings.ToLower(v.c.Signature), p.Shown)
	}
	return false
}

// asks says whether a point is a lure as a link is: an account anywhere, a number to call or an address
// to answer to in the author's own text. The number of an account without history is most likely its own.
func (f *contactFound) asks(v *view) bool {
	switch f.point.Kind {
	case content.Account, content.Wallet:
		return f.level > contactOrg
	case content.Phone, content.Handle:
		return f.level == contactText && v.ready()
	case content.ToAddress:
		return f.level == contactText && v.ready() && v.isSeldom(answerAddressNumber, contactText)
	}
	return false
}

// seldom is one mail in so many: who gives strangers' addresses more often, or pastes headers of old
// mail, asks nobody to answer there.
const seldom = 50

// answerAddressNumber is the stored number of AnswerAddressNew.
const answerAddressNumber = 38

// isSeldom says whether a signal, by its stored number, reached a level in few of the account's mails.
func (v *view) isSeldom(signal int, level uint8) bool {
	k, n := v.sender.Reached(signal, level, v.today)
	return seldom*k <= n
}

// newContacts are marks: the same unknown number or account again and again makes a campaign.
func newContacts(v *view) (marks []baseline.Key) {
	for i := range v.contacts {
		if v.contacts[i].asks(v) {
			marks = append(marks, v.contacts[i].key)
		}
	}
	return marks
}

// newContact is the reading of the most unusual point of some kinds.
func (v *view) newContact(what string, kinds ...content.PointKind) reading {
	r := reading{ok: true, usual: "what this account gave before"}
	for i := range v.contacts {
		f := &v.contacts[i]
		wanted := false
		for _, kind := range kinds {
			wanted = wanted || f.point.Kind == kind
		}
		level := f.level
		if v.begunByMany(f.key) {
			level = contactOrg
		}
		if !wanted || level <= r.level {
			continue
		}
		r.level, r.observed = level, clip(strings.Join(strings.Fields(f.point.Shown), " "), 60)
		r.text = fmt.Sprintf("%s, %s, %s", what, r.observed, contactWhy(f, level))
	}
	if r.level < contactText {
		r.most = weakLure
	}
	return r
}

// contactWhy says how known a point is, and where it stands.
func contactWhy(f *contactFound, level int) string {
	switch {
	case level == contactOrg:
		return "new to this account, known in the organisation"
	case f.point.InFile:
		return "in an attached file, that nobody in the organisation gave before"
	}
	return "that nobody in the organisation gave before"
}

// newPhone: a telephone number, or a name to write to in a messenger. Levels: see contactOrg.
// Signatures are full of them, so that what this account, or accounts as young as it, often do
// weighs little.
func newPhone(v *view) reading {
	r := v.newContact("a telephone number", content.Phone)
	if h := v.newContact("a name in a messenger", content.Handle); h.level > r.level {
		r = h
	}
	if r.level == contactText {
		r.most = moderateLure
	}
	return r
}

// moderateLure is the most points of what honest people change and give to others: a number to
// call, a box to answer to. With another network or program it counts as much as that needs to
// delay; alone it is far below every line.
const moderateLure = 1.5

// newAccount: a bank account or a wallet to pay to. Levels: see contactOrg; one more where the
// author's words speak of paying.
func newAccount(v *view) reading {
	r := v.newContact("an account to pay to", content.Account, content.Wallet)
	if r.level >= contactFile && speaksOfPaying(v.c) {
		r.level, r.most = r.level+1, 0
		r.text += ", in a mail that speaks of paying"
	}
	return r
}

// newAnswerAddress: an address to answer to. Levels: see contactOrg.
func newAnswerAddress(v *view) reading {
	r := v.newContact("an address to answer to", content.ToAddress)
	if r.level == contactText {
		r.most = typedLure
		if k := firstAddr(v.c.ReplyTo); k != "" && k == r.observed {
			r.most = moderateLure
		}
	}
	return r
}

// typedLure is the most points of an address that stands in the text: people announce a new one of
// theirs to everybody they know, so that it is no lure of a blast (blastLure) as a Reply-To is.
const typedLure = 1.4

// payingWords are those of mail about money.
var payingWords = []string{"payment", "invoice", "transfer", "remit", "bank account", "new account", "wire ",
	"gift card", "bitcoin", "振込", "振り込", "送金", "支払", "入金", "請求書", "口座変更", "汇款", "付款", "转账"}

// speaksOfPaying says whether the subject or the author's own words are about money.
func speaksOfPaying(c *content.Content) bool {
	text := strings.ToLower(c.Subject + "\n" + clip(c.Own, 20000))
	for _, w := range payingWords {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// lookalike: an address to answer to, or the sender's own as it is shown, of a domain that
// differs from that of the sender or of a recipient by letters that a hurried reader does not
// tell apart, or by one letter: "example.org" and "examp1e.org". Level 1.
func lookalike(v *view) reading {
	r := reading{ok: true, usual: "addresses of other domains"}
	known := []string{addressDomain(v.mail.Sender)}
	for _, to := range v.mail.Recipients[:min(len(v.mail.Recipients), 50)] {
		known = append(known, addressDomain(to))
	}
	for _, shown := range v.shownAddresses() {
		domain := addressDomain(shown)
		for _, real := range known {
			if !imitates(domain, real) {
				continue
			}
			if k := v.hasher.key(baseline.RecipientDomain, domain); v.sender.Accepts(baseline.RecipientDomain, k, v.today) ||
				v.org.Known(baseline.RecipientDomain, k, v.today) {
				continue
			}
			r.level, r.observed, r.usual = 1, clip(shown, 80), real
			r.text = fmt.Sprintf("the address %s looks like one of %s", r.observed, real)
		}
	}
	return r
}

// shownAddresses are those that a reader takes for the sender's or may answer to.
func (v *view) shownAddresses() (list []string) {
	for _, a := range v.c.From {
		list = append(list, a.Addr)
		if strings.Contains(a.Name, "@") { // "boss@example.org" <x@example.net>
			list = append(list, strings.ToLower(strings.Trim(a.Name, " \"'<>")))
		}
	}
	for i := range v.c.Points {
		if p := &v.c.Points[i]; p.Kind == content.ToAddress && !p.Typed && len(list) < 50 {
			list = append(list, p.Shown)
		}
	}
	return list
}

// imitates says whether a domain looks like another one without being it.
func imitates(domain, real string) bool {
	if domain == "" || real == "" || domain == real || len(real) < 6 {
		return false
	}
	return content.Skeleton(domain) == content.Skeleton(real) || oneEdit(domain, real)
}

// oneEdit says whether two words differ by one letter that is other, missing or too many, or by
// two neighbours that changed places. Figures in a name count things: "mail2.example" is honest.
func oneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	j := 0
	for j < len(a)-i && a[len(a)-1-j] == b[len(b)-1-j] {
		j++
	}
	left, right := a[i:len(a)-j], b[i:len(b)-j]
	switch {
	case len(left) == 2 && len(right) == 2:
		return left[0] == right[1] && left[1] == right[0]
	case len(right) != 1:
		return false
	}
	return !isDigit(right[0]) || len(left) == 1 && !isDigit(left[0])
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
