package baseline

import "encoding/binary"

// num appends n as an unsigned varint (encoding/binary).
func num(b []byte, n uint64) []byte { return binary.AppendUvarint(b, n) }

func zigzag(n int64) uint64   { return uint64(n<<1) ^ uint64(n>>63) }
func unzigzag(n uint64) int64 { return int64(n>>1) ^ -int64(n&1) }

func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// reader reads varints and remembers whether the data ran out.
type reader struct {
	data []byte
	bad  bool
}

func (r *reader) num() uint64 {
	n, size := binary.Uvarint(r.data)
	if size <= 0 {
		r.bad, r.data = true, nil
		return 0
	}
	r.data = r.data[size:]
	return n
}

func (r *reader) byte() byte {
	if len(r.data) == 0 {
		r.bad = true
		return 0
	}
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

// fits says whether n elements of at least size bytes can follow: a length is hostile
// until the data shows room for it.
func (r *reader) fits(n, size int) bool {
	if n < 0 || n > len(r.data)/size {
		r.bad, r.data = true, nil
		return false
	}
	return true
}

func (r *reader) count(size int) int {
	n := int(r.num())
	if !r.fits(n, size) {
		return 0
	}
	return n
}

func (r *reader) keys() []Key {
	n := r.count(1)
	if n == 0 {
		return nil
	}
	keys := make([]Key, n)
	k := Key(0)
	for i := range keys {
		k += Key(r.num())
		keys[i] = k
	}
	return keys
}

func (r *reader) counts(into []uint32) {
	i := 0
	for range r.count(2) {
		i += int(r.num())
		c := uint32(r.num())
		if i < 0 || i >= len(into) {
			r.bad = true
			return
		}
		into[i] = c
	}
}

func (r *reader) end() error {
	if r.bad || len(r.data) != 0 {
		return errCorrupt
	}
	return nil
}
