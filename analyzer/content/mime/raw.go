package mime

import (
	"bytes"
)

// rawTail is how much of maxRawScan is taken from the end of what is too long.
const rawTail = maxRawScan / 4

// rawScan looks for text and URLs in bytes whose structure is broken, as they stand
// and with base64 and quoted-printable runs decoded. Where nothing else was read of
// them, asText makes what they hold the mail's text.
func (r *Reader) rawScan(b []byte, at Place, asText bool) {
	if r.scanned += min(len(b), maxRawScan); r.scanned > maxRawAll {
		r.Defect(DefectSize, "a broken body longer than is scanned")
		return
	}
	if len(b) > maxRawScan {
		b = append(b[:maxRawScan-rawTail:maxRawScan-rawTail], b[len(b)-rawTail:]...)
		r.Defect(DefectSize, "a broken body longer than is scanned")
	}
	at.Raw = true
	at.Group = nil
	plain := b
	if bytes.Contains(b, []byte("=\n")) || bytes.Contains(b, []byte("=\r\n")) ||
		bytes.Contains(b, []byte("=3D")) || bytes.Contains(b, []byte("=3d")) {
		plain = looseQP(nil, b, len(b))
	}
	r.rawText(plain, at, asText)
	for _, run := range base64Runs(b) {
		out, _ := looseBase64(nil, run)
		if mostlyText(out) {
			r.rawText(out, at, asText)
		}
	}
}

// rawText shows one stretch of a broken body.
func (r *Reader) rawText(b []byte, at Place, asText bool) {
	if r.outOfTime() {
		return
	}
	text := string(b)
	if has8bit(b) || isJISEscape(b) {
		text = guessText(b)
	}
	r.visitor.Raw(text, at, asText)
}

// base64Runs finds runs of lines that are nothing but base64, at least 40 digits
// in all.
func base64Runs(b []byte) (runs [][]byte) {
	start, digits := -1, 0
	for at := 0; at < len(b) && len(runs) < 50; {
		line := b[at:]
		next := len(b)
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line, next = line[:i], at+i+1
		}
		line = bytes.TrimRight(line, "\r")
		if isBase64Line(line) {
			if start < 0 {
				start, digits = at, 0
			}
			digits += len(line)
		} else if start >= 0 {
			if digits >= 40 {
				runs = append(runs, b[start:at])
			}
			start = -1
		}
		at = next
	}
	if start >= 0 && digits >= 40 {
		runs = append(runs, b[start:])
	}
	return runs
}

func isBase64Line(line []byte) bool {
	if len(line) < 4 {
		return false
	}
	for _, c := range line {
		if b64Value[c] == b64None {
			return false
		}
	}
	return true
}

// mostlyText tells whether decoded bytes are text rather than a picture or noise.
func mostlyText(b []byte) bool {
	b = b[:min(len(b), 4096)]
	odd := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != 0x1b {
			odd++
		}
	}
	return len(b) > 0 && odd*50 < len(b)
}
