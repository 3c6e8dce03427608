package analyzer

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"hisseki/baseline"
)

// hasher turns values into keys that only the holder of the salt can recompute.
type hasher struct{ salt []byte }

func (h hasher) key(f baseline.Family, value string) baseline.Key {
	buf := make([]byte, 0, len(h.salt)+1+len(value))
	buf = append(buf, h.salt...)
	buf = append(buf, byte(f))
	buf = append(buf, value...)
	sum := sha256.Sum256(buf)
	return baseline.Key(binary.BigEndian.Uint64(sum[:8]) >> (64 - baseline.KeyBits))
}

// keys returns the keys of values, rising, without repeats; empty values are left out.
func (h hasher) keys(f baseline.Family, values ...string) []baseline.Key {
	var keys []baseline.Key
	for _, v := range values {
		if v != "" {
			keys = append(keys, h.key(f, v))
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
