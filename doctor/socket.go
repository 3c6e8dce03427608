package doctor

import (
	"fmt"
	"net"
	"os"

	"hisseki/internal/config"
)

// socket looks whether serve answers, whether Postfix may write there, and who else may: a
// milter believes whatever it is told, so who may connect can send mail in any account's name
// that is learned as its own, and can keep all connections.
func (d *Doctor) socket() {
	a := d.Config.Milter.Listen
	if err := d.Dial(a); err != nil {
		d.add("socket", Bad, err.Error(), "start hisseki serve: systemctl enable --now hisseki")
		return
	}
	d.add("socket", OK, a.String()+" answers", "")
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
		d.add("permission", Bad, err.Error(), "")
		return
	}
	mode := info.Mode().Perm()
	found := fmt.Sprintf("%s has mode %04o", path, mode)
	const do = `set milter.socket_mode = "0660" and socket_group = "postfix"`
	switch {
	case mode&0o006 == 0o006:
		d.forgeable(found)
	case mode&0o060 != 0o060:
		d.add("permission", Bad, found, do)
	default:
		d.add("permission", OK, found, "")
	}
}

func (d *Doctor) inet(a config.Address) {
	host, _, err := net.SplitHostPort(a.Name)
	ip := net.ParseIP(host)
	if err == nil && (host == "localhost" || ip != nil && ip.IsLoopback()) {
		d.forgeable(a.String() + " is open to every user of this machine")
		return
	}
	d.forgeable(a.String() + " is open to the network")
}

// forgeable says that others than Postfix can connect.
func (d *Doctor) forgeable(found string) {
	if d.Config.Milter.TrustPeers {
		d.add("permission", OK, found+" (milter.trust_peers)", "")
		return
	}
	d.add("permission", Bad, found+": who connects can send in any account's name",
		`listen on unix:/var/spool/postfix/hisseki/milter.sock (docs/howto.md), or set`+
			` milter.trust_peers = true where nobody else can connect`)
}
