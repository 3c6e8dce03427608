package web_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"hisseki/access"
)

const (
	docPictures   = "../docs/pictures"
	maxDocPicture = 100 << 10 // bytes
)

// TestDocPictures: the pictures of docs/review.md are there, small, and all of them are shown.
// HISSEKI_DOC_PICTURES=1 takes them anew.
func TestDocPictures(t *testing.T) {
	if os.Getenv("HISSEKI_DOC_PICTURES") != "" {
		takeDocPictures(t)
	}
	shown := map[string]bool{}
	for _, doc := range []string{"../docs/review.md", "../docs/ja/review.md"} {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`pictures/([a-z-]+\.webp)\)`).FindAllSubmatch(text, -1) {
			shown[string(m[1])] = true
		}
	}
	files, err := os.ReadDir(docPictures)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Size() > maxDocPicture || !shown[f.Name()] {
			t.Errorf("%s: %d bytes, shown %t, %v", f.Name(), info.Size(), shown[f.Name()], err)
		}
		delete(shown, f.Name())
	}
	for name := range shown {
		t.Errorf("there is no picture %s", name)
	}
}

func takeDocPictures(t *testing.T) {
	o := newOffice(t, nil)
	o.hire("alice", access.Reviewer)
	o.hire("ito", access.Reviewer)
	o.theft()
	o.agent()
	link := o.asks()
	take := func(b *browser, path, name string, width, height int64, dark bool) {
		t.Helper()
		b.screen(width, height, dark)
		b.open(path)
		var data []byte
		b.do(chromedp.ActionFunc(func(ctx context.Context) (err error) {
			data, err = page.CaptureScreenshot().WithFormat(page.CaptureScreenshotFormatWebp).WithQuality(70).Do(ctx)
			return err
		}))
		if err := os.WriteFile(filepath.Join(docPictures, name+".webp"), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(docPictures, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"en", "ja"} {
		b := newBrowser(t, o, lang)
		b.login(map[string]string{"en": "alice", "ja": "ito"}[lang]) // a code counts once
		take(b, "/", "now-"+lang, 1180, 700, false)
		take(b, "/incident/I1", "incident-"+lang, 1180, 900, false)
		take(b, "/quarantine", "quarantine-"+lang, 1180, 700, true)
		take(newBrowser(t, o, lang), link, "owner-"+lang, 390, 860, false) // nobody has logged in there
	}
}
