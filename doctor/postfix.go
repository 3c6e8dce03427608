package doctor

import (
	"cmp"
	"context"
	"net"
	"path/filepath"
	"slices"
	"strings"

	"hisseki/postfix"
)

// Postfix is the MTA's configuration as it understands it itself.
type Postfix interface {
	Parameters(ctx context.Context, names ...string) (postfix.Parameters, error)
	Services(ctx context.Context) ([]postfix.Service, error)
}

// postfix follows the way of a mail through main.cf and master.cf.
func (d *Doctor) postfix() {
	main, err := d.Postfix.Parameters(d.ctx, append([]string{"smtpd_milters", "non_smtpd_milters",
		"smtpd_sasl_auth_enable", "receive_override_options", "content_filter",
		"smtpd_proxy_filter", "milter_protocol", "milter_mail_macros", "enable_long_queue_ids",
		"queue_directory", "message_size_limit"}, checks...)...)
	var services []postfix.Service
	if err == nil {
		services, err = d.Postfix.Services(d.ctx)
	}
	if err != nil {
		d.add("postfix", Warn, err.Error(), "run doctor on the MTA host")
		return
	}
	if main["enable_long_queue_ids"] == "yes" {
		d.add("queue ids", OK, "long", "")
	} else {
		d.add("queue ids", Bad, "short: they are used again within seconds",
			"postconf -e enable_long_queue_ids=yes && postfix reload")
	}
	d.services(main, services)
	d.local(main)
	d.reach(main)
}

// entrance is a service of master.cf by which mail comes in through SMTP.
type entrance struct {
	*postfix.Service
	main    postfix.Parameters
	milters []postfix.Milter
	us      int // place of hisseki among them, -1 for none
}

func (e *entrance) value(name string) string { return e.Value(name, e.main) }

// logins says whether accounts can log in there.
func (e *entrance) logins() bool { return e.value("smtpd_sasl_auth_enable") == "yes" }

// comesBack says whether a content filter gives mail back there: it listens on this machine
// only, and sends nothing to a filter itself.
func (e *entrance) comesBack() bool {
	host, _, err := net.SplitHostPort(e.Name)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback()) && !e.logins()
}

// services looks at every smtpd of master.cf with its own settings.
func (d *Doctor) services(main postfix.Parameters, services []postfix.Service) {
	judged, logins := []string{}, false
	for i := range services {
		if services[i].Command != "smtpd" {
			continue
		}
		e := d.entrance(main, &services[i])
		logins = logins || e.logins()
		if d.entranceFindings(e) {
			judged = append(judged, e.Name)
		}
	}
	switch {
	case len(judged) > 0:
		d.add("milter", OK, "last in smtpd_milters of "+strings.Join(judged, ", "), "")
	case !logins:
		d.add("milter", Bad, "no smtpd asks hisseki at "+d.Config.Milter.Listen.String(),
			"add it to smtpd_milters as the last one, see docs/howto.md")
	}
	d.logins = logins
}

func (d *Doctor) entrance(main postfix.Parameters, s *postfix.Service) *entrance {
	e := &entrance{Service: s, main: main, us: -1}
	if slices.Contains(postfix.List(e.value("receive_override_options")), "no_milters") {
		return e
	}
	e.milters = postfix.Milters(e.value("smtpd_milters"))
	e.us = slices.IndexFunc(e.milters, func(m postfix.Milter) bool {
		return d.isUs(&m, main["queue_directory"])
	})
	return e
}

// entranceFindings says what is wrong at an entrance, and whether its mail is judged well.
func (d *Doctor) entranceFindings(e *entrance) bool {
	if e.us < 0 {
		d.unjudged(e)
		return false
	}
	ok := true
	bad := func(check, found, do string) {
		ok = false
		d.add(check, Bad, e.Name+": "+found, do)
	}
	if e.us < len(e.milters)-1 {
		bad("milter", "not the last in smtpd_milters: a held mail skips the later ones",
			"put hisseki last, after the one that signs")
	}
	if e.value("smtpd_proxy_filter") != "" {
		bad("milter", "smtpd_proxy_filter keeps header and body from every milter (MILTER_README)",
			"use content_filter, or a milter, instead")
	}
	if path, isUnix := strings.CutPrefix(e.milters[e.us].Address, "unix:"); isUnix &&
		filepath.IsAbs(path) && e.Chroot {
		bad("chroot", "smtpd is chrooted and does not see "+path, "write the path relative to "+
			e.main["queue_directory"]+", such as unix:hisseki/milter.sock")
	}
	if e.comesBack() && e.main["content_filter"] != "" {
		d.add("milter", Warn, e.Name+": mail that the content filter gives back is asked about twice, and is taken for an application's "+
			"where the filter changes its sender, Message-ID or Received",
			"-o smtpd_milters= for "+e.Name+" in master.cf")
	}
	if e.logins() && !e.namesAccounts() {
		bad("milter", "milter_mail_macros without {auth_authen}: hisseki does not hear who logged in",
			"leave milter_mail_macros and milter_protocol at their defaults")
	}
	return ok
}

// namesAccounts says whether the milter hears of logins: at protocol 6 it asks for the macros
// that it needs, before that milter_mail_macros decides.
func (e *entrance) namesAccounts() bool {
	protocol := cmp.Or(e.milters[e.us].Options["protocol"], e.value("milter_protocol"), "6")
	return protocol >= "6" || strings.Contains(e.value("milter_mail_macros"), "auth_authen")
}

// unjudged says what it means that an entrance does not ask hisseki.
func (d *Doctor) unjudged(e *entrance) {
	switch {
	case e.logins():
		d.add("milter", Bad, e.Name+": smtpd_milters there does not name "+d.Config.Milter.Listen.String()+
			": mail of who logs in there is not judged",
			"add it as the last one, in main.cf or as -o in master.cf, see docs/howto.md")
	case !e.comesBack():
		d.add("milter", Warn, e.Name+": mail that comes in there is not judged",
			"right for mail from outside; add hisseki where applications submit mail")
	}
}

// isUs compares an entry of smtpd_milters with where we listen.
func (d *Doctor) isUs(m *postfix.Milter, queue string) bool {
	address := m.Address
	if path := m.Path(queue); path != "" {
		address = "unix:" + path
	}
	if d.Config.Milter.Listen.Network == "systemd" {
		return strings.Contains(address, "hisseki")
	}
	return address == d.Config.Milter.Listen.String()
}

// judgesLocal says whether mail that programs give to sendmail(1) comes to us.
func (d *Doctor) judgesLocal(main postfix.Parameters) bool {
	return slices.ContainsFunc(postfix.Milters(main["non_smtpd_milters"]), func(m postfix.Milter) bool {
		return d.isUs(&m, main["queue_directory"])
	})
}

// local looks at mail that programs of this machine give to sendmail(1): it meets no smtpd.
func (d *Doctor) local(main postfix.Parameters) {
	if d.judgesLocal(main) {
		d.add("local mail", OK, "judged (non_smtpd_milters)", "")
		return
	}
	d.add("local mail", Warn, "mail that programs give to sendmail here is not judged",
		"add hisseki to non_smtpd_milters where scripts of this machine send mail")
}
