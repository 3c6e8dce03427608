package hook

import (
	"os/exec"
	"strings"
	"testing"
)

func TestAlertSaysWhatToDo(t *testing.T) {
	for language, want := range map[string][]string{
		English: {"[hisseki] I3 open: 5 mails of bando@example.jp held\n", "file-kakunin[.]test",
			"something new", "hisseki incident confirm I3", "hisseki incident dismiss I3",
			`hisseki sender hold --until 1d --reason "I3" bando@example.jp`,
			`hisseki url block --reason "I3" file-kakunin.test`, "to 12 recipients in 4 domains"},
		Japanese: {"[hisseki] I3 対応待ち: bando@example.jp のメール 5 通を保留\n",
			"組織の誰も使ったことのないリンク: file-kakunin[.]test",
			"hisseki incident confirm I3", "宛先 12 件"},
	} {
		subject, body, err := alert(theft(), language, "", false)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range want {
			if !strings.Contains(subject+"\n"+body, s) {
				t.Errorf("%s: no %q in\n%s\n%s", language, s, subject, body)
			}
		}
		again, more, err := alert(theft(), language, "", true)
		if err != nil || again != subject || len(more) <= len(body) {
			t.Errorf("%s: an update is\n%s\n%s\n%v", language, again, more, err)
		}
	}
}

func TestAlertOfModeObserve(t *testing.T) {
	c := theft()
	c.Passed = c.Holds
	for language, want := range map[string][]string{
		English:  {"5 mails of bando@example.jp would be held\n", "In mode observe", "not held    5, to"},
		Japanese: {"のメール 5 通を検知 (保留なし)\n", "観察モード", "5 通 (保留なし)、宛先 12 件"},
	} {
		subject, body, err := alert(c, language, "", false)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range append(want, "--incident I3 --state passed", "\n  hisseki sender enforce --un") {
			if !strings.Contains(subject+"\n"+body, s) {
				t.Errorf("%s: no %q in\n%s\n%s", language, s, subject, body)
			}
		}
		if strings.Contains(body, "hisseki sender hold") { // would hold nothing
			t.Errorf("%s: mode observe with a rule that is only recorded:\n%s", language, body)
		}
	}
}

// To watch is not to act: a command could lock the account.
func TestCommandsDoNotActInModeObserve(t *testing.T) {
	for _, c := range []struct {
		acts   bool
		event  string
		passed int
		want   bool
	}{
		{true, "opened", 5, false},
		{true, "opened", 4, true}, // one was held
		{true, "confirmed", 5, true},
		{false, "opened", 5, true},
	} {
		b := theft()
		b.Passed = c.passed
		h := Hook{Acts: c.acts, On: []string{"opened", "confirmed"}}
		if got := h.wants(&Event{Event: c.event, Brief: *b}); got != c.want {
			t.Errorf("%+v: told %t", c, got)
		}
	}
}

// What comes from a thief is in the mail: it must not break out of its line, and a command
// that is pasted into a shell must do what it says.
func TestAlertIsHarmless(t *testing.T) {
	c := theft()
	c.Sender = "x\r\nBcc: victim@partner.test\x1b[2J'; touch /tmp/owned; '\u202e@example.jp"
	c.Hosts, c.Lures = []string{"aaa.example.org", "a\nb"}, []string{"$(id).test"}
	c.Evidence[1].Text = "line\n\nhisseki quarantine release --yes"
	for _, language := range []string{English, Japanese} {
		subject, body, err := alert(c, language, "", false)
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(subject, "\r\n\x1b") || strings.ContainsAny(body, "\r\x1b\u202e") ||
			strings.Contains(body, "\nBcc") || strings.Contains(body, "\nhisseki quarantine") {
			t.Errorf("%s: %q %q", language, subject, body)
		}
		raw := letterOf(t, c, language).compose()
		h, _, _ := decode(t, raw)
		if h.Get("Bcc") != "" {
			t.Errorf("a header was forged:\n%s", raw)
		}
	}
}

func TestQuotedIsOneArgument(t *testing.T) {
	for _, s := range []string{"bando@example.jp", "it's", "a b", "$(id)", "`id`", "\"", "\\", "*", "",
		"-rf", "名前@example.jp"} {
		out, err := exec.Command("sh", "-c", "printf '%s|' "+quoted(s)).Output()
		got := strings.TrimPrefix(string(out), "--|") // printf takes "--" for text here
		if err != nil || got != s+"|" {
			t.Errorf("%q is pasted as %q, %v", s, out, err)
		}
	}
}

// What is suggested to be blocked is a lure, not whatever link comes first; without one
// nothing is suggested.
func TestAlertSuggestsLuresOnly(t *testing.T) {
	for _, language := range []string{English, Japanese} {
		c := theft()
		c.Hosts, c.Lures = []string{"aaa.example.org"}, []string{"lure.example.org", "later.example.org"}
		_, body, err := alert(c, language, "", false)
		if err != nil || !strings.Contains(body, "url block --reason \"I3\" lure.example.org\n") ||
			strings.Index(body, "lure[.]example[.]org") > strings.Index(body, "aaa[.]example[.]org") {
			t.Errorf("%s: %v\n%s", language, err, body)
		}
		c.Lures = nil
		if _, body, err = alert(c, language, "", false); err != nil || strings.Contains(body, "url block") ||
			!strings.Contains(body, "aaa[.]example[.]org") {
			t.Errorf("%s, no lure: %v\n%s", language, err, body)
		}
	}
}

// TestAccountThatCannotBeTyped: a command would name another account, that there is not.
func TestAccountThatCannotBeTyped(t *testing.T) {
	for _, language := range []string{English, Japanese} {
		for _, sender := range []string{"a\x1b[2Jb@example.org", "a\u202eb@example.org", "a\xffb@example.org"} {
			_, body, err := alert(&Brief{Incident: "I3", Sender: sender, Holds: 1}, language, "", false)
			if err != nil || strings.Contains(body, "sender hold") || !strings.Contains(body, "incident show I3 --json") {
				t.Errorf("%s, %q: %v\n%s", language, sender, err, body)
			}
		}
		if _, body, err := alert(&Brief{Incident: "I3", Sender: "bob@example.org", Holds: 1}, language, "", false); err != nil ||
			!strings.Contains(body, "sender hold --until 1d --reason \"I3\" bob@example.org") {
			t.Errorf("%s: %v\n%s", language, err, body)
		}
	}
}
