package analyzer

import "hisseki/baseline"

// Signal is the name of one thing that a mail can show: what evidence, metrics, hooks and
// the setting verdict.off call it. A name is never reused for something else.
type Signal string

// Signals that are measured: each has a line in signals.
const (
	RecipientsNew      Signal = "recipients-new"
	DomainsNew         Signal = "recipient-domains-new"
	RecipientsMany     Signal = "recipients-many"
	RecipientsNewDay   Signal = "recipients-new-day"
	Volume10Min        Signal = "volume-10min"
	VolumeHour         Signal = "volume-hour"
	VolumeDay          Signal = "volume-day"
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
	StyleBurst         Signal = "style-burst"
	Unread             Signal = "unread"
)

// Signals that an admin's rule or habit gives. They have no frequency: their points, if
// any, are the admin's, and they cannot be switched off.
const (
	URLBlocked   Signal = "url-blocked"
	SenderHeld   Signal = "sender-held"
	HabitOutside Signal = "habit-outside"
)

// ruleSignals are those that are not measured.
var ruleSignals = []Signal{URLBlocked, SenderHeld, HabitOutside}

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
	// marks says that the signal names what to recognise a campaign by. Such signals are
	// measured first, so that every other one sees all marks of the mail.
	marks  bool
	assess func(v *view) reading
}

// signals are all that is measured. The order of the lines means nothing.
var signals = []definition{
	{0, RecipientsNew, groupRecipients, tail(0.15, 0.5), needsHabits, false, newRecipients},
	{1, DomainsNew, groupRecipients, tail(0.08, 0.5), needsHabits, false, newDomains},
	{2, RecipientsMany, groupRecipients, tail(0.3, 0.4), needsNothing, false, manyRecipients},
	{3, RecipientsNewDay, groupRecipients, tail(0.15, 0.4), needsNothing, false, newRecipientsDay},
	{4, Volume10Min, groupVolume, tail(0.2, 0.4), needsNothing, false, volume10},
	{5, VolumeHour, groupVolume, tail(0.3, 0.5), needsNothing, false, volumeHour},
	{6, VolumeDay, groupVolume, tail(0.5, 0.6), needsNothing, false, volumeDay},
	{24, TextRepeated, groupVolume, tail(0.02, 0.5), needsNothing, false, sameText},
	{7, URLUnknown, groupURL, tail(0.06, 0.5), needsNothing, true, unknownURL},
	{8, NetworkNew, groupAccess, tail(0.05, 0.5), needsNetwork, false, newNetwork},
	{21, HourNew, groupAccess, tail(0.05, 0.5), needsHabits, false, newHour},
	{25, LoginAfterFailures, groupAccess, tail(0.05, 0.4), needsNetwork, false, loginAfterFailures},
	{9, MailerNew, groupClient, tail(0.02, 0.3), needsHabits, false, newMailer},
	{10, MessageIDNew, groupClient, tail(0.02, 0.3), needsHabits, false, newIDShape},
	{11, HeaderNew, groupClient, tail(0.04, 0.3), needsHabits, false, newHeaderShape},
	{12, EncodingNew, groupClient, tail(0.04, 0.3), needsHabits, false, newEncoding},
	{13, ZoneNew, groupClient, tail(0.02, 0.3), needsHabits, false, newZone},
	{14, FromNew, groupClient, tail(0.01, 0.3), needsHabits, false, newFrom},
	{17, MailBroken, groupClient, tail(0.02, 0.5), needsNothing, false, brokenMail},
	{18, ReplyWithoutThread, groupClient, tail(0.03, 0.5), needsNothing, false, replyWithoutThread},
	{15, ReplyToNew, groupContent, tail(0.01, 0.3), needsNothing, false, newReplyTo},
	{16, FileNew, groupContent, tail(0.02, 0.3), needsNothing, true, newFile},
	// What hides from a reader is rare in ordinary mail; who encrypts or sends huge files soon
	// has a history of it.
	{27, Unread, groupContent, tail(0.01, 0.3), needsNothing, false, unreadContent},
	{22, MailLinkNew, groupContent, tail(0.02, 0.5), needsNothing, true, newMailLink},
	{23, Campaign, groupCampaign, tail(0.005, 0.5), needsNothing, false, campaign},
	{19, StyleUnlike, groupStyle, tail(0.2, 0.4), needsStyle, false, unlikeStyle},
	{20, PhraseNew, groupStyle, tail(0.4, 0.5), needsStyle, false, newPhrases},
	{26, StyleBurst, groupStyle, tail(0.1, 0.4), needsStyle, false, unlikeBurst},
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

// IsSignal says whether there is a measured signal of this name, so that it can be
// switched off.
func IsSignal(name Signal) bool { return byName[name] != nil }

// NamesLink says whether the signal's evidence shows a link: whoever prints it takes care
// that nobody can click it.
func (s Signal) NamesLink() bool { return s == URLUnknown || s == URLBlocked }

// Signals returns every name that evidence may have, of measured signals and of rules.
func Signals() []Signal {
	list := make([]Signal, 0, len(signals)+len(ruleSignals))
	for i := range signals {
		list = append(list, signals[i].name)
	}
	return append(list, ruleSignals...)
}
