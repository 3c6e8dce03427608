package pack

import (
	"bytes"
	"encoding/binary"
)

// Compound files (MS-CFB) are what documents and mails of programs before 2007 are: streams in sectors,
// each of which names the next one.

const (
	compoundMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	compoundHead  = 512
	inHead        = 109        // places of sectors of the table that the head has room for
	lastSector    = 0xfffffffa // numbers above mean something else:
	endOfChain    = 0xfffffffe
	freeSector    = 0xffffffff
	crossed       = 8 // sectors that are read once more where a chain runs into another
)

// Scattered returns the streams of a compound file whose sectors do not follow each other, put together
// and one behind the other, so that nothing in them is cut where a sector ends. They are not much longer than
// the file. all says whether no sector lies beyond the file.
func Scattered(data []byte) (streams []byte, all bool) {
	i := bytes.Index(data, []byte(compoundMagic))
	if i < 0 || len(data)-i < compoundHead {
		return nil, true
	}
	c := compound{data: data[i:]}
	c.size = 1 << min(binary.LittleEndian.Uint16(c.data[30:]), 16)
	if c.size < 128 || c.size > 1<<12 {
		return nil, false
	}
	c.readTable()
	whole := sectors{data: c.data[min(c.size, len(c.data)):], size: c.size, next: c.table}
	streams, all = whole.chains(nil)
	// Streams below 4096 bytes lie in one of 64-byte sectors, whose first the root's entry names.
	directory, _ := whole.from(nil, c.number(48), nil)
	if len(directory) < 128 {
		return streams, all && !c.broken
	}
	small, _ := whole.from(nil, binary.LittleEndian.Uint32(directory[116:]), nil)
	table, _ := whole.from(nil, c.number(60), nil)
	mini := sectors{data: small, size: 64, next: numbers(nil, table)}
	streams, fine := mini.chains(streams)
	return streams, all && fine && !c.broken
}

// compound is a compound file while its table of sectors is read.
type compound struct {
	data   []byte // from its head on
	size   int    // of a sector
	table  []uint32
	broken bool
}

func (c *compound) number(at int) uint32 { return binary.LittleEndian.Uint32(c.data[at:]) }

// readTable reads the table that names of each sector the next one. It lies in sectors itself, which
// the head names, and a chain of others (DIFAT).
func (c *compound) readTable() {
	most := len(c.data)/c.size + 1
	for i := range inHead {
		c.add(c.number(76 + 4*i))
	}
	next := c.number(68)
	for range most {
		if next >= lastSector {
			return
		}
		b := sectorAt(c.data[min(c.size, len(c.data)):], c.size, next)
		if len(b) < c.size {
			break
		}
		list := numbers(nil, b)
		for _, n := range list[:len(list)-1] {
			c.add(n)
		}
		next = list[len(list)-1]
	}
	c.broken = true
}

// add reads a sector of the table; there is none for more sectors than the file has.
func (c *compound) add(n uint32) {
	if n >= lastSector || len(c.table)*c.size > len(c.data)+c.size*c.size {
		return
	}
	b := sectorAt(c.data[min(c.size, len(c.data)):], c.size, n)
	c.broken = c.broken || len(b) == 0
	c.table = numbers(c.table, b)
}

// sectors are those of a file, or of the stream that small ones lie in.
type sectors struct {
	data []byte
	size int
	next []uint32 // by sector
	read []bool   // by sector: it is in a chain that was put together
}

// sectorAt returns a sector, the last one as far as it goes.
func sectorAt(data []byte, size int, n uint32) []byte {
	from := int64(n) * int64(size)
	if from >= int64(len(data)) {
		return nil
	}
	return data[from:min(from+int64(size), int64(len(data)))]
}

func numbers(list []uint32, b []byte) []uint32 {
	for ; len(b) >= 4; b = b[4:] {
		list = append(list, binary.LittleEndian.Uint32(b))
	}
	return list
}

// chains puts every chain together that is not in order already. No directory is asked: what it does not
// name, programs may find as well. First come those that nothing leads to, then circles.
func (s *sectors) chains(out []byte) (streams []byte, all bool) {
	most := (len(s.data) + s.size - 1) / s.size
	all = true
	for _, to := range s.next[min(most, len(s.next)):] {
		all = all && to == freeSector
	}
	s.next = s.next[:min(len(s.next), most)]
	s.read = make([]bool, most)
	led := make([]bool, most)
	for _, to := range s.next {
		if int64(to) < int64(most) {
			led[to] = true
		}
	}
	for _, circles := range []bool{false, true} {
		for i, to := range s.next {
			if s.read[i] || led[i] != circles || to > lastSector && to != endOfChain { // free, or of the table
				continue
			}
			before := len(out)
			var fine bool
			out, fine = s.from(out, uint32(i), s.read)
			all = all && fine
			if bytes.HasPrefix(s.data[i*s.size:], out[before:]) { // in order
				out = out[:before]
			} else {
				out = append(out, '\n')
			}
		}
	}
	return out, all
}

// from appends the chain that begins with a sector. read are those that were put together
// before, of which only few are once more; where it is nil all are, once.
func (s *sectors) from(chain []byte, n uint32, read []bool) (whole []byte, all bool) {
	again := crossed
	if read == nil {
		read, again = make([]bool, len(s.data)/s.size+1), 0
	}
	for n < lastSector {
		b := sectorAt(s.data, s.size, n)
		if b == nil || int(n) >= len(s.next) {
			return append(chain, b...), false
		}
		if read[n] {
			if again--; again < 0 {
				return chain, true
			}
		}
		read[n] = true
		chain = append(chain, b...)
		n = s.next[n]
	}
	return chain, true
}
