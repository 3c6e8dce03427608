package maillog

import (
	"encoding/binary"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// joiner puts lines together that are one entry of journald: journalctl -o export
//
//	__CURSOR=s=0639...
//	__REALTIME_TIMESTAMP=1793754000000000
//	MESSAGE=connect from unknown[192.0.2.1]
//
// with an empty line behind each, -o verbose
//
//	Wed 2026-11-04 10:00:00.000000 JST [s=0639...;i=4ece7;b=6c7c...]
//	    MESSAGE=connect from unknown[192.0.2.1]
//
// and -o json-pretty, an object over several lines.
type joiner struct {
	zone *time.Location // of the machine that printed -o verbose

	form    entryForm
	fields  map[string]string
	size    int64 // of the lines so far
	shown   string
	object  strings.Builder // of json-pretty
	binary  string          // the field whose bytes follow
	bytes   []byte          // its length, then they
	skipped int64           // bytes of it that are not kept
}

type entryForm int

const (
	noEntry entryForm = iota
	exported
	verbose
	pretty
)

// entryFields are those that are read.
var entryFields = map[string]bool{"__REALTIME_TIMESTAMP": true, "_UID": true, "_SYSTEMD_UNIT": true,
	"_PID": true, "SYSLOG_IDENTIFIER": true, "MESSAGE": true}

// Bounds of an entry for people, and of a field of any bytes (systemd's DATA_SIZE_MAX), in bytes.
const (
	maxJoined = 16 << 20
	maxBinary = 768 << 20
)

// add takes a line, of size bytes in the file. It returns the lines that are complete now: an entry
// as one object of JSON, and the line itself where it is of none. Of an entry that does not end where
// one must, the first line is returned, which nobody can read: what is missing may be who wrote it.
func (n *joiner) add(line string, size int64) (done []joined) {
	if n.binary != "" {
		n.size += size
		if !n.more(line, size) {
			return n.broken()
		}
		return nil
	}
	// Not of an export: its lines say where bytes follow that may look like any line.
	if (n.form == pretty || n.form == verbose) && n.size > maxJoined {
		done = n.broken()
	}
	line = strings.TrimSuffix(line, "\r")
	switch n.form {
	case exported:
		if line == "" {
			n.size += size
			return n.end()
		}
		if n.export(line) {
			n.size += size
			return nil
		}
		done = n.broken()
	case pretty:
		n.size += size
		if n.object.Len() < maxEntry {
			n.object.WriteString(line)
		}
		if line == "}" {
			return n.end()
		}
		return nil
	case verbose:
		if strings.HasPrefix(line, "    ") {
			n.size += size
			n.field(line[4:])
			return nil
		}
		done = n.end()
	}
	if n.begin(line, size) {
		return done
	}
	return append(done, joined{line, "", size})
}

// joined is a line that stands for itself or for an entry.
type joined struct {
	line  string
	shown string // for people; "" is the line
	size  int64
}

// begin says whether a line is the first of an entry.
func (n *joiner) begin(line string, size int64) bool {
	realtime := ""
	switch {
	case strings.HasPrefix(line, "__CURSOR=") || strings.HasPrefix(line, "__REALTIME_TIMESTAMP="):
		n.form = exported
	case line == "{":
		n.form = pretty
		n.object.WriteString(line)
	case strings.HasSuffix(line, "]") && strings.Contains(line, " [s=") && strings.Contains(line, ";i="):
		s := stamp{zone: n.zone}
		if rest, ok := s.read(line); !ok || !strings.HasPrefix(rest, "[s=") || s.year == 0 {
			return false
		}
		n.form = verbose
		realtime = strconv.FormatInt(s.at.UnixMicro(), 10)
	default:
		return false
	}
	n.size, n.shown, n.fields = size, line, map[string]string{}
	if realtime != "" {
		n.fields["__REALTIME_TIMESTAMP"] = realtime // which -o verbose has there only
	} else {
		n.field(line)
	}
	return true
}

// end returns the entry that was read, if there is one.
func (n *joiner) end() []joined {
	form, size, shown := n.form, n.size, n.shown
	line := n.object.String()
	if form != pretty {
		object, err := json.Marshal(n.fields)
		if err != nil {
			object = nil // of texts there is always one
		}
		line = string(object)
	}
	*n = joiner{zone: n.zone}
	if form == noEntry {
		return nil
	}
	return []joined{{line, shown, size}}
}

// broken returns the first line of an entry that has no end.
func (n *joiner) broken() []joined {
	shown, size := n.shown, n.size
	*n = joiner{zone: n.zone}
	return []joined{{shown, "", size}}
}

// field notes "MESSAGE=x". What is there twice is not what journald says of it.
func (n *joiner) field(line string) {
	name, value, ok := strings.Cut(line, "=")
	if _, twice := n.fields[name]; ok && !twice && entryFields[name] {
		n.fields[name] = value
	}
}

// export notes a field. A name alone is followed by 64 bits of length, little-endian, and so many
// bytes, whatever they are (systemd's JOURNAL_EXPORT_FORMATS). false is for what is no field.
func (n *joiner) export(line string) bool {
	name, _, text := strings.Cut(line, "=")
	if !isField(name) {
		return false
	}
	if text {
		n.field(line)
	} else {
		n.binary, n.bytes, n.skipped = line, nil, 0
	}
	return true
}

// isField says whether journald has fields of that name (systemd's journal_field_valid).
func isField(name string) bool {
	return name != "" && len(name) <= 64 && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// more takes what lies between two line ends of such a field; false is for a length that no field has.
func (n *joiner) more(line string, size int64) bool {
	n.bytes = append(append(n.bytes, line...), '\n')
	n.skipped += max(size-int64(len(line))-1, 0) // what readLine has cut off; a file's last line may have no end
	if len(n.bytes) < 8 {
		return true
	}
	length := binary.LittleEndian.Uint64(n.bytes)
	if length > maxBinary {
		return false
	}
	if have := uint64(int64(len(n.bytes)) - 8 + n.skipped); have <= length {
		if over := len(n.bytes) - maxLine; over > 0 {
			n.bytes, n.skipped = n.bytes[:maxLine], n.skipped+int64(over)
		}
		return true
	}
	n.field(n.binary + "=" + string(n.bytes[8:min(uint64(len(n.bytes)-1), length+8)]))
	n.binary, n.bytes = "", nil
	return true
}
