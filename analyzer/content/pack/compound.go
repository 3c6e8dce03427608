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
	crossed       = 8 // sectors that are read once more where a chain runs into another
)

// Scattered returns the streams of a compound file whose sectors do not follow each other, put together
// and one behind the other, so that nothing in them is cut where a sector ends. They are not much longer than
// the file. One that is cut off is read as far as it goes.
func Scattered(data []byte) []byte {
	i := bytes.Index(data, []byte(compoundMagic))
	if i < 0 || len(data)-i < compoundHead {
		return nil
	}
	c := compound{data: data[i:]}
	c.size = 1 << min(binary.LittleEndian.Uint16(c.data[30:]), 16)
	if c.size < 128 || c.size > 1<<12 {
		return nil
	}
	c.readTable()
	whole := sectors{data: c.data[min(c.size, len(c.data)):], size: c.size, next: c.table}
	streams := whole.chains(nil)
	// Streams below 4096 bytes lie in one of 64-byte sectors, whose first the root's entry names.
	directory := whole.from(nil, c.number(48), nil)
	if len(directory) < 128 {
		return streams
	}
	small := whole.from(nil, binary.LittleEndian.Uint32(directory[116:]), nil)
	mini := sectors{data: small, size: 64, next: numbers(nil, whole.from(nil, c.number(60), nil))}
	return mini.chains(streams)
}

// compound is a compound file while its table of sectors is read.
type compound struct {
	data  []byte // from its head on
	size  int    // of a sector
	table []uint32
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
			return
		}
		list := numbers(nil, b)
		for _, n := range list[:len(list)-1] {
			c.add(n)
		}
		next = list[len(list)-1]
	}
}

// add reads a sector of the table; there is none for more sectors than the file has.
func (c *compound) add(n uint32) {
	if n >= lastSector || len(c.table)*c.size > len(c.data)+c.size*c.size {
		return
	}
	c.table = numbers(c.table, sectorAt(c.data[min(c.size, len(c.data)):], c.size, n))
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
func (s *sectors) chains(out []byte) []byte {
	most := (len(s.data) + s.size - 1) / s.size
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
			out = s.from(out, uint32(i), s.read)
			if bytes.HasPrefix(s.data[i*s.size:], out[before:]) { // in order
				out = out[:before]
			} else {
				out = append(out, '\n')
			}
		}
	}
	return out
}

// from appends the chain that begins with a sector. read are those that were put together
// before, of which only few are once more; where it is nil all are, once.
func (s *sectors) from(chain []byte, n uint32, read []bool) []byte {
	again := crossed
	if read == nil {
		read, again = make([]bool, len(s.data)/s.size+1), 0
	}
	for n < lastSector {
		b := sectorAt(s.data, s.size, n)
		if b == nil || int(n) >= len(s.next) {
			return append(chain, b...)
		}
		if read[n] {
			if again--; again < 0 {
				return chain
			}
		}
		read[n] = true
		chain = append(chain, b...)
		n = s.next[n]
	}
	return chain
}
