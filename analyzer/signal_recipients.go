package analyzer

import (
	"fmt"
	"strings"
	"time"

	"hisseki/baseline"
)

// newRecipients: addresses this sender never wrote to before today.
// Levels: 1 some are new, 2 at least half, 3 all of them.
func newRecipients(v *view) reading {
	unknown, total := unknownKeys(v, baseline.Recipient)
	if total == 0 {
		return reading{}
	}
	return reading{
		ok: true, level: share(unknown, total),
		observed: fmt.Sprintf("%d of %d recipients new", unknown, total),
		usual:    fmt.Sprintf("%d known recipients", v.sender.Count(baseline.Recipient)),
		text: fmt.Sprintf("%s that this account never wrote to before today",
			count(unknown, "recipient", "recipients")),
	}
}

// freshRecipients counts the recipients whom the sender neither knows nor wrote to lately.
func (v *view) freshRecipients() int { return v.state.fresh(v.o, v.sender) }

// newDomains: recipient domains new to the sender.
// Levels: 1 some, 2 at least half, 3 all; 1 more when the organisation never wrote
// to any of them either.
func newDomains(v *view) reading {
	unknown, total := unknownKeys(v, baseline.RecipientDomain)
	if total == 0 {
		return reading{}
	}
	level, strange := share(unknown, total), 0
	for _, k := range v.o.Keys[baseline.RecipientDomain] {
		if !v.org.Known(baseline.RecipientDomain, k, v.today) {
			strange++
		}
	}
	words := count(unknown, "recipient domain is", "recipient domains are") + " new to this account"
	if strange > 0 {
		level++
		words += fmt.Sprintf(", %d of them to the whole organisation", strange)
	}
	return reading{
		ok: true, level: level,
		observed: fmt.Sprintf("%d of %d domains new", unknown, total),
		usual:    fmt.Sprintf("%d known domains", v.sender.Count(baseline.RecipientDomain)),
		text:     words,
	}
}

// manyRecipients: doublings of the number of recipients of this one mail.
func manyRecipients(v *view) reading {
	n := v.o.Recipients
	return reading{
		ok: n > 0, level: bucket(n),
		observed: count(n, "recipient", "recipients"),
		often:    bucket(n),
		text:     fmt.Sprintf("one mail to %s", count(n, "recipient", "recipients")),
	}
}

// newRecipientsDay: doublings of the recipients within 24 hours that the sender never
// wrote to before; mox limits exactly this against compromised accounts.
func newRecipientsDay(v *view) reading {
	_, _, fresh := v.state.window(v.now, 24*time.Hour)
	fresh += v.fresh
	level := 0
	if fresh > 0 {
		level = bucket(fresh) + 1
	}
	return reading{
		ok: true, level: level,
		observed: fmt.Sprintf("%d first-time recipients in 24 h", fresh),
		often:    level,
		text: count(fresh, "first-time recipient", "first-time recipients") +
			" within 24 hours",
	}
}

// unknownKeys counts the keys of a family that the sender did not know before today.
func unknownKeys(v *view, f baseline.Family) (unknown, total int) {
	for _, k := range v.o.Keys[f] {
		if !v.sender.Known(f, k, v.today) {
			unknown++
		}
	}
	return unknown, len(v.o.Keys[f])
}

func share(unknown, total int) int {
	switch {
	case unknown == 0:
		return 0
	case unknown == total:
		return 3
	case 2*unknown >= total:
		return 2
	}
	return 1
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strings.Join([]string{fmt.Sprint(n), many}, " ")
}
