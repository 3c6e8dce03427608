package qr

import (
	"encoding/binary"
	"math"
)

// smallJPEG reads the brightness of a JPEG picture at a half, a quarter or an eighth of its
// size (ITU-T T.81): of each block of 8 by 8 it computes n by n samples from as many
// coefficients, n being 4, 2 or 1, which takes little more than to read the file. ok is false
// for what it does not know. Of progressive files only the first scan is read, for n 1.
func smallJPEG(data []byte, n int) (g grey, ok bool) {
	j := jpegReader{data: data, n: n}
	if !j.headers() || !j.prepare() {
		return grey{}, false
	}
	j.scan()
	return j.out, true
}

type component struct {
	id, h, v int
	quant    int
	dc, ac   int
	last     int
}

type jpegReader struct {
	data        []byte
	at          int
	n           int
	progressive bool
	width       int
	height      int
	parts       []component
	quants      [4][64]int32
	tables      [2][4]*huffman
	restart     int
	shift       int

	bits  uint64
	count int
	ended bool
	zeros int // bytes that were read behind the end
	out   grey
	basis [4][4]float32 // [x][u] of the small inverse transform
}

var zigzag = [64]int{0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34,
	27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
	52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63}

// headers reads the segments up to the first scan.
func (j *jpegReader) headers() bool {
	d := j.data
	for i := 2; i+4 <= len(d); {
		if d[i] != 0xff {
			i++
			continue
		}
		marker := d[i+1]
		if marker == 0xff || marker == 0 || marker >= 0xd0 && marker <= 0xd8 || marker == 1 {
			i++
			continue
		}
		size := int(binary.BigEndian.Uint16(d[i+2:]))
		if size < 2 || i+2+size > len(d) {
			return false
		}
		body := d[i+4 : i+2+size]
		i += 2 + size
		good := true
		switch marker {
		case 0xc0, 0xc1, 0xc2:
			j.progressive = marker == 0xc2
			good = j.frame(body)
		case 0xc4:
			good = j.huffmanTables(body)
		case 0xdb:
			good = j.quantTables(body)
		case 0xdd:
			if good = len(body) >= 2; good {
				j.restart = int(binary.BigEndian.Uint16(body))
			}
		case 0xda:
			j.at = i
			return j.scanHeader(body)
		case 0xd9, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf:
			return false
		}
		if !good {
			return false
		}
	}
	return false
}

func (j *jpegReader) frame(b []byte) bool {
	if len(b) < 6 || b[0] != 8 || len(b) < 6+3*int(b[5]) || b[5] == 0 || b[5] > 4 {
		return false
	}
	j.height, j.width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	for i := range int(b[5]) {
		c := b[6+3*i:]
		p := component{id: int(c[0]), h: int(c[1] >> 4), v: int(c[1] & 15), quant: int(c[2] & 3)}
		if p.h < 1 || p.h > 4 || p.v < 1 || p.v > 4 {
			return false
		}
		j.parts = append(j.parts, p)
	}
	return j.width > 0 && j.height > 0
}

func (j *jpegReader) quantTables(b []byte) bool {
	for len(b) > 0 {
		wide, id := int(b[0]>>4), b[0]&3
		size := 64 * (1 + min(wide, 1))
		if len(b) < 1+size {
			return false
		}
		for k := range 64 {
			if wide > 0 {
				j.quants[id][zigzag[k]] = int32(binary.BigEndian.Uint16(b[1+2*k:]))
			} else {
				j.quants[id][zigzag[k]] = int32(b[1+k])
			}
		}
		b = b[1+size:]
	}
	return true
}

// scanHeader reads which parts the scan has: all, or the first alone.
func (j *jpegReader) scanHeader(b []byte) bool {
	if len(j.parts) == 0 || len(b) < 1 || len(b) < 4+2*int(b[0]) || b[0] == 0 {
		return false
	}
	n := int(b[0])
	if n != len(j.parts) && n != 1 || int(b[1]) != j.parts[0].id {
		return false
	}
	for i := range n {
		p := &j.parts[i]
		p.dc, p.ac = int(b[2+2*i]>>4&3), int(b[2+2*i]&3)
		if j.tables[0][p.dc] == nil || !j.progressive && j.tables[1][p.ac] == nil {
			return false
		}
	}
	if n == 1 {
		j.parts = j.parts[:1]
		j.parts[0].h, j.parts[0].v = 1, 1
	}
	if j.progressive {
		j.shift = int(b[3+2*n] & 15)
		return b[1+2*n] == 0 && j.n == 1
	}
	return true
}

