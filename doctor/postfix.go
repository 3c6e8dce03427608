package doctor

import (
	"cmp"
	"context"
	"net"
	"path/filepath"
	"slices"
	"strings"

	"hisseki/internal/words"
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
		"queue_directory", "message_size_limit", "smtpd_tls_security_level", "smtpd_use_tls", "smtpd_tls_ask_ccert",
		"smtpd_tls_req_ccert", "smtpd_tls_received_header"}, checks...)...)
	var services []postfix.Service
	if err == nil {
		services, err = d.Postfix.Services(d.ctx)
	}
	if err != nil {
		d.add("postfix", Warn, words.Fault(err), say("doctor-on-mta"))
		return
	}
	if main["enable_long_queue_ids"] == "yes" {
		d.add("queue ids", OK, say("doctor-ids-long"), nothing)
	} else {
		d.add("queue ids", Bad, say("doctor-ids-short"), say("doctor-ids-set"))
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

// comesBack says whether a content filter gives mail back there: it listens on this machine only, and nobody
// logs in there, or it switches off the filter that all other mail goes to, as in amavis' documentation
// ("127.0.0.1:10025 inet ... smtpd -o content_filter="): there main.cf's smtpd_sasl_auth_enable=yes means nothing.
func (e *entrance) comesBack() bool {
	host, _, err := net.SplitHostPort(e.Name)
	ip := net.ParseIP(host)
	if err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return false
	}
	filter, own := e.Options["content_filter"]
	return !e.logins() || own && filter == "" && e.main["content_filter"] != ""
}

// services looks at every smtpd of master.cf with its own settings.
func (d *Doctor) services(main postfix.Parameters, services []postfix.Service) {
	judged, logins := []string{}, false
	var entrances []*entrance
	for i := range services {
		if services[i].Command != "smtpd" {
			continue
		}
		e := d.entrance(main, &services[i])
		entrances = append(entrances, e)
		logins = logins || e.logins()
		if d.entranceFindings(e) {
			judged = append(judged, e.Name)
		}
	}
	d.certificates(entrances)
	switch {
	case len(judged) > 0:
		d.add("milter", OK, say("doctor-milter-good", judged), nothing)
	case !logins:
		d.add("milter", Bad, say("doctor-milter-none", d.Config.Milter.Listen), say("doctor-milter-add"))
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
	bad := func(check string, found, do words.Text) {
		ok = false
		d.add(check, Bad, found.Of(e.Name), do)
	}
	switch {
	case d.named(e) > 1:
		bad("milter", say("doctor-milter-twice"), say("doctor-milter-once"))
	case e.us < len(e.milters)-1:
		bad("milter", say("doctor-milter-order"), say("doctor-milter-last"))
	}
	if e.value("smtpd_proxy_filter") != "" {
		bad("milter", say("doctor-proxy-filter"), say("doctor-content-filter"))
	}
	if path, isUnix := strings.CutPrefix(e.milters[e.us].Address, "unix:"); isUnix &&
		filepath.IsAbs(path) && e.Chroot {
		bad("chroot", say("doctor-chroot", path), say("doctor-chroot-path", e.main["queue_directory"]))
	}
	if e.comesBack() && e.main["content_filter"] != "" {
		d.add("milter", Warn, say("doctor-twice").Of(e.Name), say("doctor-twice-off", e.Name))
	}
	if e.logins() && !e.comesBack() && !e.namesAccounts() {
		bad("milter", say("doctor-macros"), say("doctor-macros-default"))
	}
	return ok
}

// named says how often an entrance asks hisseki about a mail.
func (d *Doctor) named(e *entrance) (n int) {
	for i := range e.milters {
		if d.isUs(&e.milters[i], e.main["queue_directory"]) {
			n++
		}
	}
	return n
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
	case e.comesBack():
	case e.logins():
		d.add("milter", Bad, say("doctor-logins-unjudged", d.Config.Milter.Listen).Of(e.Name), say("doctor-logins-add"))
	default:
		d.add("milter", Warn, say("doctor-unjudged").Of(e.Name), say("doctor-unjudged-right"))
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
		d.add("local mail", OK, say("doctor-local-good"), nothing)
		return
	}
	d.add("local mail", Warn, say("doctor-local"), say("doctor-local-add"))
}
