package identity

import (
	"regexp"
	"strings"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
)

// forwarding are forms of MAIL FROM, in lower case, under which servers hand on mail that
// somebody else wrote, or that no person writes. Nobody who logs in gets to choose them.
//
//	bounces+srs=ab12c=3x@example.jp                       Microsoft 365's own SRS
//	alice+caf_=bob=example.net@example.jp                 Gmail's automatic forwarding
//	microsoftexchange329e71ec88ae4615bbc36ab6ce41109e@... Exchange: reports, journal
var forwarding = []*regexp.Regexp{
	regexp.MustCompile(`^bounces\+srs=`),
	regexp.MustCompile(`\+caf_=`),
	regexp.MustCompile(`^microsoftexchange[0-9a-f]{32}@`),
}

// forwards says whether a MAIL FROM is that of a machine which hands mail on.
func forwards(from string) bool {
	for _, form := range forwarding {
		if form.MatchString(from) {
			return true
		}
	}
	return false
}

// marks are fields that servers put on mail which an account did not write: what it handed on
// by a rule, journal reports, copies. A value of "" stands for any.
//
//	X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent
//	X-Sieve-Redirected-From: alice@example.jp
var marks = []content.Field{
	{Name: "X-MS-Exchange-Generated-Message-Source"},
	{Name: "X-MS-Exchange-Inbox-Rules-Loop"},
	{Name: "X-MS-Journal-Report"},
	{Name: "X-Sieve-Redirected-From"},
	{Name: "X-Forwarded-For"},
	{Name: "X-Forwarded-To"},
	{Name: "X-Autoreply"},
	{Name: "X-Autorespond"},
	{Name: "Resent-From"},
	{Name: "Precedence", Value: "auto_reply"},
}

// automatic says whether a mail calls itself a machine's work: an answer of an absent person
// (RFC 3834), forwarded, a journal report. Anybody can write that into his mail. So it takes
// nothing of the mail out of the account's judgement, it only keeps it from being learned as
// the account's hand.
func automatic(m *analyzer.Mail) bool {
	if m.MailFrom == "" {
		return true
	}
	for i := range m.Header {
		f := &m.Header[i]
		if strings.EqualFold(f.Name, "Auto-Submitted") {
			word, _, _ := strings.Cut(strings.TrimSpace(f.Value), ";")
			if word = strings.TrimSpace(word); word != "" && !strings.EqualFold(word, "no") {
				return true
			}
		}
		for k := range marks {
			if strings.EqualFold(f.Name, marks[k].Name) && (marks[k].Value == "" ||
				strings.EqualFold(strings.TrimSpace(f.Value), marks[k].Value)) {
				return true
			}
		}
	}
	return false
}
