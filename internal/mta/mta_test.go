package mta_test

import (
	"bytes"
	"errors"
	"net/netip"
	"net/textproto"
	"os"
	"strings"
	"testing"
	"time"

	"hisseki/internal/mta"
)

const text = "From: Alice <alice@example.org>\r\nTo: x@partner.test\r\nSubject: dots\r\n" +
	"Message-ID: <1@example.org>\r\nDate: Mon, 02 Mar 2026 09:00:00 +0900\r\n\r\n" +
	".one dot\r\n..\r\n.\r\n\r\nlast line, 8 bit: \xe7\xad\x86\r\n"

func TestDelivery(t *testing.T) {
	mta.Require(t)
	for name, o := range map[string]mta.Options{"plain": {}, "chroot": {Chroot: true},
		"Debian 13": {Root: mta.Debian13(t)}} {
		t.Run(name, func(t *testing.T) {
			in := mta.Start(t, o)
			mail := mta.Submission{
				User: "alice@example.org", From: "alice@example.org",
				Client: netip.MustParseAddr("203.0.113.7"),
				To:     []string{"x@partner.test", "y@other.test"}, Data: []byte(text),
			}
			id := in.MustSubmit(t, mail)
			in.Sink.WaitCount(t, 1, time.Minute)
			got := in.Sink.To("y@other.test")
			if len(got) != 1 || got[0].From != "alice@example.org" {
				t.Fatalf("for y: %+v", got)
			}
			if !bytes.HasSuffix(got[0].Data, []byte(text)) {
				t.Errorf("mail changed on its way:\n%q", got[0].Data)
			}
			for _, want := range []string{id, "203.0.113.7", "sasl_username=alice@example.org"} {
				if !strings.Contains(in.Log(), want) {
					t.Errorf("log lacks %s:\n%s", want, in.Log())
				}
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	mta.Require(t)
	in := mta.Start(t, mta.Options{})
	mail := mta.Submission{From: "alice@example.org", To: []string{"x@partner.test"}, Data: []byte(text)}

	wrong := mail
	wrong.User, wrong.Password = "alice@example.org", "wrong"
	_, err := in.Submit(wrong)
	var refused *textproto.Error
	if !errors.As(err, &refused) || refused.Code != 535 {
		t.Errorf("wrong password: %v", err)
	}
	if !strings.Contains(in.DovecotLog(), "alice@example.org") {
		t.Errorf("Dovecot does not log the failure: %s", in.DovecotLog())
	}

	outsider := mail
	outsider.Client = netip.MustParseAddr("203.0.113.9")
	if _, err := in.Submit(outsider); !errors.As(err, &refused) || refused.Code != 554 {
		t.Errorf("application port from outside: %v", err)
	}
	in.MustSubmit(t, mail)

	in.Sink.Answer("busy.test", "450 4.2.0 later")
	in.Sink.Answer("gone.test", "550 5.1.1 nobody")
	mail.User, mail.To = "bob@example.org", []string{"a@busy.test", "b@gone.test", "c@fine.test"}
	in.MustSubmit(t, mail)
	in.Sink.Wait(t, time.Minute, "delivery to c", func([]mta.Mail) bool {
		return len(in.Sink.To("c@fine.test")) == 1
	})
	in.Sink.Answer("busy.test", "")
	in.Sink.Wait(t, time.Minute, "the second try for a", func([]mta.Mail) bool {
		return len(in.Sink.To("a@busy.test")) == 1
	})
	if len(in.Sink.To("b@gone.test")) != 0 {
		t.Error("a refused recipient got mail")
	}
}

func TestKillAndRestart(t *testing.T) {
	mta.Require(t)
	in := mta.Start(t, mta.Options{})
	mail := mta.Submission{
		User: "carol@example.org", From: "carol@example.org",
		To: []string{"x@partner.test"}, Data: []byte(text),
	}
	in.Sink.Answer("partner.test", "450 4.2.0 later")
	in.MustSubmit(t, mail)
	if err := in.KillPostfix(); err != nil {
		t.Fatal(err)
	}
	if err := in.KillDovecot(); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Submit(mail); err == nil {
		t.Error("a killed Postfix took mail")
	}
	in.Sink.Answer("partner.test", "")
	if err := in.StartDovecot(); err != nil {
		t.Fatal(err)
	}
	if err := in.StartPostfix(); err != nil {
		t.Fatal(err)
	}
	in.MustSubmit(t, mail)
	in.Sink.WaitCount(t, 2, time.Minute)
	dir := in.Dir
	t.Cleanup(func() {
		if _, err := os.Stat(dir); err != nil {
			t.Errorf("the folder is gone before the end: %v", err)
		}
	})
}
