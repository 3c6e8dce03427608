package postfix

import (
	"regexp"
	"strings"
)

// trace is the line of Postfix's Received field that names host, protocol and queue id; the
// daemon writes it on a line of its own (smtpd.c), and folds it nowhere:
//
//	by mx.example.jp (Postfix) with ESMTPSA id 4b1Rw22LDbz9rxP
var trace = regexp.MustCompile(`^[ \t]+by ([0-9A-Za-z._-]{1,255}) \([^()]{0,80}\) with ` +
	`(?:ESMTP|UTF8SMTP)S?A? id ([0-9A-Za-z]{5,20})[ \t\r]*;?`)

// maxTrace bounds the lines that are looked at of one field.
const maxTrace = 8

// Trace reads the host and the queue id that a Postfix noted in a Received field, raw with its
// folds. ok is false for fields of other programs.
func Trace(field string) (host, id string, ok bool) {
	lines := strings.SplitN(field, "\n", maxTrace+1)
	for _, line := range lines[:min(len(lines), maxTrace)] {
		if m := trace.FindStringSubmatch(line); m != nil && ValidID(m[2]) {
			return m[1], m[2], true
		}
	}
	return "", "", false
}

// verified is the line that says whose certificate Postfix verified (smtpd_tls_received_header). It
// has no parentheses in names that do not match, so what a certificate says cannot end it early.
//
//	(Client CN "relay.example.com", Issuer "An Authority" (verified OK))
var verified = regexp.MustCompile(`(?m)^[ \t]+\(Client CN "([^"\n]{1,255})", Issuer "[^"\n]{0,255}" \(verified OK\)\)[ \t\r]*$`)

// VerifiedClient returns the name in the certificate that a client showed and Postfix verified, by
// its Received field; "" for none.
func VerifiedClient(field string) string {
	if m := verified.FindStringSubmatch(field); m != nil {
		return m[1]
	}
	return ""
}
