package content

import (
	"slices"
	"strings"

	"hisseki/analyzer/content/inflate"
	"hisseki/analyzer/content/link"
	"hisseki/analyzer/content/mime"
	"hisseki/analyzer/content/qr"
	"hisseki/analyzer/content/text"
)

// Parse reads a mail within limits. It never fails: what could be read is in the
// Content, what was wrong is in its Defects, and what was not read is in its Unread.
// Equal input gives equal output unless the time budget of lim runs out.
func Parse(src Source, lim Limits) *Content { return Watch(src, lim, Watcher{}) }

// Watch is Parse that shows w all URLs, however many there are.
func Watch(src Source, lim Limits, w Watcher) *Content {
	r := mime.NewReader(src, lim)
	p := &parser{
		Reader:  r,
		out:     &Content{Head: r.Head},
		urls:    link.NewSet(r.Limits.URLs, w),
		coding:  link.MaxCoded,
		forward: text.ForwardSubject(r.Subject),
	}
	p.subject()
	for _, to := range r.Listed() {
		p.urls.AddRef(link.Ref{URL: to, Where: link.InHref}, false, false)
	}
	for _, a := range r.ReplyTo {
		p.address(a.Addr, Point{})
	}
	r.Walk(p)
	p.finish()
	return p.out
}

// parser is the state of one Parse: what the rooms have read so far.
type parser struct {
	*mime.Reader
	out       *Content
	urls      *link.Set
	coding    int      // URLs in scripts that are looked at yet
	forward   bool     // the subject says that this mail is a forward
	textBytes int      // of text kept
	texts     []string // of the parts that are shown
	owns      []string // the author's own words in them

	budget *inflate.Budget // of all files, nil when there was none
	depth  int             // of packages in packages
	words  []byte          // text of a document's part, used again
	codes  *qr.Reader      // of all pictures, nil when there was none
	grey   []byte          // a code that characters draw, used again
	draws  int             // of them
	pages  int             // in files of older programs

	filePoints int            // of out.Points, those of files
	pointAt    map[string]int // indexes of out.Points by their value
}

// subject collects the URLs in the subject: mail programs on phones make them links. What an
// answer says there somebody else has said before.
func (p *parser) subject() {
	answer := p.forward || mime.HasFold(p.Subject, "re:")
	link.Find(p.Subject, func(h link.Hit) {
		if !h.Bare {
			p.urls.AddText(h, link.InSubject, answer)
		}
	})
}

// joined puts a line end between texts that are not empty.
func joined(texts []string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), "\n")
}

// finish moves what was gathered into the Content.
func (p *parser) finish() {
	out := p.out
	out.Text = strings.TrimSpace(joined(p.texts))
	out.Own = strings.TrimSpace(joined(p.owns))
	out.URLs = p.urls.List
	if p.urls.Full {
		p.Defect(mime.DefectURLs, "more URLs than are kept")
		p.Skip(mime.UnreadLinks, "links to more sites than are kept")
	}
	out.Charset, out.Encoding, out.Type = p.Charset, p.Encoding, p.Type
	out.Forwarded = out.Forwarded || p.Messages
	out.Attachments, out.Defects, out.Unread = p.Attachments, p.Defects, p.Unread
}
