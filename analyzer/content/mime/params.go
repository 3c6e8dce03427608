package mime

import (
	"mime"
	"strings"
)

// maxParams bounds the parameters read of one field.
const maxParams = 64

// readParams reads a field such as Content-Type: its value in lower case and its
// parameters by lower-case name. Well-formed fields are read by package mime; the
// rest, and everything with RFC 2231 charsets, by a lenient reader that takes the
// first of two equal names, unquoted blanks, raw 8-bit and encoded-words.
func readParams(value string) (main string, params map[string]string) {
	value = strings.TrimSpace(unfold(value))
	if len(value) > maxFieldBytes {
		value = value[:maxFieldBytes]
	}
	if !strings.ContainsAny(value, "*\x1b") && !strings.Contains(value, "=?") && IsASCII(value) {
		main, params, err := mime.ParseMediaType(value)
		if err == nil {
			return main, params
		}
	}
	main, rest, _ := strings.Cut(value, ";")
	main = strings.ToLower(strings.TrimSpace(main))
	if i := strings.IndexAny(main, " \t("); i > 0 {
		main = main[:i]
	}
	return strings.Trim(main, `"'`), joinParams(looseParams(rest))
}

// A param is one parameter as written.
type param struct {
	name, value string
}

// looseParams splits "a=b; c=d" with quoted strings.
func looseParams(s string) (list []param) {
	for s != "" && len(list) < maxParams {
		s = strings.TrimLeft(s, " \t;,")
		eq := strings.IndexAny(s, "=;")
		if eq < 0 {
			break
		}
		if s[eq] == ';' {
			s = s[eq+1:]
			continue
		}
		name := strings.ToLower(strings.TrimSpace(s[:eq]))
		if i := strings.LastIndexAny(name, " \t"); i >= 0 {
			name = name[i+1:]
		}
		s = strings.TrimLeft(s[eq+1:], " \t")
		var value string
		if strings.HasPrefix(s, `"`) {
			value, s = quotedString(s[1:])
		} else {
			end := strings.IndexByte(s, ';')
			if end < 0 {
				end = len(s)
			}
			value, s = strings.TrimSpace(s[:end]), s[end:]
		}
		list = append(list, param{name, value})
	}
	return list
}

// quotedString reads up to the closing quote and returns what follows it.
func quotedString(s string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			// Windows paths and ISO-2022-JP bytes hold single backslashes
			if i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\') {
				i++
			}
			b.WriteByte(s[i])
		case '"':
			return b.String(), s[i+1:]
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), ""
}

// A piece is one part of a parameter that RFC 2231 has split.
type piece struct {
	text    string
	encoded bool // percent-encoded
}

// joinParams puts RFC 2231 continuations together and decodes charsets. Of equal
// names the first counts; a split one wins over a plain one.
func joinParams(list []param) map[string]string {
	params := make(map[string]string, len(list))
	split := make(map[string]map[int]piece)
	for _, p := range list {
		base, tail, starred := strings.Cut(p.name, "*")
		if !starred {
			if _, twice := params[base]; !twice {
				params[base] = decodeField(p.value)
			}
			continue
		}
		n, ok := pieceNumber(strings.TrimSuffix(tail, "*"))
		if !ok {
			continue
		}
		if split[base] == nil {
			split[base] = make(map[int]piece)
		}
		if _, twice := split[base][n]; !twice {
			split[base][n] = piece{p.value, tail == "" || strings.HasSuffix(tail, "*")}
		}
	}
	for base, pieces := range split {
		params[base] = joinPieces(pieces)
	}
	return params
}

// pieceNumber reads the number of a piece, 0 when there is none.
func pieceNumber(s string) (n int, ok bool) {
	for _, c := range s {
		if c < '0' || c > '9' || n > maxParams {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// joinPieces decodes the pieces in order, up to the first that is missing.
func joinPieces(pieces map[int]piece) string {
	var raw []byte
	charset := ""
	for n := 0; n <= maxParams; n++ {
		part, ok := pieces[n]
		if !ok {
			if n == 0 {
				continue // some programs count from 1
			}
			break
		}
		text := part.text
		if part.encoded {
			if len(raw) == 0 && charset == "" {
				if label, rest, ok := strings.Cut(text, "'"); ok {
					if _, value, ok := strings.Cut(rest, "'"); ok {
						charset, text = label, value
					}
				}
			}
			text = PercentDecode(text)
		}
		raw = append(raw, text...)
	}
	text, _ := DecodeCharset(raw, charset)
	return decodeField(text)
}
