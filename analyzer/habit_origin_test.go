package analyzer_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/replay"
)

// signedIn is a sign-in half an hour before the attack.
func signedIn(client, country, device, program string) analyzer.Login {
	at := attackDay.Add(-30 * time.Minute)
	l := analyzer.Login{At: at, Last: at, Count: 1, Sender: "b@example.jp", Result: analyzer.LoginSuccess,
		Country: country, Device: device, Program: program}
	if client != "" {
		l.Client = netip.MustParseAddr(client)
	}
	return l
}

// sent judges a mail of b@example.jp; without a client it came by a relay that tells none.
func sent(t *testing.T, a *analyzer.Analyzer, client, mailer string) analyzer.Verdict {
	t.Helper()
	m := letter("b@example.jp", attackDay, house, "p1@partner1.example.org", honest)
	m.Client, m.Relay = netip.Addr{}, "m365"
	if client != "" {
		m.Client, m.Relay = netip.MustParseAddr(client), ""
	}
	var header []content.Field
	for _, f := range m.Header {
		if f.Name != "X-Mailer" && f.Name != "User-Agent" {
			header = append(header, f)
		}
	}
	if m.Header = header; mailer != "" {
		m.Header = append(m.Header, content.Field{Name: "X-Mailer", Value: mailer})
	}
	r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
	if err != nil {
		t.Fatal(err)
	}
	return r.Verdict
}

// Who uses mail with which program, on which device, from which region: what the sign-ins before
// a mail tell counts as what the mail tells itself.
func TestHabitsOfSignins(t *testing.T) {
	program := analyzer.Habit{Name: "h", Programs: []string{"microsoft outlook*", "Browser, Mozilla/5.0*Edg/*"}, Points: 2}
	device := analyzer.Habit{Name: "h", Devices: []string{"CORP-*"}, Points: 2}
	japan := analyzer.Habit{Name: "h", Countries: []string{"JP"}, Points: 2}
	vpn := analyzer.Habit{Name: "h", Networks: prefixes("192.0.2.0/24"), Points: 2}
	const far = "203.0.113.9"
	corp := signedIn(far, "NG", "CORP-7", "")
	for _, c := range []struct {
		name           string
		habit          analyzer.Habit
		client, mailer string
		logins         []analyzer.Login
		excuse         *analyzer.Habit
		words          string // "" for inside
	}{
		{"declared program", program, far, "Microsoft Outlook 16.0", nil, nil, ""},
		{"another program", program, far, "Bulk/1.0", nil, nil, `written with the program Bulk/1.0, outside the declared habit "h" (program microsoft`},
		{"no program", program, far, "", nil, nil, "written with the program none"},
		{"none is declared", analyzer.Habit{Name: "h", Programs: []string{"none"}, Points: 2}, far, "", nil, nil, ""},
		{"the sign-in's program", program, far, "", []analyzer.Login{signedIn(far, "", "", "Browser, Mozilla/5.0 (Windows) Edg/128")}, nil, ""},
		{"another sign-in's program", program, far, "", []analyzer.Login{signedIn(far, "", "", "IMAP4, x")}, nil, "written with the program IMAP4, x"},
		{"a program that is excused", program, far, "Bulk/1.0", nil, &analyzer.Habit{Name: "T1", Programs: []string{"bulk*"}}, ""},
		{"declared device", device, far, "", []analyzer.Login{corp}, nil, ""},
		{"no device told", device, far, "", []analyzer.Login{signedIn(far, "NG", "", "")}, nil, ""},
		{"no sign-in", device, far, "", nil, nil, ""},
		{"another device", device, far, "", []analyzer.Login{corp, signedIn(far, "NG", "LAPTOP", "")}, nil, `signed in on the device LAPTOP, outside the declared habit "h" (device CORP-*)`},
		{"a device elsewhere", device, "192.0.2.11", "", []analyzer.Login{signedIn(far, "NG", "LAPTOP", "")}, nil, ""},
		{"a device, from nobody knows where", device, "", "", []analyzer.Login{corp, signedIn(far, "NG", "LAPTOP", "")}, nil, "signed in on the device LAPTOP"},
		{"a device that is excused", device, "", "", []analyzer.Login{corp, signedIn(far, "NG", "LAPTOP", "")}, &analyzer.Habit{Name: "T1", Devices: []string{"lap*"}}, ""},
		{"country by the log", japan, far, "", []analyzer.Login{corp}, nil, "sent from 203.0.113.9 in NG"},
		{"the latest of the log", japan, far, "", []analyzer.Login{signedIn(far, "JP", "", ""), corp}, nil, "in NG"},
		{"home by the log", japan, far, "", []analyzer.Login{signedIn(far, "JP", "", "")}, nil, ""},
		{"the database goes first", japan, britain, "", []analyzer.Login{signedIn(britain, "JP", "", "")}, nil, "in GB"},
		{"country of a sign-in elsewhere", japan, far, "", []analyzer.Login{signedIn("198.18.0.1", "NG", "", "")}, nil, ""},
		{"country, from nobody knows where", japan, "", "", []analyzer.Login{signedIn(far, "JP", "", ""), corp}, nil, "sent from 203.0.113.9 in NG"},
		{"all from home", japan, "", "", []analyzer.Login{signedIn(far, "JP", "", "")}, nil, ""},
		{"a trip", japan, "", "", []analyzer.Login{signedIn(far, "JP", "", ""), corp}, &analyzer.Habit{Name: "T1", Countries: []string{"NG"}}, ""},
		{"network of a sign-in", vpn, "", "", []analyzer.Login{signedIn("192.0.2.11", "", "", ""), corp}, nil, "sent from 203.0.113.9 in NG"},
		{"an address that no log tells", vpn, "", "", []analyzer.Login{signedIn("", "NG", "", "")}, nil, ""},
		{"a failure", japan, "", "", []analyzer.Login{{At: corp.At, Last: corp.Last, Count: 1, Sender: corp.Sender, Client: corp.Client, Country: "NG", Result: analyzer.LoginFailure}}, nil, ""},
	} {
		memory := &logged{Memory: replay.NewMemory(), logins: c.logins}
		office(t, memory)
		habits := []analyzer.Habit{c.habit}
		if c.excuse != nil {
			habits = append(habits, *c.excuse)
		}
		e := fired(sent(t, declaring(t, memory, habits...), c.client, c.mailer), "habit-outside")
		if (e != nil) != (c.words != "") || e != nil && (!strings.Contains(e.Text, c.words) || e.Points != 2) {
			t.Errorf("%s: %+v", c.name, e)
		}
	}
}

