package pack

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
)

// zipped makes a package of names and texts.
func zipped(t testing.TB, comment string, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		f, err := w.Create(members[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(members[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.SetComment(comment); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func names(list []Member) string {
	var out []string
	for _, m := range list {
		out = append(out, m.Name)
	}
	return strings.Join(out, " ")
}

// TestMembers: members are found by the directory, behind a program, in front of a comment, and
// where the directory is gone or lies by their own heads.
func TestMembers(t *testing.T) {
	whole := zipped(t, "", "a.xml", "one", "dir/b.xml", "two")
	end := bytes.LastIndex(whole, []byte("PK\x05\x06"))
	directory := bytes.Index(whole, []byte("PK\x01\x02"))
	far := bytes.Clone(whole)
	copy(far[end+12:], "\xff\xff\xff\xff\xff\xff\xff\xff") // size and place of the directory
	for what, data := range map[string][]byte{
		"as it is":                  whole,
		"behind a program":          append([]byte("MZ"+strings.Repeat("x", 1000)), whole...),
		"with a comment":            zipped(t, strings.Repeat("c", 3000), "a.xml", "one", "dir/b.xml", "two"),
		"without its end":           whole[:end],
		"without its directory":     whole[:directory],
		"a directory that is far":   far,
		"an end that says it twice": append(bytes.Clone(whole), whole[end:]...),
	} {
		list, all := Members(data)
		if names(list) != "a.xml dir/b.xml" || !all {
			t.Errorf("%s: %q, all %v", what, names(list), all)
		}
	}
	var many []string
	for range maxMembers + 1 {
		many = append(many, "m", "")
	}
	if list, all := Members(zipped(t, "", many...)); all || len(list) > maxMembers {
		t.Errorf("%d members, all %v", len(list), all)
	}
	if Is([]byte("PK\x05\x06")) || Is(nil) || !Is(whole) {
		t.Error("what a package is")
	}
}

// TestExternal: links of a relationships part that lead out of the package are found, also in a tag
// that does not end.
func TestExternal(t *testing.T) {
	var got []string
	for _, text := range []string{
		`<Relationships><Relationship Type="x/hyperlink" Target="https://a.example/" TargetMode="External"/></Relationships>`,
		`<Relationship TargetMode='External' Target='https://b.example/?x&amp;y' Type='hyperlink'`,
		`<Relationship Type="x/image" Target="media/image1.png"/>`,
	} {
		External([]byte(text), func(r Ref) { got = append(got, r.URL) })
	}
	if s := strings.Join(got, " "); s != "https://a.example/ https://b.example/?x&y" {
		t.Errorf("found %q", s)
	}
}

// FuzzPack reads noise as packages and as their parts.
func FuzzPack(f *testing.F) {
	f.Add(zipped(f, "c", "a.xml", `<Relationship Target="https://a.example/" TargetMode="External"/>`))
	f.Add([]byte(`<w:fldSimple w:instr="HYPERLINK &quot;https://example.org/&quot;"><row><c t="s"><v>1</v></c></row>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, _ := Members(data)
		if len(list) > maxMembers {
			t.Errorf("%d members", len(list))
		}
		Order(list)
		Is(data)
		IsXML("a", data)
		External(data, func(Ref) {})
		if out := Text(nil, data, func(Ref) {}); len(out) > 2*len(data)+16 {
			t.Errorf("%d bytes of text in %d", len(out), len(data))
		}
		Sheet(nil, data)
	})
}