func (j *jpegReader) prepare() bool {
	most := component{}
	for _, p := range j.parts {
		most.h, most.v = max(most.h, p.h), max(most.v, p.v)
	}
	if p := j.parts[0]; p.h != most.h || p.v != most.v {
		return false // brightness coarser than colour: nobody writes that
	}
	j.out = newGrey((j.width*j.n+7)/8, (j.height*j.n+7)/8)
	for x := range j.n {
		for u := range j.n {
			scale := math.Sqrt(2 / float64(j.n))
			if u == 0 {
				scale = math.Sqrt(1 / float64(j.n))
			}
			j.basis[x][u] = float32(scale * math.Cos((2*float64(x)+1)*float64(u)*math.Pi/(2*float64(j.n))))
		}
	}
	return true
}

// scan reads all blocks. What is cut off or damaged leaves the rest grey.
func (j *jpegReader) scan() {
	first := j.parts[0]
	across := (j.width + 8*first.h - 1) / (8 * first.h)
	down := (j.height + 8*first.v - 1) / (8 * first.v)
	var block [64]int32
	for mcu := range across * down {
		if j.ended {
			return
		}
		if j.restart > 0 && mcu > 0 && mcu%j.restart == 0 {
			j.nextRestart()
		}
		for i := range j.parts {
			p := &j.parts[i]
			for v := range p.v {
				for h := range p.h {
					if !j.block(p, &block, i == 0) {
						return
					}
					if i == 0 {
						j.place(&block, (mcu%across)*p.h+h, (mcu/across)*p.v+v)
					}
				}
			}
		}
	}
}

// nextRestart goes on behind the next restart marker.
func (j *jpegReader) nextRestart() {
	j.bits, j.count = 0, 0
	for i := j.at; i+1 < len(j.data); i++ {
		if j.data[i] == 0xff && j.data[i+1] >= 0xd0 && j.data[i+1] <= 0xd7 {
			j.at = i + 2
			for k := range j.parts {
				j.parts[k].last = 0
			}
			return
		}
		if j.data[i] == 0xff && j.data[i+1] == 0xd9 {
			break
		}
	}
	j.ended = true
}

// block reads one block's coefficients, those that are wanted.
func (j *jpegReader) block(p *component, b *[64]int32, wanted bool) bool {
	size := j.symbol(j.tables[0][p.dc])
	if size < 0 || size > 15 {
		return false
	}
	p.last += j.extend(size)
	if wanted {
		*b = [64]int32{int32(p.last<<j.shift) * j.quants[p.quant][0]}
	}
	if j.progressive {
		return true
	}
	if !wanted {
		return j.waves(j.tables[1][p.ac], nil, nil)
	}
	return j.waves(j.tables[1][p.ac], b, &j.quants[p.quant])
}

// waves reads a block's coefficients but the first, and keeps those that a picture of this size
// is made of: place looks at no finer ones. Nearly all time of a photo is spent here.
func (j *jpegReader) waves(t *huffman, b, quant *[64]int32) bool {
	for k := 1; k < 64; k++ {
		s := j.symbol(t)
		if s < 0 {
			return false
		}
		run, size := s>>4, s&15
		if size == 0 {
			if run < 15 {
				return true
			}
			k += 15
			continue
		}
		k += run
		if k > 63 {
			return false
		}
		if at := zigzag[k]; b != nil && at&7 < j.n && at>>3 < j.n {
			b[at] = int32(j.extend(size)) * quant[at]
		} else {
			j.count -= size // symbol leaves at least 16 bits ready
		}
	}
	return true
}

// place computes a block's samples.
func (j *jpegReader) place(b *[64]int32, column, row int) {
	n := j.n
	var half [4][4]float32
	for v := range n {
		for x := range n {
			var sum float32
			for u := range n {
				sum += j.basis[x][u] * float32(b[8*v+u])
			}
			half[v][x] = sum
		}
	}
	scale := float32(n) / 8
	for y := range n {
		top := row*n + y
		if top >= j.out.height {
			return
		}
		for x := range n {
			left := column*n + x
			if left >= j.out.width {
				break
			}
			var sum float32
			for v := range n {
				sum += j.basis[y][v] * half[v][x]
			}
			j.out.set(left, top, int(sum*scale)+128)
		}
	}
}
