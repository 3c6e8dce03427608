package doctor

import (
	"context"
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

// postfix looks at main.cf and master.cf.
func (d *Doctor) postfix() {
	conf, err := d.Postfix.Parameters(d.ctx, "smtpd_milters", "enable_long_queue_ids",
		"queue_directory", "milter_default_action")
	if err != nil {
		d.add("postfix", Warn, err.Error(), "run doctor on the MTA host")
		return
	}
	if conf["enable_long_queue_ids"] == "yes" {
		d.add("queue ids", OK, "long", "")
	} else {
		d.add("queue ids", Bad, "short: they are used again within seconds",
			"postconf -e enable_long_queue_ids=yes && postfix reload")
	}
	d.milters(conf["smtpd_milters"], conf["queue_directory"])
}

// milters looks whether Postfix asks us, by a path that it can reach, and last.
func (d *Doctor) milters(value, queue string) {
	list := postfix.Milters(value)
	at := slices.IndexFunc(list, func(m postfix.Milter) bool { return d.isUs(&m, queue) })
	switch {
	case at < 0:
		d.add("milter", Bad, "smtpd_milters does not name "+d.Config.Milter.Listen.String(),
			"add it as the last one, see docs/howto.md")
		return
	case at < len(list)-1:
		d.add("milter", Bad, "not the last in smtpd_milters: a held mail skips the later ones",
			"put hisseki last, after the one that signs")
	default:
		d.add("milter", OK, "last in smtpd_milters", "")
	}
	path, isUnix := strings.CutPrefix(list[at].Address, "unix:")
	if isUnix && filepath.IsAbs(path) && d.chrooted() {
		d.add("chroot", Bad, "smtpd is chrooted and does not see "+path,
			"write the path relative to "+queue+", such as unix:hisseki/milter.sock")
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

// chrooted says whether any smtpd of master.cf runs chrooted.
func (d *Doctor) chrooted() bool {
	services, err := d.Postfix.Services(d.ctx)
	return err == nil && slices.ContainsFunc(services, func(s postfix.Service) bool {
		return s.Command == "smtpd" && s.Chroot
	})
}
