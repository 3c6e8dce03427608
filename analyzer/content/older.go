package content

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"strconv"
	"strings"

	"hisseki/analyzer/content/mime"
	"hisseki/analyzer/content/pack"
)

// Files of older programs, which are not taken apart: what stands in them as it is is looked for.

// older looks through a file of an older program for links, and for pages, rich text and packages that
// stand in it, as it lies there and as its streams go on elsewhere. What they compress or encrypt is said to be unread.
func (p *parser) older(data []byte, at mime.Place) {
	p.binary(data, at)
	p.embedded(data, at)
	// One that is cut off is read as far as it goes: it comes about by accident, and few programs open it.
	if scattered := pack.Scattered(data); len(scattered) > 0 {
		p.binary(scattered, at)
		p.embedded(scattered, at)
	}
	if isLocked(data) {
		p.Skip(mime.UnreadEncrypted, "an encrypted document of an older program")
	}
}

// embedded reads what begins within a file.
func (p *parser) embedded(data []byte, at mime.Place) {
	if p.depth >= maxPacked {
		p.Skip(mime.UnreadNesting, "packages in packages deeper than is read")
		return
	}
	p.depth++
	defer func() { p.depth-- }()
	if bytes.Contains(data, []byte("LZFu")) { // MS-OXRTFCP, section 2.1.3.1
		p.Skip(mime.UnreadEncoding, "text of Outlook's that is compressed")
	}
	if i := bytes.Index(data, []byte("{\\rtf")); i >= 0 && p.pages < maxEmbedded {
		p.rich(data[i:], at)
	}
	if p.pages++; p.pages > maxEmbedded {
		p.Skip(mime.UnreadNesting, "more in files of older programs than is read")
		return
	}
	for _, tag := range []string{"<html", "<body", "<!doctype html"} {
		if i := tagAt(data, []byte(tag)); i >= 0 {
			p.pageFile(p.NewText(data[i:], "windows-1252", true), at)
			break
		}
		if i := tagAt(data, wide(tag)); i >= 0 {
			p.pageFile(p.NewText(data[i:], "utf-16le", true), at)
			break
		}
	}
	if !bytes.HasPrefix(data, []byte("PK")) && bytes.Contains(data, []byte("PK\x03\x04")) {
		p.packed(data, at)
	}
}

// tagAt returns where a tag begins in bytes of any kind, in capitals or not, -1 for nowhere. No copy in
// small letters is searched: places in it are others, as it is longer where bytes are no UTF-8.
func tagAt(data, tag []byte) int {
	for at := 0; ; at++ {
		i := bytes.IndexByte(data[at:], tag[0])
		if i < 0 || len(data)-at-i < len(tag) {
			return -1
		}
		if at += i; bytes.EqualFold(data[at:at+len(tag)], tag) {
			return at
		}
	}
}

// maxEmbedded bounds the stretches of a mail's files in which pages are looked for.
const maxEmbedded = 200

// wide writes ASCII as UTF-16.
func wide(s string) []byte {
	out := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		out = append(out, s[i], 0)
	}
	return out
}

// isLocked says whether a compound file is encrypted as programs before 2007 do: Word says so in the head
// of its text (MS-DOC, section 2.5.2), Excel by a record behind the first (MS-XLS, section 2.4.117), and
// PowerPoint by a stream's name.
func isLocked(data []byte) bool {
	for at := 512; at+24 <= len(data); at += 512 {
		if b := data[at:]; bytes.HasPrefix(b, []byte("\xec\xa5")) && b[11]&1 != 0 {
			return true
		}
	}
	for _, begin := range []string{"\x09\x08\x10\x00\x00\x06", "\x09\x08\x08\x00\x00\x05"} {
		i := bytes.Index(data, []byte(begin))
		if i < 0 {
			continue
		}
		if next := i + 4 + int(begin[2]); next+2 <= len(data) && data[next] == 0x2f && data[next+1] == 0 {
			return true
		}
	}
	return bytes.Contains(data, wide("EncryptedSummary"))
}

// Attributes of winmail.dat (MS-OXTNEF, section 2.1.3.1).
const (
	tnefData  = 0x0006800f // of an attached file
	tnefTitle = 0x00018010 // its name
	tnefBody  = 0x0002800c
	tnefHead  = 6 // signature and key
	tnefEntry = 9 // level, number, length
)

// tnef reads winmail.dat, a mail of Outlook's with its files. Outlook shows it in the place of the mail's
// text.
func (p *parser) tnef(data []byte, at mime.Place) {
	p.binary(data, at)
	for b := data[min(tnefHead, len(data)):]; len(b) > 0; {
		if len(b) < tnefEntry {
			p.Skip(mime.UnreadEncoding, "winmail.dat that is broken")
			return
		}
		id, size := binary.LittleEndian.Uint32(b[1:]), int64(binary.LittleEndian.Uint32(b[5:]))
		if b = b[tnefEntry:]; size > int64(len(b)) {
			p.Skip(mime.UnreadEncoding, "winmail.dat that is broken")
			size = int64(len(b))
		}
		value := b[:size]
		switch id {
		case tnefTitle:
		case tnefBody:
			p.fileText(strings.ToValidUTF8(string(value), ""), at)
		case tnefData:
			p.inside("", value, at)
		default:
			p.embedded(value, at)
		}
		b = b[min(int(size)+2, len(b)):] // behind the sum
		if p.OutOfTime() {
			return
		}
	}
}

// Formulas of tables put links together: HYPERLINK("htt"&"ps://example.org/"), CHAR(104)&"ttps://...".
var (
	formulaChar = regexp.MustCompile(`(?i)(?:UNI)?CHAR\((\d{1,3})\)`)
	formulaJoin = regexp.MustCompile(`"\s*&(?:amp;)?\s*"`)
)

// formulas undoes how the formulas in a text put strings together. Those that compute where they lead in
// other ways are said to be unread.
func (p *parser) formulas(plain string) string {
	if !strings.Contains(plain, "HYPERLINK(") {
		return plain
	}
	if strings.Contains(plain, `""`) { // as CSV writes a quote
		plain += "\n" + strings.ReplaceAll(plain, `""`, `"`)
	}
	joined := formulaChar.ReplaceAllStringFunc(plain, func(s string) string {
		n, _ := strconv.Atoi(formulaChar.FindStringSubmatch(s)[1])
		return `"` + string(rune(n)) + `"`
	})
	joined = formulaJoin.ReplaceAllString(joined, "")
	for line := range strings.Lines(joined) {
		if computes(line) {
			p.Skip(mime.UnreadLinks, "a formula that computes where it leads")
			break
		}
	}
	return plain + "\n" + joined
}

// computes says whether a formula makes a link by functions, of whose result no host stands there.
func computes(line string) bool {
	if !strings.Contains(line, "HYPERLINK(") || strings.Contains(line, "://") {
		return false
	}
	for _, function := range []string{"CONCAT", "TEXTJOIN(", "SUBSTITUTE(", "REPLACE(", "LEFT(", "MID(", "RIGHT(", "CHAR("} {
		if strings.Contains(line, function) {
			return true
		}
	}
	return false
}
