package analyzer

import (
	"slices"

	"hisseki/baseline"
)

// Signal is the name of one thing that a mail can show: what evidence, metrics, hooks and
// the setting verdict.off call it. A name is never reused for something else.
type Signal string

// Signals that are measured: each has a line in signals.
const (
	URLUnknown         Signal = "url-unknown"
	NetworkNew         Signal = "network-new"
	MailerNew          Signal = "mailer-new"
	MessageIDNew       Signal = "message-id-new"
	HeaderNew          Signal = "header-new"
	EncodingNew        Signal = "encoding-new"
	ZoneNew            Signal = "zone-new"
	FromNew            Signal = "from-new"
	ReplyToNew         Signal = "reply-to-new"
	FileNew            Signal = "file-new"
	MailBroken         Signal = "mail-broken"
	ReplyWithoutThread Signal = "reply-without-thread"
	StyleUnlike        Signal = "style"
	PhraseNew          Signal = "phrase-new"
	HourNew            Signal = "hour-new"
	MailLinkNew        Signal = "mail-link-new"
	Campaign           Signal = "campaign"
	TextRepeated       Signal = "same-text"
	LoginAfterFailures Signal = "login-after-failures"
	AccountChanged     Signal = "account-changed"
	SigninOdd          Signal = "signin-odd"
	StyleBurst         Signal = "style-burst"
	ReachMail          Signal = "reach-mail"
	ReachDay           Signal = "reach-day"
	ReachHour          Signal = "reach-hour"
	ReachNewDay        Signal = "reach-new-day"
	ReachNewHour       Signal = "reach-new-hour"
	Unread             Signal = "unread"
	LuresRepeated      Signal = "lures-repeated"
	PhoneNew           Signal = "phone-new"
	AccountNew         Signal = "account-new"
	AnswerAddressNew   Signal = "answer-address-new"
	AddressLookalike   Signal = "address-lookalike"
	NewcomerPlace      Signal = "newcomer-place"
)

// Retired signals are not measured any more. Journals still show them, settings may still
// switch them off, and their numbers, 0 to 6, are not given again.
const (
	RecipientsNew    Signal = "recipients-new"
	DomainsNew       Signal = "recipient-domains-new"
	RecipientsMany   Signal = "recipients-many"
	RecipientsNewDay Signal = "recipients-new-day"
	Volume10Min      Signal = "volume-10min"
	VolumeHour       Signal = "volume-hour"
	VolumeDay        Signal = "volume-day"
)

var retired = []Signal{RecipientsNew, DomainsNew, RecipientsMany, RecipientsNewDay, Volume10Min,
	VolumeHour, VolumeDay}

// Signals that an admin's rule or habit gives. They have no frequency: their points, if
// any, are the admin's, and they cannot be switched off.
const (
	URLBlocked   Signal = "url-blocked"
	URLUndecided Signal = "url-undecided" // a blocked link may stand in what could not be read
	SenderHeld   Signal = "sender-held"
	HabitOutside Signal = "habit-outside"
	ReachLimit   Signal = "reach-limit"
)

// ruleSignals are those that are not measured.
var ruleSignals = []Signal{URLBlocked, URLUndecided, SenderHeld, HabitOutside, ReachLimit}

// definition is what a measured signal is. Its level lies between 0 (nothing unusual) and
// baseline.Levels-1; how often ordinary mail reaches each level is learned per sender and
// organisation.
type definition struct {
	id    uint8 // the stored number: never changed, never given twice, below baseline.Signals
	name  Signal
	group group
	// prior is how often each level is reached where nothing is known yet: frequencies of
	// ordinary mail that a small company showed in replay, rounded to one digit. They matter
	// for the first hundred mails and are then outweighed by what the installation itself saw.
	prior [baseline.Levels]float64
	// needs is the history without which the signal says nothing.
	needs history
	// marks, where there is one, names what to recognise a campaign by. All marks of a mail are
	// taken before any signal is assessed, so every signal sees them all.
	marks  func(v *view) []baseline.Key
	assess func(v *view) reading
}

