package doctor

import (
	"context"
	"strings"
	"testing"

	"hisseki/internal/config"
	"hisseki/postfix"
)

// fakePostfix answers with a configuration.
type fakePostfix struct {
	main     postfix.Parameters
	services []postfix.Service
}

func (f fakePostfix) Parameters(context.Context, ...string) (postfix.Parameters, error) {
	return f.main, nil
}

func (f fakePostfix) Services(context.Context) ([]postfix.Service, error) { return f.services, nil }

// smtpd is a service with options of "name=value".
func smtpd(name string, options ...string) postfix.Service {
	s := postfix.Service{Name: name, Type: "inet", Command: "smtpd", Options: postfix.Parameters{}}
	for _, o := range options {
		key, value, _ := strings.Cut(o, "=")
		s.Options[key] = value
	}
	return s
}

// TestWayOfAMail has ways to set Postfix up, and the findings that are not ok.
func TestWayOfAMail(t *testing.T) {
	const us = "unix:hisseki/milter.sock"
	login := "smtpd_sasl_auth_enable=yes"
	for name, c := range map[string]struct {
		main     string // "name=value; ..."
		services []postfix.Service
		want     []string // "state check: part of what was found"
	}{
		"one service": {"smtpd_milters=inet:h:1 " + us, []postfix.Service{smtpd("submission", login)}, nil},
		"first": {"smtpd_milters=" + us + " inet:h:1", []postfix.Service{smtpd("submission", login)},
			[]string{"bad milter: submission: not the last"}},
		"nowhere": {"smtpd_milters=", []postfix.Service{smtpd("smtp")},
			[]string{"warn milter: smtp: not judged", "bad milter: no smtpd asks"}},
		// The finding of a real site: doctor looked at main.cf alone.
		"override switches it off": {"smtpd_milters=" + us,
			[]postfix.Service{smtpd("smtp"), smtpd("submission", login, "smtpd_milters=")},
			[]string{"bad milter: submission: does not name"}},
		"override switches it on": {"smtpd_milters=",
			[]postfix.Service{smtpd("smtp"), smtpd("submission", login, "smtpd_milters="+us)},
			[]string{"warn milter: smtp: comes in there is not judged"}},
		"no_milters": {"smtpd_milters=" + us, []postfix.Service{smtpd("submission", login,
			"receive_override_options=no_address_mappings,no_milters")},
			[]string{"bad milter: submission: does not name"}},
		"filter gives back": {"smtpd_milters=" + us + "; content_filter=amavis:[127.0.0.1]:10024",
			[]postfix.Service{smtpd("submission", login), smtpd("127.0.0.1:10025", "content_filter=")},
			[]string{"warn milter: 127.0.0.1:10025: asked about twice"}},
		"filter gives back unasked": {"smtpd_milters=" + us + "; content_filter=amavis:[127.0.0.1]:10024",
			[]postfix.Service{smtpd("submission", login),
				smtpd("127.0.0.1:10025", "content_filter=", "smtpd_milters=")}, nil},
		// smtpd_sasl_auth_enable=yes in main.cf is of the way back, too, where nobody logs in.
		"filter gives back, logins everywhere": {"smtpd_milters=" + us + "; content_filter=amavis:[127.0.0.1]:10024; " + login,
			[]postfix.Service{smtpd("submission"), smtpd("127.0.0.1:10025", "content_filter=")},
			[]string{"warn milter: 127.0.0.1:10025: asked about twice"}},
		"filter gives back unasked, logins everywhere": {"smtpd_milters=" + us + "; content_filter=amavis:[127.0.0.1]:10024; " + login,
			[]postfix.Service{smtpd("submission"), smtpd("127.0.0.1:10025", "content_filter=", "smtpd_milters=")}, nil},
		"a webmail's own entrance": {"smtpd_milters=" + us + "; content_filter=amavis:[127.0.0.1]:10024; " + login,
			[]postfix.Service{smtpd("submission"), smtpd("127.0.0.1:10587", "smtpd_milters=")},
			[]string{"bad milter: 127.0.0.1:10587: does not name"}},
		"proxy filter": {"smtpd_milters=" + us, []postfix.Service{smtpd("submission", login,
			"smtpd_proxy_filter=127.0.0.1:10024")}, []string{"bad milter: submission: header and body"}},
		"old protocol": {"smtpd_milters=" + us + "; milter_protocol=4; milter_mail_macros=i",
			[]postfix.Service{smtpd("submission", login)},
			[]string{"bad milter: submission: who logged in"}},
		"old protocol, own macros": {"smtpd_milters=" + us +
			"; milter_protocol=4; milter_mail_macros=i {auth_authen}",
			[]postfix.Service{smtpd("submission", login)}, nil},
		"new protocol asks itself": {"smtpd_milters=" + us + "; milter_protocol=6; milter_mail_macros=i",
			[]postfix.Service{smtpd("submission", login)}, nil},
		"chroot": {"smtpd_milters=unix:/q/hisseki/milter.sock",
			[]postfix.Service{{Name: "submission", Command: "smtpd", Chroot: true,
				Options: postfix.Parameters{"smtpd_sasl_auth_enable": "yes"}}},
			[]string{"bad chroot: submission: does not see"}},
	} {
		main := postfix.Parameters{"queue_directory": "/q", "enable_long_queue_ids": "yes",
			"non_smtpd_milters": us}
		for _, line := range strings.Split(c.main, "; ") {
			key, value, _ := strings.Cut(line, "=")
			main[key] = value
		}
		d := &Doctor{Config: config.Default("/s"), Postfix: fakePostfix{main, c.services},
			ctx: t.Context()}
		d.Config.Milter.Listen = config.Address{Network: "unix", Name: "/q/hisseki/milter.sock"}
		d.postfix()
		compare(t, name, d.list, c.want)
	}
}

// compare looks for exactly the findings that are not ok.
func compare(t *testing.T, name string, list []Finding, want []string) {
	t.Helper()
	var got []string
	for _, f := range list {
		if f.State != OK {
			got = append(got, f.State+" "+f.Check+": "+f.Found)
		}
	}
	ok := len(got) == len(want)
	for i := 0; ok && i < len(want); i++ {
		check, part, _ := strings.Cut(want[i], ": ")
		ok = strings.HasPrefix(got[i], check+": ")
		for _, word := range strings.Split(part, ": ") {
			ok = ok && strings.Contains(got[i], word)
		}
	}
	if !ok {
		t.Errorf("%s: found\n  %s\nwant\n  %s", name, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestLocalMail(t *testing.T) {
	for value, state := range map[string]string{"": Warn, "inet:h:1": Warn,
		"unix:hisseki/milter.sock": OK} {
		d := &Doctor{Config: config.Default("/s"), ctx: t.Context()}
		d.Config.Milter.Listen = config.Address{Network: "unix", Name: "/q/hisseki/milter.sock"}
		d.local(postfix.Parameters{"non_smtpd_milters": value, "queue_directory": "/q"})
		if got := d.list[0]; got.State != state {
			t.Errorf("%q: %+v, want %s", value, got, state)
		}
	}
}
