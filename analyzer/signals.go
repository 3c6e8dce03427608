package analyzer

// cues are the signals in the order of their stored numbers: append only, never
// reorder; at most baseline.Cues. The priors are frequencies of ordinary mail that a
// small company showed in replay, rounded to one digit: they matter for the first
// hundred mails and are then outweighed by what the installation itself saw.
var cues = []cue{
	{"recipients-new", groupRecipients, tail(0.15, 0.5), newRecipients},
	{"recipient-domains-new", groupRecipients, tail(0.08, 0.5), newDomains},
	{"recipients-many", groupRecipients, tail(0.3, 0.4), manyRecipients},
	{"recipients-new-day", groupRecipients, tail(0.15, 0.4), newRecipientsDay},
	{"volume-10min", groupVolume, tail(0.2, 0.4), volume10},
	{"volume-hour", groupVolume, tail(0.3, 0.5), volumeHour},
	{"volume-day", groupVolume, tail(0.5, 0.6), volumeDay},
	{"url-unknown", groupURL, tail(0.06, 0.5), unknownURL},
	{"network-new", groupAccess, tail(0.05, 0.5), newNetwork},
	{"mailer-new", groupClient, tail(0.02, 0.3), newMailer},
	{"message-id-new", groupClient, tail(0.02, 0.3), newIDShape},
	{"header-new", groupClient, tail(0.04, 0.3), newHeaderShape},
	{"encoding-new", groupClient, tail(0.04, 0.3), newEncoding},
	{"zone-new", groupClient, tail(0.02, 0.3), newZone},
	{"from-new", groupClient, tail(0.01, 0.3), newFrom},
	{"reply-to-new", groupContent, tail(0.01, 0.3), newReplyTo},
	{"file-new", groupContent, tail(0.02, 0.3), newFile},
	{"mail-broken", groupClient, tail(0.02, 0.5), brokenMail},
	{"reply-without-thread", groupClient, tail(0.03, 0.5), replyWithoutThread},
	{"style", groupStyle, tail(0.2, 0.4), unlikeStyle},
	{"phrase-new", groupStyle, tail(0.4, 0.5), newPhrases},
	{"hour-new", groupAccess, tail(0.05, 0.5), newHour},
	{"mail-link-new", groupContent, tail(0.02, 0.5), newMailLink},
	{"campaign", groupCampaign, tail(0.005, 0.5), campaign},
	{"same-text", groupVolume, tail(0.02, 0.5), sameText},
	{"login-after-failures", groupAccess, tail(0.05, 0.4), loginAfterFailures},
	{"style-burst", groupStyle, tail(0.1, 0.4), unlikeBurst},
}

// IsSignal says whether there is a signal of this name.
func IsSignal(name string) bool {
	for i := range cues {
		if cues[i].name == name {
			return true
		}
	}
	return false
}
