package mime

import (
	"bytes"
	"io"
	"strings"

	"github.com/emersion/go-message"
)

// b64Value gives the value of a base64 digit, b64Pad for "=", b64None otherwise.
var b64Value = func() (t [256]byte) {
	for i := range t {
		t[i] = b64None
	}
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := 0; i < len(digits); i++ {
		t[digits[i]] = byte(i)
	}
	t['='] = b64Pad
	return t
}()

const (
	b64Pad  = 0xfe
	b64None = 0xff
)

// transferName normalises a Content-Transfer-Encoding: comments and parameters go,
// common misspellings are read as meant. Names unknown to mail come back as they are.
func transferName(value string) string {
	name, _ := withoutComments(value)
	name = strings.ToLower(strings.TrimSpace(name))
	if i := strings.IndexAny(name, "(;, \t\r\n"); i >= 0 {
		name = name[:i]
	}
	name = strings.Trim(name, `"'`)
	switch name {
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit", "none", "7bits", "8bits", "utf-8",
		"us-ascii":
		return strings.ReplaceAll(strings.TrimSuffix(name, "s"), "-", "")
	case "quoted", "quotedprintable", "quoted_printable", "q", "qp", "quoted-printable":
		return "quoted-printable"
	case "b", "b64", "base-64", "base64":
		return "base64"
	case "uuencode", "x-uue", "x-uu", "uue", "x-uuencode":
		return "x-uuencode"
	}
	if len(name) > 60 {
		name = name[:60]
	}
	return oneLine(name)
}

// severalEncodings says whether a Content-Transfer-Encoding names more than one: programs differ in
// which of them they believe.
func severalEncodings(value string) bool {
	names, _ := withoutComments(value)
	return len(strings.FieldsFunc(names, func(r rune) bool { return strings.ContainsRune(";, \t\r\n", r) })) > 1
}

// isTransfer says whether a name that transferName returned is of an encoding that is undone
// here, or of none. "none", "utf8" and "usascii" are charsets in the wrong place.
func isTransfer(name string) bool {
	switch name {
	case "", "7bit", "8bit", "binary", "none", "utf8", "usascii",
		"base64", "quoted-printable", "x-uuencode":
		return true
	}
	return false
}

// decodeTransfer decodes a body to at most limit bytes, into buf where that has the
// room. Plain encodings return b itself. go-message decodes well-formed bodies; where
// it stops with an error, the lenient decoders below read on as mail programs do, and
// clean is false.
func decodeTransfer(b []byte, name string, limit int, buf []byte) (out []byte, cut, clean bool) {
	switch name {
	case "base64", "quoted-printable":
	case "x-uuencode":
		out, ok := decodeUU(b, limit)
		return out, len(out) >= limit, ok
	default:
		known := name == "" || name == "7bit" || name == "8bit" || name == "binary"
		return b[:min(len(b), limit)], len(b) > limit, known
	}
	// an encoding that grows more than this is made to hurt: soft breaks upon soft breaks
	if room := limit * 4; len(b) > room {
		b, cut = b[:room], true
	}
	var h message.Header
	h.Add("Content-Transfer-Encoding", name)
	entity, err := message.New(h, bytes.NewReader(b))
	if err == nil {
		if n := decodedSize(b, name, limit); cap(buf) < n {
			buf = make([]byte, 0, n)
		}
		out, err = readUpTo(entity.Body, buf[:0], limit)
		if err == nil {
			return out, cut || len(out) >= limit, true
		}
	}
	out, more := decodeBroken(b, name, limit, out[:0])
	return out, cut || more, false
}

// decodeBroken appends to out, which is empty, what mail programs make of a body that
// breaks the rules of its encoding; more says that there is more than limit bytes of it.
func decodeBroken(b []byte, name string, limit int, out []byte) (decoded []byte, more bool) {
	switch {
	case name == "base64" && looksPlain(b): // a copy: the caller reuses what was decoded
		return append(out, b[:min(len(b), limit)]...), len(b) > limit
	case name == "base64":
		out, _ = looseBase64(out, b[:min(len(b), limit*2)])
	default:
		out = looseQP(out, b, limit)
	}
	return out[:min(len(out), limit)], len(out) > limit
}

// decodedSize estimates the room that a decoded body takes.
func decodedSize(b []byte, name string, limit int) int {
	n := len(b)
	if name == "base64" {
		n = n * 3 / 4
	}
	return min(n, limit) + 512
}

