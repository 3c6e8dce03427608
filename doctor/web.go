package doctor

import (
	"crypto/tls"
	"time"

	"hisseki/internal/words"
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
		d.add("review page", Warn, say("doctor-password-only"), say("doctor-totp"))
	}
	if w.Listen.Network == "tcp" && w.Remote && w.Cert == "" {
		d.add("review page", Warn, say("doctor-web-plain", w.Listen.Name), say("doctor-firewall"))
	}
}

func (d *Doctor) certificate(cert, key string) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		d.add("review page", Bad, words.Fault(err), say("doctor-cert-readable"))
		return
	}
	end := pair.Leaf.NotAfter
	switch left := time.Until(end); {
	case left <= 0:
		d.add("review page", Bad, say("doctor-cert-ended", end.Format(time.DateOnly)), say("doctor-cert-renew", cert))
	case left < renewBefore:
		d.add("review page", Warn, say("doctor-cert-ends", end.Format(time.DateOnly)), say("doctor-cert-renew", cert))
	default:
		d.add("review page", OK, say("doctor-cert-good", end.Format(time.DateOnly)), nothing)
	}
}
