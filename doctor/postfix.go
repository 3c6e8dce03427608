package doctor

import (
	"path/filepath"
	"strings"
)

// postfix looks at main.cf and master.cf as Postfix understands them.
func (d *Doctor) postfix() {
	conf := map[string]string{}
	out, err := d.Postconf(d.ctx, "-x", "smtpd_milters",
		"enable_long_queue_ids", "queue_directory", "milter_default_action")
	if err != nil {
		d.add("postfix", Warn, err.Error(), "run doctor on the MTA host")
		return
	}
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(line, "=")
		conf[strings.TrimSpace(key)] = strings.TrimSpace(value)
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
func (d *Doctor) milters(list, queue string) {
	names := splitMilters(list)
	at := -1
	for i, name := range names {
		if d.isUs(name, queue) {
			at = i
		}
	}
	switch {
	case at < 0:
		d.add("milter", Bad, "smtpd_milters does not name "+d.Config.Milter.Listen.String(),
			"add it as the last one, see docs/howto.md")
		return
	case at < len(names)-1:
		d.add("milter", Bad, "not the last in smtpd_milters: a held mail skips the later ones",
			"put hisseki last, after the one that signs")
	default:
		d.add("milter", OK, "last in smtpd_milters", "")
	}
	path, isUnix := strings.CutPrefix(names[at], "unix:")
	if isUnix && filepath.IsAbs(path) && d.chrooted() {
		d.add("chroot", Bad, "smtpd is chrooted and does not see "+path,
			"write the path relative to "+queue+", such as unix:hisseki/milter.sock")
	}
}

// isUs compares an entry of smtpd_milters with where we listen.
func (d *Doctor) isUs(name, queue string) bool {
	if path, ok := strings.CutPrefix(name, "unix:"); ok && !filepath.IsAbs(path) {
		name = "unix:" + filepath.Join(queue, path)
	}
	if d.Config.Milter.Listen.Network == "systemd" {
		return strings.Contains(name, "hisseki")
	}
	return name == d.Config.Milter.Listen.String()
}

// splitMilters splits smtpd_milters at commas and spaces outside braces and drops the
// options in braces: "{inet:h:1, timeout=2s}, unix:a" is inet:h:1 and unix:a.
func splitMilters(list string) []string {
	var out []string
	for list != "" {
		list = strings.TrimLeft(list, ", \t")
		entry := list
		if strings.HasPrefix(list, "{") {
			inside, rest, _ := strings.Cut(list[1:], "}")
			entry, list = strings.TrimSpace(inside), rest
			entry, _, _ = strings.Cut(entry, ",")
		} else if i := strings.IndexAny(list, ", \t"); i >= 0 {
			entry, list = list[:i], list[i:]
		} else {
			list = ""
		}
		if entry = strings.TrimSpace(entry); entry != "" {
			out = append(out, entry)
		}
	}
	return out
}

// chrooted says whether any smtpd of master.cf runs chrooted.
func (d *Doctor) chrooted() bool {
	out, err := d.Postconf(d.ctx, "-M")
	if err != nil {
		return false
	}
	for line := range strings.Lines(out) {
		// service type private unpriv chroot wakeup maxproc command
		f := strings.Fields(line)
		if len(f) >= 8 && f[7] == "smtpd" && f[4] == "y" {
			return true
		}
	}
	return false
}
