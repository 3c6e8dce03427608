package web

import (
	"net/http"
	"net/netip"
	"strings"
)

// policy has the browser run our scripts and styles only, ask nobody else, and be framed by
// nobody.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// secure adds what every answer has, and refuses what another site had the browser ask.
func (s *Server) secure(next http.Handler) http.Handler {
	same := http.NewCrossOriginProtection() // by Sec-Fetch-Site and Origin; GET changes nothing
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
		h.Set("Cache-Control", "no-store")
		if s.TLS {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		same.Handler(next).ServeHTTP(w, r)
	})
}

// peer is who is connected; invalid for a unix socket.
func peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}

// believed says whether an address is a proxy of ours. Whoever may connect to a unix socket
// is one, where any are named.
func (s *Server) believed(a netip.Addr) bool {
	if !a.IsValid() {
		return len(s.Proxies) > 0
	}
	for _, p := range s.Proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// maxHops bounds how many proxies are followed back.
const maxHops = 8

// client is who asks: the connection's peer, or whom our proxies name, the nearest first. What
// stands further left in the header anybody may have written.
func (s *Server) client(r *http.Request) netip.Addr {
	at := peer(r)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= max(0, len(hops)-maxHops) && s.believed(at); i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = a.Unmap()
	}
	return at
}