// signals are all that is measured. The order of the lines means nothing.
var signals = []definition{
	{24, TextRepeated, groupCampaign, tail(0.02, 0.5), needsNothing, nil, sameText},
	{7, URLUnknown, groupURL, tail(0.06, 0.5), needsNothing, unknownSites, unknownURL},
	{8, NetworkNew, groupAccess, tail(0.05, 0.5), needsNetwork, nil, newNetwork},
	{40, NewcomerPlace, groupAccess, tail(0.1, 0.3), needsNothing, nil, newcomerPlace},
	{21, HourNew, groupAccess, tail(0.05, 0.5), needsHabits, nil, newHour},
	{25, LoginAfterFailures, groupAccess, tail(0.05, 0.4), needsNetwork, nil, loginAfterFailures},
	{34, AccountChanged, groupSignin, tail(0.005, 0.3), needsHabits, nil, accountChanged},
	{35, SigninOdd, groupSignin, tail(0.02, 0.4), needsNetwork, nil, oddSignin},
	{9, MailerNew, groupClient, tail(0.02, 0.3), needsHabits, nil, newMailer},
	{10, MessageIDNew, groupClient, tail(0.02, 0.3), needsHabits, nil, newIDShape},
	{11, HeaderNew, groupClient, tail(0.04, 0.3), needsHabits, nil, newHeaderShape},
	{12, EncodingNew, groupClient, tail(0.04, 0.3), needsHabits, nil, newEncoding},
	{13, ZoneNew, groupClient, tail(0.02, 0.3), needsHabits, nil, newZone},
	{14, FromNew, groupClient, tail(0.01, 0.3), needsHabits, nil, newFrom},
	{17, MailBroken, groupClient, tail(0.02, 0.5), needsNothing, nil, brokenMail},
	{18, ReplyWithoutThread, groupClient, tail(0.03, 0.5), needsNothing, nil, replyWithoutThread},
	{15, ReplyToNew, groupContent, tail(0.01, 0.3), needsNothing, nil, newReplyTo},
	{16, FileNew, groupContent, tail(0.02, 0.3), needsNothing, riskyFiles, newFile},
	{22, MailLinkNew, groupContent, tail(0.02, 0.5), needsNothing, newAddresses, newMailLink},
	// Numbers to call stand in 1 to 9 of a hundred good mails, most of them in signatures.
	{36, PhoneNew, groupContent, tail(0.08, 0.4), needsNothing, nil, newPhone},
	{37, AccountNew, groupContent, tail(0.02, 0.4), needsNothing, newContacts, newAccount},
	{answerAddressNumber, AnswerAddressNew, groupContent, tail(0.02, 0.6), needsNothing, nil, newAnswerAddress},
	{39, AddressLookalike, groupContent, tail(0.003, 0.3), needsNothing, nil, lookalike},
	{27, Unread, groupContent, tail(0.01, 0.3), needsNothing, nil, unreadContent},
	{33, LuresRepeated, groupCampaign, tail(0.03, 0.5), needsNothing, nil, luresRepeated},
	{23, Campaign, groupCampaign, tail(0.005, 0.5), needsNothing, nil, campaign},
	{19, StyleUnlike, groupStyle, tail(0.2, 0.4), needsStyle, nil, unlikeStyle},
	{20, PhraseNew, groupStyle, tail(0.4, 0.5), needsStyle, nil, newPhrases},
	{26, StyleBurst, groupStyle, tail(0.1, 0.4), needsStyle, nil, unlikeBurst},
	{28, ReachDay, groupReach, tail(0.5, 0.5), needsNothing, nil, reachDay},
	{29, ReachHour, groupReach, tail(0.5, 0.5), needsNothing, nil, reachHour},
	{30, ReachNewDay, groupReach, tail(0.3, 0.5), needsNothing, nil, reachNewDay},
	{31, ReachNewHour, groupReach, tail(0.3, 0.5), needsNothing, nil, reachNewHour},
	{32, ReachMail, groupReach, tail(0.5, 0.5), needsNothing, nil, reachMail},
}

// byName and byID find a measured signal's definition.
var (
	byName = make(map[Signal]*definition, len(signals))
	byID   [baseline.Signals]*definition
)

func init() {
	for i := range signals {
		d := &signals[i]
		byName[d.name], byID[d.id] = d, d
	}
}

// IsSignal says whether there is, or was, a measured signal of this name, so that it may be
// switched off.
func IsSignal(name Signal) bool { return byName[name] != nil || slices.Contains(retired, name) }

// NamesLink says whether the signal's evidence shows a link: whoever prints it takes care
// that nobody can click it.
func (s Signal) NamesLink() bool { return s == URLUnknown || s == URLBlocked }

// Signals returns every name that evidence may have, of measured and retired signals and of
// rules.
func Signals() []Signal {
	list := make([]Signal, 0, len(signals)+len(ruleSignals))
	for i := range signals {
		list = append(list, signals[i].name)
	}
	return slices.Concat(list, retired, ruleSignals)
}
