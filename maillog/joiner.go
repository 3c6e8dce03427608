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

// add takes a line, of size bytes in the file. It returns the lines that are complete now: an entry
// as one object of JSON, and the line itself where it is of none.
func (n *joiner) add(line string, size int64) (done []joined) {
	if n.binary != "" {
		n.size += size
		n.more(line, size)
		return nil
	}
	line = strings.TrimSuffix(line, "\r")
	switch n.form {
	case exported:
		n.size += size
		if line == "" {
			return n.end()
		}
		n.export(line)
		return nil
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

// field notes "MESSAGE=x". What is there twice is not what journald says of it.
func (n *joiner) field(line string) {
	name, value, ok := strings.Cut(line, "=")
	if _, twice := n.fields[name]; ok && !twice && entryFields[name] {
		n.fields[name] = value
	}
}

// export notes a field. A name alone is followed by 64 bits of length, little-endian, and so many
// bytes, whatever they are (systemd's JOURNAL_EXPORT_FORMATS).
func (n *joiner) export(line string) {
	if strings.Contains(line, "=") {
		n.field(line)
		return
	}
	n.binary, n.bytes, n.skipped = line, nil, 0
}

// more takes what lies between two line ends of such a field.
func (n *joiner) more(line string, size int64) {
	n.bytes = append(append(n.bytes, line...), '\n')
	n.skipped += size - int64(len(line)) - 1 // what readLine has cut off
	if len(n.bytes) < 8 {
		return
	}
	length := binary.LittleEndian.Uint64(n.bytes)
	if have := uint64(int64(len(n.bytes)) - 8 + n.skipped); have <= length {
		if over := len(n.bytes) - maxLine; over > 0 {
			n.bytes, n.skipped = n.bytes[:maxLine], n.skipped+int64(over)
		}
		return
	}
	n.field(n.binary + "=" + string(n.bytes[8:min(uint64(len(n.bytes)-1), length+8)]))
	n.binary, n.bytes = "", nil
}
