package mime

import "bytes"

// split cuts a multipart body at its boundary (RFC 2046 section 5.1.1). It works on
// lines of the body in memory: a reader with a buffer can be blinded by a long
// preamble or boundary line. limit bounds the parts; rest is what was left over
// when it was reached, or what follows the final boundary when more parts stand there,
// which some programs show. closed says whether the final boundary was there.
func split(body []byte, boundary string, limit int) (parts [][]byte, rest []byte, closed bool) {
	delim := append([]byte("--"), boundary...)
	start := -1 // where the current part begins
	for at := 0; at < len(body); {
		i := bytes.Index(body[at:], delim)
		if i < 0 {
			break
		}
		i += at
		end := i + len(delim)
		if i > 0 && body[i-1] != '\n' {
			at = end
			continue
		}
		line := body[end:]
		if nl := bytes.IndexByte(line, '\n'); nl >= 0 {
			line = line[:nl]
		}
		next := min(end+len(line)+1, len(body))
		last := bytes.HasPrefix(line, []byte("--"))
		if !last && len(bytes.TrimRight(line, " \t\r")) > 0 {
			at = end // a longer boundary that begins like ours
			continue
		}
		if start >= 0 {
			parts = append(parts, body[start:beforeLineEnd(body, start, i)])
		}
		if last {
			if bytes.Contains(body[next:], delim) {
				rest = body[next:]
			}
			return parts, rest, true
		}
		if len(parts) >= limit {
			return parts, body[i:], false
		}
		start, at = next, next
	}
	if start >= 0 && start < len(body) {
		parts = append(parts, body[start:])
	}
	return parts, nil, false
}

// goesOn says whether lines of a body begin with its boundary and go on, and are no boundary of a
// multipart in it: RFC 2046 section 5.1.1 has programs compare the beginning of a line only.
func goesOn(body []byte, boundary string) bool {
	delim := append([]byte("\n--"), boundary...)
	var before []byte
	for n := 0; n < maxLonger; {
		i := bytes.Index(body, delim)
		if i < 0 {
			return false
		}
		body = body[i+1:]
		line, _ := cutLine(body)
		more := bytes.TrimRight(line[len(delim)-1:], " \t\r")
		if len(more) == 0 || bytes.HasPrefix(more, []byte("--")) || bytes.Equal(more, before) {
			continue
		}
		n, before = n+1, more
		inner := bytes.TrimSuffix(line[2:], []byte("--"))
		if !bytes.Contains(body, append([]byte(`="`), inner...)) && !bytes.Contains(body, append([]byte("="), inner...)) {
			return true
		}
	}
	return true
}

// maxLonger bounds how many of them are looked for as boundaries.
const maxLonger = 16

// beforeLineEnd returns end without the line end in front of a boundary, which
// belongs to the boundary.
func beforeLineEnd(body []byte, start, end int) int {
	if end > start && body[end-1] == '\n' {
		end--
		if end > start && body[end-1] == '\r' {
			end--
		}
	}
	return end
}

// guessBoundary finds the line that acts as boundary in a body whose header does
// not say: the first "--something" line with a field line behind it.
func guessBoundary(body []byte) string {
	for at := 0; at >= 0 && at < len(body); {
		line, rest := cutLine(body[at:])
		if len(line) > 3 && len(line) < 1000 && line[0] == '-' && line[1] == '-' {
			field, _ := cutLine(rest)
			name, _, ok := bytes.Cut(field, []byte(":"))
			if ok && len(name) > 8 && bytes.EqualFold(name[:8], []byte("content-")) {
				return string(bytes.TrimRight(line[2:], " \t"))
			}
		}
		next := bytes.Index(body[at:], []byte("\n--"))
		if next < 0 {
			return ""
		}
		at += next + 1
	}
	return ""
}
