package replay

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/netip"
)

// Origins say of mails, by their Message-IDs, which account gave mail to the server and from where: an
// old mail log knows what a Sent folder does not.
type Origins struct {
	of    map[uint64]origin // by a hash of the Message-ID
	names map[string]string // each account once
}

type origin struct {
	sender string
	client netip.Addr
}

// maxOrigins bounds the mails, of 60 bytes each here.
const maxOrigins = 2_000_000

// Add notes where a mail came from.
func (o *Origins) Add(messageID, sender string, client netip.Addr) error {
	if o.of == nil {
		o.of, o.names = make(map[uint64]origin), make(map[string]string)
	}
	if len(o.of) >= maxOrigins {
		return fmt.Errorf("the logs have more than %d mails: learn from a part of them at a time",
			maxOrigins)
	}
	if _, known := o.names[sender]; !known {
		o.names[sender] = sender
	}
	o.of[originKey(messageID)] = origin{o.names[sender], client}
	return nil
}

// Count returns the number of mails.
func (o *Origins) Count() int { return len(o.of) }

func originKey(messageID string) uint64 {
	h := sha256.Sum256([]byte(messageID))
	return binary.BigEndian.Uint64(h[:])
}

// find returns where a mail came from.
func (o *Origins) find(messageID string) (origin, bool) {
	if o == nil || messageID == "" {
		return origin{}, false
	}
	found, ok := o.of[originKey(messageID)]
	return found, ok
}