// A declared program is no surprise, nor is a declared device.
func TestInsideProgramsAndDevices(t *testing.T) {
	memory := replay.NewMemory()
	office(t, memory)
	if v := sent(t, declaring(t, memory), house, "Bulk/1.0"); fired(v, "mailer-new") == nil {
		t.Fatalf("the program is nothing new without habits, so the test shows nothing: %+v", v.Evidence)
	}
	v := sent(t, declaring(t, memory, analyzer.Habit{Name: "h", Programs: []string{"Bulk*"}}), house, "Bulk/1.0")
	if e := fired(v, "mailer-new"); e != nil {
		t.Errorf("a declared program surprises: %+v", e)
	}
}

// Sign-ins are asked for where a habit is about them, and else only for mail from a new network.
func TestSigninsAreAskedForOnlyWhereNeeded(t *testing.T) {
	for name, c := range map[string]struct {
		habit analyzer.Habit
		asked bool
	}{
		"none":      {analyzer.Habit{Name: "h", Senders: []string{"c@example.jp"}, Devices: []string{"x"}}, false},
		"hours":     {analyzer.Habit{Name: "h", Hours: hours(t, "06:00-22:00")}, false},
		"networks":  {analyzer.Habit{Name: "h", Networks: prefixes("192.0.2.0/24")}, false},
		"devices":   {analyzer.Habit{Name: "h", Devices: []string{"x"}}, true},
		"countries": {analyzer.Habit{Name: "h", Countries: []string{"JP"}}, true}, // the house has none
	} {
		memory := &logged{Memory: replay.NewMemory()}
		office(t, memory)
		memory.asked = 0
		judge(t, declaring(t, memory, c.habit), "b@example.jp", "192.0.2.11", attackDay)
		if (memory.asked > 0) != c.asked {
			t.Errorf("%s: asked %d times", name, memory.asked)
		}
	}
}
