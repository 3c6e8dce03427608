package config

import "fmt"

// Doubts are settings that work, and that let somebody be taken for somebody else: each with what to do.
func (c *Config) Doubts() (list []string) {
	for i := range c.Identity.Relay {
		if r := &c.Identity.Relay[i]; r.BelievesFrom() {
			list = append(list, fmt.Sprintf("identity.relay %s: %s", r.Name, FromIsChosen))
		}
	}
	if c.Milter.Listen.Network == "tcp" && !c.Milter.TrustPeers {
		list = append(list, fmt.Sprintf("milter.listen %s: whoever connects can send in any account's name: listen on a "+
			"unix socket, or set milter.trust_peers where nobody else can connect", c.Milter.Listen))
	}
	return list
}

// FromIsChosen says what is wrong with a relay that BelievesFrom.
const FromIsChosen = `account has "from" without "mail_from" before it: any account of yours can name another by its ` +
	`own From, unless the relay writes or checks that: put "mail_from" first (docs/cloud.md)`

// BelievesFrom says whether the From field alone names an account: account = ["from"], or
// ["header:X-Sender", "from"] where that field is missing. With mail_from before it, it is never asked.
func (r *Relay) BelievesFrom() bool {
	for _, p := range r.Account {
		switch p.Kind {
		case "mail_from":
			return false
		case "from":
			return true
		}
	}
	return false
}
