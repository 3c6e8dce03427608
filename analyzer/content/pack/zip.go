// Package pack reads packages: zip files, and the documents that are such (Office Open XML,
// OpenDocument). Packages are hostile: members are looked for both as the directory names
// them and as they stand, and unpacked within a budget.
package pack

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

// A Member is one file in a package.
type Member struct {
	Name      string
	Method    uint16 // 0 stored, 8 deflated (APPNOTE.TXT section 4.4.5)
	Encrypted bool
	Data      []byte // as it stands in the package
	Size      int    // unpacked, as the package says
}

// maxMembers bounds the members that are looked at. A presentation has a few hundred.
const maxMembers = 4000

// Members lists what is in a zip file, by its directory, or, where that is broken, by the
// heads of its members (APPNOTE.TXT sections 4.3.7 and 4.3.12). all is false where there
// are more than are listed.
func Members(data []byte) (list []Member, all bool) {
	list, all = directory(data)
	if len(list) == 0 {
		return heads(data)
	}
	for n := 0; ; n++ { // one behind another: programs differ in which they open
		data = front(data, list)
		if !bytes.Contains(data, []byte("PK\x05\x06")) {
			return list, all
		}
		before, whole := directory(data)
		if all = all && whole && n < maxBehind && len(before)+len(list) <= maxMembers; !all || len(before) == 0 {
			return list, all
		}
		list = append(list, before...)
	}
}

// maxBehind bounds the packages in one file that stand behind each other.
const maxBehind = 8

// front returns what stands before the first member of a package. Members have the rest of the file as
// their data.
func front(data []byte, list []Member) []byte {
	first := len(data)
	for i := range list {
		if m := list[i].Data; cap(m) > 0 {
			first = min(first, cap(data)-cap(m))
		}
	}
	return data[:max(0, min(first-30, len(data)))]
}

// Is says whether programs open a file as a zip file: by its beginning or, since a program
// that unpacks itself may stand in front, by its end.
func Is(data []byte) bool {
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return true
	}
	tail := data[max(0, len(data)-(64<<10)-22):]
	i := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	return i >= 0 && i+22 <= len(tail) && binary.LittleEndian.Uint16(tail[i+10:]) > 0
}

// directory reads the central directory. What stands in front of the file moves all offsets,
// as programs that unpack themselves do.
func directory(data []byte) (list []Member, all bool) {
	from := max(0, len(data)-(64<<10)-22)
	i := bytes.LastIndex(data[from:], []byte("PK\x05\x06"))
	if i < 0 || from+i+22 > len(data) {
		return nil, true
	}
	end := data[from+i:]
	size, at := binary.LittleEndian.Uint32(end[12:]), binary.LittleEndian.Uint32(end[16:])
	start := from + i - int(size)
	if start < 0 || !bytes.HasPrefix(data[start:], []byte("PK\x01\x02")) {
		start = int(at)
	}
	moved := max(start-int(at), 0)
	met := make(map[int]bool) // where members lie: none counts twice
	for start >= 0 && start+46 <= len(data) && bytes.HasPrefix(data[start:], []byte("PK\x01\x02")) {
		if len(list) == maxMembers {
			return list, false
		}
		h := data[start:]
		name := int(binary.LittleEndian.Uint16(h[28:]))
		next := 46 + name + int(binary.LittleEndian.Uint16(h[30:])) + int(binary.LittleEndian.Uint16(h[32:]))
		if 46+name > len(h) {
			break
		}
		m := Member{Name: memberName(h[46 : 46+name]), Method: binary.LittleEndian.Uint16(h[10:]),
			Encrypted: h[8]&1 != 0, Size: int(binary.LittleEndian.Uint32(h[24:]))}
		start += next
		offset := int(binary.LittleEndian.Uint32(h[42:]))
		if met[offset] {
			continue
		}
		met[offset] = true
		if m.Data = body(data, offset+moved); m.Data == nil {
			m.Data = body(data, offset)
		}
		if n := int(binary.LittleEndian.Uint32(h[20:])); m.Method == 0 && n < len(m.Data) {
			m.Data = m.Data[:n]
		}
		list = append(list, m)
	}
	return list, true
}

// body returns what follows the head of a member at an offset, to the end of the file: a
// deflated stream says itself where it ends.
func body(data []byte, at int) []byte {
	if at < 0 || at+30 > len(data) || !bytes.HasPrefix(data[at:], []byte("PK\x03\x04")) {
		return nil
	}
	skip := 30 + int(binary.LittleEndian.Uint16(data[at+26:])) + int(binary.LittleEndian.Uint16(data[at+28:]))
	if at+skip > len(data) {
		return nil
	}
	return data[at+skip:]
}

// heads lists the members by what stands in front of each.
func heads(data []byte) (list []Member, all bool) {
	for at := 0; ; {
		i := bytes.Index(data[at:], []byte("PK\x03\x04"))
		if i < 0 || at+i+30 > len(data) {
			return list, true
		}
		if len(list) == maxMembers {
			return list, false
		}
		at += i
		h := data[at:]
		name := int(binary.LittleEndian.Uint16(h[26:]))
		m := Member{Method: binary.LittleEndian.Uint16(h[8:]), Encrypted: h[6]&1 != 0,
			Size: int(binary.LittleEndian.Uint32(h[22:])), Data: body(data, at)}
		if m.Data == nil {
			return list, true
		}
		m.Name = memberName(h[30 : 30+name])
		if n := int(binary.LittleEndian.Uint32(h[18:])); m.Method == 0 && n < len(m.Data) {
			m.Data = m.Data[:n]
		}
		list = append(list, m)
		at += 30 + name
	}
}

func memberName(b []byte) string {
	name := strings.ToValidUTF8(string(b[:min(len(b), 1000)]), "?")
	return strings.ReplaceAll(name, "\\", "/")
}

// Order puts first what says most in the fewest bytes: where links lead, then text, then
// tables, last pictures and what else there is.
func Order(list []Member) {
	slices.SortStableFunc(list, func(a, b Member) int { return rank(a.Name) - rank(b.Name) })
}

// IsDocument says whether a package is a document rather than an archive of files: its
// first members say so (ECMA-376 part 2, OpenDocument part 3).
func IsDocument(list []Member) bool {
	return slices.ContainsFunc(list, func(m Member) bool {
		return strings.EqualFold(m.Name, "[Content_Types].xml") || m.Name == "META-INF/manifest.xml" ||
			m.Name == "META-INF/container.xml"
	})
}

// IsRelations says whether a part says where a document leads.
func IsRelations(name string) bool { return strings.HasSuffix(strings.ToLower(name), ".rels") }

// IsSheet says whether a part is the cells of a table.
func IsSheet(name string) bool { return strings.Contains(strings.ToLower(name), "/worksheets/") }

func rank(name string) int {
	name = strings.ToLower(name)
	switch {
	case IsRelations(name):
		return 0
	case IsSheet(name):
		return 2
	case strings.HasSuffix(name, ".xml"), strings.HasSuffix(name, ".html"), strings.HasSuffix(name, ".htm"):
		return 1
	case strings.Contains(name, "/media/"), strings.HasPrefix(name, "pictures/"):
		return 3
	}
	return 4
}