// readUpTo appends at most limit bytes to out and keeps what came before an error.
func readUpTo(r io.Reader, out []byte, limit int) ([]byte, error) {
	for len(out) < limit {
		if len(out) == cap(out) {
			out = append(out, 0)[:len(out)]
		}
		n, err := r.Read(out[len(out):min(cap(out), limit)])
		out = out[:len(out)+n]
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// looksPlain says whether a body labelled base64 is in truth plain text: its first
// line is not base64, and much of it are characters that base64 does not have.
func looksPlain(b []byte) bool {
	b = bytes.TrimLeft(b[:min(len(b), 4096)], " \t\r\n")
	line, _ := cutLine(b)
	if line = bytes.TrimSpace(line); len(line) >= 16 && isBase64Line(line) {
		return false
	}
	digits, others := 0, 0
	for _, c := range b {
		switch {
		case b64Value[c] != b64None:
			digits++
		case c != '\r' && c != '\n':
			others++
		}
	}
	return others*12 > digits
}

// looseBase64 appends the decoding of b to dst and skips what is not base64. From
// the first line that is plain text on, such as a footer added by a list server, b
// is appended as it is.
func looseBase64(dst, b []byte) (out []byte, clean bool) {
	clean = true
	var bits uint32
	have := 0
	for len(b) > 0 {
		var line []byte
		before := b
		line, b = cutLine(b)
		if len(line) > 3 && !isBase64Line(line) && looksPlain(line) {
			dst = append(tailBits(dst, bits, have), '\n')
			return append(dst, before...), false
		}
		for _, c := range line {
			v := b64Value[c]
			switch {
			case v < 64:
				bits = bits<<6 | uint32(v)
				if have++; have == 4 {
					dst = append(dst, byte(bits>>16), byte(bits>>8), byte(bits))
					bits, have = 0, 0
				}
			case v == b64Pad:
				dst = tailBits(dst, bits, have)
				bits, have = 0, 0
			case c != ' ' && c != '\t' && c != '\r':
				clean = false
			}
		}
	}
	return tailBits(dst, bits, have), clean
}

// anyBase64 appends to dst what of b has digits of base64, whatever stands between them: RFC 2045
// section 6.8 wants all else passed over, and some programs do.
func anyBase64(dst, b []byte) []byte {
	var bits uint32
	have := 0
	for _, c := range b {
		v := b64Value[c]
		if v >= 64 {
			continue
		}
		bits = bits<<6 | uint32(v)
		if have++; have == 4 {
			dst = append(dst, byte(bits>>16), byte(bits>>8), byte(bits))
			bits, have = 0, 0
		}
	}
	return tailBits(dst, bits, have)
}

func tailBits(dst []byte, bits uint32, have int) []byte {
	switch have {
	case 2:
		return append(dst, byte(bits>>4))
	case 3:
		return append(dst, byte(bits>>10), byte(bits>>2))
	}
	return dst
}

// looseQP appends the decoding of quoted-printable b to dst until it has limit bytes;
// bad escapes stay.
func looseQP(dst, b []byte, limit int) []byte {
	for len(b) > 0 && len(dst) < limit {
		i := bytes.IndexByte(b, '\n')
		line, end := b, []byte(nil)
		if i >= 0 {
			line, end, b = b[:i], []byte{'\n'}, b[i+1:]
		} else {
			b = nil
		}
		line = bytes.TrimRight(line, " \t\r")
		if bytes.HasSuffix(line, []byte{'='}) {
			line, end = line[:len(line)-1], nil
		}
		for j := 0; j < len(line) && len(dst) < limit; j++ {
			if line[j] == '=' && j+2 < len(line) {
				if c, ok := unhexPair(line[j+1], line[j+2]); ok {
					dst = append(dst, c)
					j += 2
					continue
				}
			}
			dst = append(dst, line[j])
		}
		dst = append(dst, end...)
	}
	return dst
}

// DecodeQuoted decodes quoted-printable; bad escapes stay.
func DecodeQuoted(b []byte) []byte { return looseQP(nil, b, len(b)) }

// decodeUU decodes the first uuencoded file in b.
func decodeUU(b []byte, limit int) (out []byte, ok bool) {
	started := false
	for len(b) > 0 && len(out) < limit {
		var line []byte
		line, b = cutLine(b)
		if !started {
			started = bytes.HasPrefix(line, []byte("begin "))
			continue
		}
		if len(line) == 0 || line[0] == '`' || bytes.Equal(line, []byte("end")) {
			return out, true
		}
		n := int(line[0]-' ') & 63
		for i := 1; i+3 < len(line) && n > 0; i += 4 {
			v := uint32(line[i]-' ')&63<<18 | uint32(line[i+1]-' ')&63<<12 |
				uint32(line[i+2]-' ')&63<<6 | uint32(line[i+3]-' ')&63
			three := []byte{byte(v >> 16), byte(v >> 8), byte(v)}
			out = append(out, three[:min(3, n)]...)
			n -= 3
		}
	}
	if len(out) > limit {
		out = out[:limit]
	}
	return out, started
}
