package doctor

import (
	"crypto/tls"
	"fmt"
	"time"
)

// renewBefore is how long before its end a certificate should have been renewed.
const renewBefore = 14 * 24 * time.Hour

// web looks at the review page's settings. Whether it runs is nobody's fault: it need not.
func (d *Doctor) web() {
	w := &d.Config.Web
	if w.Cert != "" {
		d.certificate(w.Cert, w.Key)
	}
	d.openID(&w.OpenID)
	if w.PasswordOnly {
		d.add("review page", Warn, "web.password_only lets reviewers in without a second factor",
			"hisseki reviewer totp NAME for each, then take it out")
	}
	if w.Listen.Network == "tcp" && w.Remote && w.Cert == "" {
		d.add("review page", Warn, fmt.Sprintf("it listens on %s without TLS (web.plain)", w.Listen.Name),
			"only a proxy with TLS may reach it: let the firewall see to that")
	}
}

func (d *Doctor) certificate(cert, key string) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		d.add("review page", Bad, err.Error(), "make web.cert and web.key readable for the user that runs hisseki web")
		return
	}
	end := pair.Leaf.NotAfter
	switch left := time.Until(end); {
	case left <= 0:
		d.add("review page", Bad, "the certificate ended on "+end.Format(time.DateOnly), "renew "+cert)
	case left < renewBefore:
		d.add("review page", Warn, "the certificate ends on "+end.Format(time.DateOnly), "renew "+cert)
	default:
		d.add("review page", OK, "the certificate holds until "+end.Format(time.DateOnly), "")
	}
}
