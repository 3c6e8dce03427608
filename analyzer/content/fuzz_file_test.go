package content

import (
	"testing"

	"hisseki/analyzer/content/mime"
)

// FuzzFile holds that any file gives a Content of valid UTF-8 within the limits.
func FuzzFile(f *testing.F) {
	for name, data := range files() {
		f.Add(name, []byte(data))
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		src := Source{
			Header: []Field{{Name: "Content-Type", Value: "application/octet-stream; name=\"" + name + "\""}},
			Body:   data, BodySize: int64(len(data)),
		}
		lim := Limits{TextBytes: mime.DefaultTextBytes, PartBytes: 16 << 20, URLs: 500, Parts: 200}
		before := string(data)
		checkContent(t, Parse(src, lim), lim)
		if string(src.Body) != before {
			t.Error("the mail itself was changed")
		}
	})
}
