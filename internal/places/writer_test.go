package places

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// record is a value of a MaxMind DB file: a map, a string, a uint16 or a uint32.
type record map[string]any

// writeDB writes a file of IPv4 networks (MaxMind DB file format 2.0) and returns its
// path. The metadata has the given type and description.
func writeDB(t *testing.T, kind string, description record, networks map[string]record) string {
	t.Helper()
	type side struct{ node, data int } // node 0: none
	tree := [][2]side{{}}
	var data bytes.Buffer
	for network, value := range networks {
		p := netip.MustParsePrefix(network)
		bits := p.Addr().As4()
		at, offset := 0, data.Len()
		encode(&data, value)
		for i := range p.Bits() {
			bit := bits[i/8] >> (7 - i%8) & 1
			if i == p.Bits()-1 {
				tree[at][bit] = side{data: offset + 1}
				break
			}
			if tree[at][bit].node == 0 {
				tree = append(tree, [2]side{})
				tree[at][bit].node = len(tree) - 1
			}
			at = tree[at][bit].node
		}
	}
	var file bytes.Buffer
	for _, n := range tree {
		for _, s := range n {
			value := len(tree) // nothing
			switch {
			case s.data > 0:
				value = len(tree) + 16 + s.data - 1
			case s.node > 0:
				value = s.node
			}
			file.Write(binary.BigEndian.AppendUint32(nil, uint32(value))[1:]) // 24 bits
		}
	}
	file.Write(make([]byte, 16))
	file.Write(data.Bytes())
	file.WriteString("\xab\xcd\xefMaxMind.com")
	meta := record{"binary_format_major_version": uint16(2), "binary_format_minor_version": uint16(0),
		"build_epoch": uint32(1767600000), "database_type": kind, "ip_version": uint16(4),
		"node_count": uint32(len(tree)), "record_size": uint16(24)}
	if description != nil {
		meta["description"] = description
	}
	encode(&file, meta)
	path := filepath.Join(t.TempDir(), "test.mmdb")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// encode writes a control byte and a value; sizes stay below 285, of a map below 29.
func encode(b *bytes.Buffer, value any) {
	const text, short, long, mapping = 2 << 5, 5 << 5, 6 << 5, 7 << 5
	switch v := value.(type) {
	case string:
		if n := len(v); n < 29 {
			b.WriteByte(text | byte(n))
		} else {
			b.Write([]byte{text | 29, byte(n - 29)})
		}
		b.WriteString(v)
	case uint16:
		b.WriteByte(short | 2)
		b.Write(binary.BigEndian.AppendUint16(nil, v))
	case uint32:
		b.WriteByte(long | 4)
		b.Write(binary.BigEndian.AppendUint32(nil, v))
	case record:
		b.WriteByte(mapping | byte(len(v)))
		var keys []string
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			encode(b, k)
			encode(b, v[k])
		}
	}
}
