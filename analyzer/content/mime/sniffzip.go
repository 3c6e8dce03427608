package mime

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// sniffZip reads the names and flags of a zip file from its central directory
// (APPNOTE.TXT sections 4.3.7 and 4.3.12), or from the local headers when the
// directory was cut off. Nothing is ever decompressed.
func sniffZip(data []byte) (string, Kind) {
	var z zipNames
	if !z.central(data) {
		z.local(data)
	}
	return z.verdict()
}

// zipNames is what the names in a zip file say of it.
type zipNames struct {
	macro, encrypted, word, sheet, slides, odf, jar, apk bool
	seen                                                 int
}

func (z *zipNames) add(name string, flags uint16) {
	z.seen++
	low := strings.ToLower(name)
	z.encrypted = z.encrypted || flags&1 != 0
	switch {
	case strings.HasSuffix(low, "vbaproject.bin"), strings.HasPrefix(low, "xl/macrosheets/"),
		strings.HasPrefix(low, "basic/"), strings.HasPrefix(low, "scripts/"):
		z.macro = true
	case strings.HasPrefix(low, "word/"):
		z.word = true
	case strings.HasPrefix(low, "xl/"):
		z.sheet = true
	case strings.HasPrefix(low, "ppt/"):
		z.slides = true
	case low == "mimetype" || low == "content.xml":
		z.odf = true
	case low == "meta-inf/manifest.mf":
		z.jar = true
	case low == "androidmanifest.xml":
		z.apk = true
	}
	if low == "encryptedpackage" {
		z.encrypted = true
	}
}

func (z *zipNames) verdict() (string, Kind) {
	kind := Document
	if z.macro {
		kind = Macro
	}
	switch {
	case z.word:
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document", kind
	case z.sheet:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", kind
	case z.slides:
		return "application/vnd.openxmlformats-officedocument.presentationml.presentation", kind
	case z.apk:
		return "application/vnd.android.package-archive", Executable
	case z.jar:
		return "application/java-archive", Executable
	case z.odf:
		return "application/vnd.oasis.opendocument", kind
	case z.encrypted:
		return "application/zip", Encrypted
	}
	return "application/zip", Archive
}

// central reads the central directory by its end record in the last 64 KiB.
func (z *zipNames) central(data []byte) bool {
	tail := data[max(0, len(data)-(64<<10)-22):]
	i := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if i < 0 || i+20 > len(tail) {
		return false
	}
	at := uint64(binary.LittleEndian.Uint32(tail[i+16:]))
	for at < uint64(len(data)) && bytes.HasPrefix(data[at:], []byte("PK\x01\x02")) {
		h := data[at:]
		n, ok := z.header(h, 8, 28, 46)
		if !ok {
			break
		}
		extra := int(binary.LittleEndian.Uint16(h[30:]))
		comment := int(binary.LittleEndian.Uint16(h[32:]))
		at += uint64(n + extra + comment)
	}
	return z.seen > 0
}

// local walks the local file headers from the front.
func (z *zipNames) local(data []byte) {
	for ok := true; ok; {
		i := bytes.Index(data, []byte("PK\x03\x04"))
		if i < 0 {
			return
		}
		var n int
		n, ok = z.header(data[i:], 6, 26, 30)
		data = data[i+n:]
	}
}

// header reads one file's header: its flags, the length of its name and the name stand at
// these offsets. end is where the name ends; ok is false where the header is cut off.
func (z *zipNames) header(h []byte, flags, length, name int) (end int, ok bool) {
	if len(h) < name {
		return 0, false
	}
	end = name + int(binary.LittleEndian.Uint16(h[length:]))
	if end > len(h) {
		return 0, false
	}
	z.add(string(h[name:end]), binary.LittleEndian.Uint16(h[flags:]))
	return end, true
}
