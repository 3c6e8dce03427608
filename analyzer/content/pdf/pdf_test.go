package pdf

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hisseki/analyzer/content/inflate"
)

// seen is what a file showed.
type seen struct {
	links, texts []string
	encrypted    bool
	over         bool
}

func read(data []byte) (s seen) {
	b := inflate.NewBudget(nil)
	s.encrypted = Read(data, b, Sink{
		Link:   func(uri string) { s.links = append(s.links, uri) },
		Text:   func(text string) { s.texts = append(s.texts, text) },
		Maybe:  func(string) {},
		JPEG:   func([]byte) {},
		Raster: func(Raster) {},
		File:   func([]byte) {},
		Decode: func(b []byte, _ string) string { return string(b) },
	})
	s.over = b.Over
	return s
}

func (s seen) all() string { return strings.Join(append(s.links, s.texts...), "\n") }

// files are PDFs that qpdf 11.3 encrypted, with an owner's password and an empty user's one:
// "qpdf --encrypt ” owner 40 -- ..." and so on. "packed" are those with object streams.
func files(t testing.TB) []string {
	t.Helper()
	list, err := filepath.Glob("testdata/*.pdf")
	if err != nil || len(list) < 13 {
		t.Fatalf("%d files, %v", len(list), err)
	}
	return list
}

// TestEmptyPassword: what opens without a password is read as if it were in clear, with every
// encryption that there is; what needs one says so.
func TestEmptyPassword(t *testing.T) {
	for _, path := range files(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s := read(data)
		if strings.Contains(path, "locked") {
			if !s.encrypted || strings.Contains(s.all(), "lure") {
				t.Errorf("%s: %+v", path, s)
			}
			continue
		}
		if s.encrypted || !slices.Contains(s.links, "https://pay.lure.test/x") ||
			!strings.Contains(s.all(), "https://text.lure.test/x") {
			t.Errorf("%s: %+v", path, s)
		}
	}
}

// TestMisleadingEncryption: a file that is encrypted in a way that is not understood, whose strings
// seem to belong to another object, or whose encryption is a decoy says that it was not read, where
// its links are not found.
func TestMisleadingEncryption(t *testing.T) {
	for _, path := range files(t) {
		if strings.Contains(path, "plain") || strings.Contains(path, "locked") {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		for what, changed := range map[string]string{
			"a false object in front of strings": strings.ReplaceAll(text, "/URI (", "%8 0 obj\n/URI ("),
			"a new version":                      strings.Replace(text, "/V ", "/V 9", 1),
			"another key": strings.Replace(text, "/O <", "/O <00", 1) +
				strings.Repeat("% ", 3),
			"other permissions": strings.Replace(text, "/P -4", "/P -8", 1),
		} {
			if changed == text {
				continue
			}
			if s := read([]byte(changed)); !s.encrypted && !strings.Contains(s.all(), "pay.lure.test") {
				t.Errorf("%s, %s: nothing is said: %+v", path, what, s)
			}
		}
	}
	// Objects in clear, and the dictionary of another file's encryption.
	plain, err := os.ReadFile("testdata/plain.pdf")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files(t) {
		decoy, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if s := read(append(append([]byte{}, plain...), decoy...)); !s.encrypted && strings.Count(s.all(), "pay.lure.test") < 1 {
			t.Errorf("%s behind a plain file: %+v", path, s)
		}
	}
}

// Objects that name each other, and ones within ones, end.
func TestLoops(t *testing.T) {
	for what, text := range map[string]string{
		"a link that is its own target": "%PDF-1.7\n1 0 obj <</URI 1 0 R>> endobj\n2 0 obj <</URI 1 0 R>> endobj",
		"filters of each other":         "%PDF-1.7\n1 0 obj 2 0 R endobj 2 0 obj 1 0 R endobj\n3 0 obj <</Filter 1 0 R>>\nstream\nx\nendstream",
		"a font of itself":              "%PDF-1.7\n1 0 obj <</Type/Font/ToUnicode 1 0 R/Font<</F1 1 0 R>>>>\nstream\nBT /F1 1 Tf (a) Tj ET\nendstream",
		"an encryption of itself":       "%PDF-1.7\n1 0 obj <</Encrypt 1 0 R/V 4/CF<</StdCF 1 0 R>>/StmF/StdCF/StrF/StdCF>> endobj",
		"dictionaries in each other":    "%PDF-1.7\n/Encrypt " + strings.Repeat("<</A", 1<<16),
		"strings in each other":         "%PDF-1.7\n" + strings.Repeat("/URI(", 1<<16),
	} {
		s := read([]byte(text))
		if len(s.links) > 1<<17 {
			t.Errorf("%s: %d links", what, len(s.links))
		}
	}
}

// FuzzRead also fuzzes the key of the empty password, by files that have one.
func FuzzRead(f *testing.F) {
	for _, path := range files(f) {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(_ *testing.T, data []byte) { read(data) })
}
