package doctor

import (
	"fmt"
	"net"
	"os"

	"hisseki/internal/config"
	"hisseki/internal/words"
)

// socket looks whether serve answers, whether Postfix may write there, and who else may: a
// milter believes whatever it is told, so who may connect can send mail in any account's name
// that is learned as its own, and can keep all connections.
func (d *Doctor) socket() {
	a := d.Config.Milter.Listen
	if err := d.Dial(a); err != nil {
		d.add("socket", Bad, words.Fault(err), say("doctor-serve-start"))
		return
	}
	d.add("socket", OK, say("doctor-answers", a), nothing)
	switch a.Network {
	case "unix":
		d.socketFile(a.Name)
	case "systemd": // its unit says who may connect
	default:
		d.inet(a)
	}
}

func (d *Doctor) socketFile(path string) {
	info, err := os.Stat(path)
	if err != nil {
		d.add("permission", Bad, words.Fault(err), nothing)
		return
	}
	mode := info.Mode().Perm()
	found := say("doctor-mode", path, fmt.Sprintf("%04o", mode))
	switch {
	case mode&0o006 == 0o006:
		d.forgeable(found)
	case mode&0o060 != 0o060:
		d.add("permission", Bad, found, say("doctor-mode-set"))
	default:
		d.add("permission", OK, found, nothing)
	}
}

func (d *Doctor) inet(a config.Address) {
	host, _, err := net.SplitHostPort(a.Name)
	ip := net.ParseIP(host)
	if err == nil && (host == "localhost" || ip != nil && ip.IsLoopback()) {
		d.forgeable(say("doctor-open-machine", a))
		return
	}
	d.forgeable(say("doctor-open-network", a))
}

// forgeable says that others than Postfix can connect.
func (d *Doctor) forgeable(found words.Text) {
	if d.Config.Milter.TrustPeers {
		d.add("permission", OK, say("doctor-trusted", found), nothing)
		return
	}
	d.add("permission", Bad, say("doctor-forgeable", found), say("doctor-forgeable-listen"))
}
