package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"hisseki/internal/words"
)

//go:embed templates assets
var files embed.FS

// pages are the templates by name, each with the frame around it.
var pages = parse()

func parse() map[string]*template.Template {
	frame := template.Must(template.ParseFS(files, "templates/frame.html", "templates/parts.html"))
	out := map[string]*template.Template{}
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		if base := path.Base(name); base != "frame.html" && base != "parts.html" {
			out[base] = template.Must(template.Must(frame.Clone()).ParseFS(files, name))
		}
	}
	return out
}

// show answers with a page. It is put together first: what fails must not end in half a page.
func (q *request) show(status int, page string, data any) error {
	return q.render(status, page, "frame", data)
}

// part answers with a piece of a page that open pages ask for again and again. It is the same for all
// who read the same language in the same zone, so it is put together once for all who ask at about the
// same time, and not sent where it is what the page has. data must not depend on who asks.
func (q *request) part(page, name string, data func(context.Context) (any, error)) error {
	key := fmt.Sprint("part ", q.Lang(), " ", q.Location(), " ", q.r.URL.RequestURI())
	b, err := remember(q.ctx(), &q.s.memory, key, func(ctx context.Context) ([]byte, error) {
		d, err := data(ctx)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if err := pages[page].ExecuteTemplate(&b, name, d); err != nil {
			return nil, fmt.Errorf("put %s together: %w", page, err)
		}
		return b.Bytes(), nil
	})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	q.w.Header().Set("ETag", tag)
	if q.r.Header.Get("If-None-Match") == tag {
		q.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return q.send(http.StatusOK, bytes.NewBuffer(b))
}

func (q *request) render(status int, page, name string, data any) error {
	var b bytes.Buffer
	if err := pages[page].ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("put %s together: %w", page, err)
	}
	return q.send(status, &b)
}

func (q *request) send(status int, b *bytes.Buffer) error {
	h := q.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "Accept-Language, Cookie")
	q.w.WriteHeader(status)
	if _, err := b.WriteTo(q.w); err != nil {
		q.s.Log.Debug("a browser went away", "error", err)
	}
	return nil
}

// asset is a file that browsers keep: its name changes with its bytes.
type asset struct {
	kind       string
	data, gzip []byte
}

var (
	assetFiles = map[string]asset{} // by the name that browsers ask for
	assetNames = map[string]string{}
)

func init() {
	for name, kind := range map[string]string{"style.css": "text/css", "page.js": "text/javascript",
		"icon.svg": "image/svg+xml"} {
		data, err := files.ReadFile("assets/" + name)
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(data)
		asked := hex.EncodeToString(sum[:6]) + "-" + name
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is one that there is
		if _, err := z.Write(data); err != nil || z.Close() != nil {
			panic("web: cannot compress " + name)
		}
		assetFiles[asked] = asset{kind + "; charset=utf-8", data, b.Bytes()}
		assetNames[name] = "/assets/" + asked
	}
}

// Asset is the address of a file of ours.
func (q *request) Asset(name string) string { return assetNames[name] }

func assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := assetFiles[r.PathValue("file")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Vary", "Accept-Encoding")
		data := a.data
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			data = a.gzip
		}
		_, _ = w.Write(data) // a browser that went away needs no answer
	})
}

// Stamp is a time as a page shows it.
type Stamp struct{ Text, UTC string }

// At is a time to the minute, in the reader's zone.
func (q *request) At(t time.Time) Stamp { return Stamp{q.Time(t), utc(t)} }

// AtSecond is a time to the second.
func (q *request) AtSecond(t time.Time) Stamp { return Stamp{q.Second(t), utc(t)} }

// Ago is how long ago a time was, roughly.
func (q *request) Ago(t time.Time) Stamp {
	d := q.Now.Sub(t)
	if d < 0 {
		return Stamp{q.W("in-span", q.Rough(-d)), utc(t)}
	}
	return Stamp{q.W("ago", q.Rough(d)), utc(t)}
}

func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// Clean makes hostile text fit to read; links in it can not be clicked.
func (q *request) Clean(s string) string { return words.Unlink(s) }

// Defang makes a link or host harmless to read.
func (q *request) Defang(s string) string { return words.Defang(s) }

// Points are points with one decimal.
func (q *request) Points(p float64) string { return strconv.FormatFloat(p, 'f', 1, 64) }

func words80(s string) string { return words.Unlink(s[:min(len(s), 80)]) }

func itoa(n int) string { return strconv.Itoa(n) }
