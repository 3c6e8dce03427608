package mime

import (
	"strings"
	"unicode/utf8"
)

// HasFold says whether s begins with prefix, letters of either case.
func HasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// IsLetter says whether c is an ASCII letter.
func IsLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// IsASCII says whether all of s is ASCII.
func IsASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Unhex returns the value of a hexadecimal digit, -1 for any other byte.
func Unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// unhexPair returns the byte that two hexadecimal digits write; ok is false for other bytes.
func unhexPair(high, low byte) (c byte, ok bool) {
	h, l := Unhex(high), Unhex(low)
	return byte(h<<4 | l), h >= 0 && l >= 0
}

// PercentDecode decodes %XX; bad escapes stay.
func PercentDecode(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	return string(PercentBytes(s))
}

// PercentBytes is PercentDecode for what is read as bytes.
func PercentBytes(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, ok := unhexPair(s[i+1], s[i+2]); ok {
				out = append(out, c)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}
