package qr

import "encoding/binary"

// huffman is one table of codes (ITU-T T.81, annex C).
type huffman struct {
	quick  [512]uint16 // by the next 9 bits: length<<8 | value, 0 for longer codes
	most   [18]int32   // largest code of a length, -1 for none
	delta  [17]int32
	values []byte
}

func (j *jpegReader) huffmanTables(b []byte) bool {
	for len(b) >= 17 {
		t := &huffman{}
		total := 0
		for _, n := range b[1:17] {
			total += int(n)
		}
		if len(b) < 17+total || total > 256 {
			return false
		}
		t.values = b[17 : 17+total]
		code, k := int32(0), int32(0)
		for length := 1; length <= 16; length++ {
			t.delta[length] = k - code
			t.most[length] = -1
			for range b[length] {
				if length <= 9 {
					for fill := range 1 << (9 - length) {
						if at := int(code)<<(9-length) + fill; at < len(t.quick) {
							t.quick[at] = uint16(length)<<8 | uint16(t.values[k])
						}
					}
				}
				t.most[length] = code
				code, k = code+1, k+1
			}
			code <<= 1
		}
		j.tables[b[0]>>4&1][b[0]&3] = t
		b = b[17+total:]
	}
	return true
}

// fill has at least 32 bits ready, zeros behind the end.
func (j *jpegReader) fill() {
	if j.count <= 32 && !j.ended && j.at+4 <= len(j.data) {
		four := binary.BigEndian.Uint32(j.data[j.at:])
		// No byte is 0xff, which means a marker or a stuffed zero.
		if not := ^four; (not-0x01010101)&four&0x80808080 == 0 {
			j.bits, j.count, j.at = j.bits<<32|uint64(four), j.count+32, j.at+4
			return
		}
	}
	for j.count <= 48 {
		var c byte
		if j.at < len(j.data) && !j.ended {
			c = j.data[j.at]
			switch {
			case c != 0xff:
				j.at++
			case j.at+1 < len(j.data) && j.data[j.at+1] == 0:
				j.at += 2
			default: // a marker
				c = 0
				j.zeros++
			}
		} else {
			j.zeros++
		}
		j.ended = j.ended || j.zeros > 64
		j.bits = j.bits<<8 | uint64(c)
		j.count += 8
	}
}

// symbol reads a value by a table, -1 for a code that is none.
func (j *jpegReader) symbol(t *huffman) int {
	if j.count < 32 {
		j.fill()
	}
	if q := t.quick[j.bits>>(j.count-9)&511]; q != 0 {
		j.count -= int(q >> 8)
		return int(q & 255)
	}
	for length := 10; length <= 16; length++ {
		code := int32(j.bits >> (j.count - length) & (1<<length - 1))
		if code <= t.most[length] {
			j.count -= length
			if k := int(code + t.delta[length]); k >= 0 && k < len(t.values) {
				return int(t.values[k])
			}
			return -1
		}
	}
	return -1
}

// extend reads a number of so many bits (F.2.2.1).
func (j *jpegReader) extend(size int) int {
	if size == 0 {
		return 0
	}
	if j.count < 32 {
		j.fill()
	}
	j.count -= size
	v := int(j.bits >> j.count & (1<<size - 1))
	if v < 1<<(size-1) {
		v += -1<<size + 1
	}
	return v
}
