package replay

import (
	"testing"
	"time"

	"hisseki/analyzer/content"
)

func TestEnvelopeOf(t *testing.T) {
	e := envelopeOf([]content.Field{
		{Name: "Return-Path", Value: "<bounce@example.org>"},
		{Name: "Received", Value: "from mx (mx.example.org [192.0.2.9]) by mx2; x"},
		{Name: "Received", Value: "from pc (pc.example.org [192.0.2.1]) by mx; x"},
		{Name: "From", Value: "=?utf-8?q?A?= <A@Example.org>"},
		{Name: "To", Value: `"B, C" <b@example.jp>, c@example.jp`},
		{Name: "cc", Value: "B@example.jp"},
		{Name: "Bcc", Value: "d@example.jp, undisclosed"},
	}, time.Unix(0, 0))
	if e.Sender != "a@example.org" || e.MailFrom != "bounce@example.org" ||
		e.Client.String() != "192.0.2.1" || e.Helo != "pc" || e.Class != "account" {
		t.Errorf("envelope is %+v", e)
	}
	if len(e.Recipients) != 3 || e.Recipients[2] != "d@example.jp" {
		t.Errorf("recipients are %q", e.Recipients)
	}
}
