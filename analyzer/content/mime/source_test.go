package mime

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadSource(t *testing.T) {
	for _, tt := range []struct {
		name, in   string
		header     string // fields as "Name=Value|"
		body       string
		headerLost int
	}{
		{"crlf", "A: 1\r\nB: 2\r\n\r\nbody\r\n", "A=1|B=2|", "body\r\n", 0},
		{"lf", "A: 1\nB: 2\n\nbody\n", "A=1|B=2|", "body\n", 0},
		{"mixed", "A: 1\nB: 2\r\n\nbody\r\n", "A=1|B=2|", "body\r\n", 0},
		{"cr", "A: 1\rB: 2\r\rbody\rmore\r", "A=1|B=2|", "body\nmore\n", 0},
		{"folds", "A: 1\r\n 2\r\n\t3\r\n\r\n", "A=1\n 2\n\t3|", "", 0},
		{"mbox line", "From a@b Mon Jun  2 10:15:00 2025\nA: 1\n\nbody", "A=1|", "body", 0},
		{"byte order mark", "\xef\xbb\xbfA: 1\n\nbody", "A=1|", "body", 0},
		{"blank before colon", "A : 1\n\n", "A=1|", "", 0},
		{"no blank behind colon", "A:1\nB:  2\n\n", "A=1|B= 2|", "", 0},
		{"dirt between", "A: 1\ndirt here\nB: 2\n\nbody", "A=1|B=2|", "body", 0},
		{"no empty line", "A: 1\nHello there,\nyou.\n", "A=1|", "Hello there,\r\nyou.\n", 0},
		{"leading fold", " fold\nA: 1\n\nb", "A=1|", "b", 0},
		{"nul", "A: 1\x002\n\nb", "A=1\x002|", "b", 0},
		{"8-bit name", "\xe5: 1\nA: 1\n\nb", "A=1|", "b", 0},
		{"no header", "\nbody", "", "body", 0},
		{"header only", "A: 1", "A=1|", "", 0},
		{"empty", "", "", "", 0},
		{"flood", strings.Repeat("A: 1\n", maxSourceFields+5) + " fold\n\nb",
			strings.Repeat("A=1|", maxSourceFields), "b", 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// one byte at a time: no result may hang on how the bytes arrive
			whole := strings.NewReader(tt.in)
			bytewise := iotest.OneByteReader(strings.NewReader(tt.in))
			for _, r := range []io.Reader{whole, bytewise} {
				src, err := ReadSource(r, 0)
				if err != nil {
					t.Fatal(err)
				}
				var header strings.Builder
				for _, f := range src.Header {
					fmt.Fprintf(&header, "%s=%s|", f.Name, f.Value)
				}
				if header.String() != tt.header || string(src.Body) != tt.body ||
					src.HeaderDropped != tt.headerLost {
					t.Errorf("got %q, %q, %d dropped", header.String(), src.Body, src.HeaderDropped)
				}
				if src.BodySize != int64(len(src.Body)) {
					t.Errorf("body size %d of %d", src.BodySize, len(src.Body))
				}
			}
		})
	}
}

func TestReadSourceCap(t *testing.T) {
	src, err := ReadSource(strings.NewReader("A: 1\n\n"+strings.Repeat("x", 1000)), 100)
	if err != nil || len(src.Body) != 100 || src.BodySize != 1000 {
		t.Errorf("kept %d of %d: %v", len(src.Body), src.BodySize, err)
	}
}

func TestReadSourceError(t *testing.T) {
	broken := errors.New("disk on fire")
	for _, in := range []string{"A: 1\n", "A: 1\n\nbody"} {
		r := io.MultiReader(strings.NewReader(in), iotest.ErrReader(broken))
		if _, err := ReadSource(r, 0); !errors.Is(err, broken) {
			t.Errorf("%q: got %v", in, err)
		}
	}
}

// TestReadSourceHostile holds time and memory on headers that never end.
func TestReadSourceHostile(t *testing.T) {
	for name, in := range map[string][]byte{
		"folds":    append([]byte("A: 1\n"), bytes.Repeat([]byte(" x\n"), 10<<20)...),
		"one line": append([]byte("A: "), bytes.Repeat([]byte("x"), 30<<20)...),
		"fields":   bytes.Repeat([]byte("A: 1\n"), 6<<20),
		"dirt":     bytes.Repeat([]byte("dirt\n"), 6<<20),
		"colons":   bytes.Repeat([]byte(":\n"), 10<<20),
	} {
		src, err := ReadSource(bytes.NewReader(in), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		size := 0
		for _, f := range src.Header {
			size += len(f.Name) + len(f.Value)
		}
		if size > maxSourceHeader || len(src.Header) > maxSourceFields ||
			len(src.Body) > 1<<20 {
			t.Errorf("%s: %d bytes in %d fields, body %d",
				name, size, len(src.Header), len(src.Body))
		}
	}
}
