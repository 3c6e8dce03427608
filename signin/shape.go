package signin

import (
	"bytes"
	"encoding/json"
)

// shape is how a log is laid out.
type shape int

const (
	byLines shape = iota
	table
	document
)

// IsLines says by its beginning, up to 1 MiB, whether a log is one of lines, which can be read on
// where it grew. A table, and a document that is laid out over lines, are read whole.
func IsLines(begin []byte) bool {
	if isUTF16(begin) {
		return false
	}
	if rest := trimmed(begin); len(begin) < maxLine && bytes.IndexByte(rest, '\n') < 0 && json.Valid(rest) {
		return false // one event without a line's end
	}
	return shapeOf(begin) == byLines
}

// isUTF16 says whether a text begins with the mark of UTF-16, as Windows PowerShell writes it.
func isUTF16(begin []byte) bool {
	return bytes.HasPrefix(begin, []byte{0xff, 0xfe}) || bytes.HasPrefix(begin, []byte{0xfe, 0xff})
}

// trimmed returns what follows the mark of UTF-8, blank lines and the line that Windows PowerShell
// writes in front of a table:
//
//	#TYPE Selected.Microsoft.Exchange.Data.UnifiedAuditEvent
func trimmed(begin []byte) []byte {
	begin = bytes.TrimLeft(bytes.TrimPrefix(begin, []byte("\ufeff")), " \t\r\n")
	if bytes.HasPrefix(begin, []byte("#TYPE ")) {
		if _, rest, ok := bytes.Cut(begin, []byte("\n")); ok {
			begin = bytes.TrimLeft(rest, " \t\r\n")
		}
	}
	return begin
}

// shapeOf tells the shape of a log by its beginning.
func shapeOf(begin []byte) shape {
	first := trimmed(begin)
	head, _, ended := bytes.Cut(first, []byte("\n"))
	head = bytes.TrimSpace(head)
	switch {
	case isDocument(head, ended || len(begin) < maxLine):
		return document
	case isTable(head):
		return table
	}
	return byLines
}

// isDocument says whether a log that begins with a line is one JSON document: an array, an
// object around one, or anything that is laid out over lines. whole says that the line ends.
//
//	[{"id": ...}, ...    {"@odata.context": "...", "value": [...]}    {
func isDocument(head []byte, whole bool) bool {
	if len(head) == 0 || head[0] != '{' && head[0] != '[' || roundcubeHead.Match(head) {
		return false
	}
	if !whole {
		return head[0] == '[' || wrapsList(head)
	}
	var list []json.RawMessage
	if json.Unmarshal(head, &list) == nil || json.Valid(head) && wrapsList(head) {
		return true
	}
	return !json.Valid(head) && bytes.IndexByte([]byte("{[,"), head[len(head)-1]) >= 0 // else half a line
}

// lists are what documents call the array of their events: Microsoft Graph, Google's Reports API.
// An array "records" (Azure) comes in lines, too.
var lists = map[string]bool{"value": true, "items": true}

// wrapsList says whether an object, perhaps only its beginning, has an array of events.
func wrapsList(head []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(head))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	for {
		key, err := dec.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			return false
		}
		if lists[name] {
			t, err := dec.Token()
			return err == nil && t == json.Delim('[')
		}
		var skipped json.RawMessage
		if dec.Decode(&skipped) != nil {
			return false
		}
	}
}
