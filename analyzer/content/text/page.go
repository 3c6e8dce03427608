package text

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"hisseki/analyzer/content/mime"
)

// Source says what of a tag refers to a URL.
type Source string

// Sources of a Ref.
const (
	Href    Source = "href"
	Src     Source = "src" // an image or frame: loaded, not followed
	Form    Source = "form"
	Refresh Source = "refresh"
)

// Ref is a URL that HTML refers to.
type Ref struct {
	URL    string // absolute
	Source Source
	At     int    // offset in the page's text, -1 behind what of it is kept
	Label  string // text of the link, for Href; where At is not -1, only at the page's end
}

// Page is what a reader sees of HTML.
type Page struct {
	Text   string // what is kept
	Marks  []Mark
	Labels []Span // where links stand in Text, in order
	Hidden int    // characters that are there but not seen
}

// A Span is text[Start:End].
type Span struct {
	Start, End int
}

// A Mark is what markup says of text[start:end].
type Mark struct {
	start, end int
	kind       lineKind
}

// HTML says how a page is to be read. All of it is read; the callbacks are told of
// everything, in order.
type HTML struct {
	Keep    int                           // bytes of the page's text that are kept, about
	Resolve func(base, ref string) string // makes a reference absolute, "" when it leads nowhere
	Ref     func(*Ref)                    // a URL that the page refers to; see Ref.Label
	Contact func(scheme, rest string)     // a link to a person: "mailto", "tel", "sms", "callto"
	// Rest is text that is not kept: behind what is, or hidden from a reader. Labels are the
	// links' texts in it. It is cut at blanks.
	Rest func(text string, labels []Span)
	Late func() bool // no time is left; may be nil
	Base string      // from which references lead while no <base> says otherwise, "" for nowhere
	// File is what stands in a reference and is neither page nor text ("data:image/png;base64,...");
	// may be nil.
	File func(data []byte)
	// Over is told that the page has more in references than is read, or a word of more than 2 MiB, which
	// was read in parts; may be nil.
	Over func()
	// Grid is a table of cells that are dark or not, a row each, as codes are drawn; may be nil.
	Grid func(rows [][]bool)
}

// ReadHTML turns HTML into text as a mail program lays it out, roughly: block
// elements break lines, what is hidden is counted and left out. Only the tokenizer
// runs: no tree is built, so that nesting costs nothing.
func ReadHTML(src io.Reader, how HTML) Page {
	r := &htmlReader{how: how, restAt: -1, spilled: how.Keep <= 0, base: how.Base}
	r.feed(src, 0)
	return r.finish()
}

// htmlReader is the state of reading one page.
type htmlReader struct {
	how   HTML
	page  Page
	out   []byte // text: what is kept, then, spilled, what is not yet given to Rest
	stack []element
	above int // open elements beyond maxStack
	base  string
	based bool // by the page itself
	sheet sheet
	grid  grid
	space bool // a blank is due before the next word
	line  bool // the current line has text

	spilled bool            // Page.Text is complete
	labels  []Span          // of out, when spilled
	veiled  strings.Builder // hidden text
	restAt  int             // offset behind which all is quoted, -1 for none

	late    []lateRef // references that were met before <base>
	refs    int       // references met
	pages   int       // pages in attributes met
	link    *Ref      // the open link, or nil
	label   strings.Builder
	labelAt int // where its text began
}

// maxFeed bounds pages inside each other: comments and fallbacks hold no others, but what
// is written in them may look as if they did.
const maxFeed = 4

// feed reads HTML; depth is how much of it stands around.
func (r *htmlReader) feed(src io.Reader, depth int) {
	z, parts := tokenize(src)
	for n := 0; ; n++ {
		if n%1024 == 0 && r.how.Late != nil && r.how.Late() {
			return
		}
		switch parts.token() {
		case html.ErrorToken:
			if parts.torn && r.how.Over != nil {
				r.how.Over()
			}
			return
		case html.TextToken:
			r.textToken(z, depth)
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			tag := tagOf(name)
			parts.started(tag)
			r.open(z, tag, more, depth)
		case html.EndTagToken:
			name, _ := z.TagName()
			r.close(tagOf(name))
		case html.CommentToken:
			r.comment(string(z.Text()), depth)
		}
		if len(r.out) >= spillBytes || r.refs > maxRefs && !r.spilled {
			r.spill()
		}
	}
}

// A tag that golang.org/x/net/html does not know by number.
const tagXML atom.Atom = 0xffffff00 // an island of data (Office)

func tagOf(name []byte) atom.Atom {
	if tag := atom.Lookup(name); tag != 0 {
		return tag
	}
	if string(name) == "xml" {
		return tagXML
	}
	return 0
}

// textToken takes the text between two tags. The content of elements that browsers with
// scripts, frames or plug-ins do not show comes as one token with its tags in it: mail
// programs have none of these and show it (HTML 4.12.2: "scripting is disabled").
func (r *htmlReader) textToken(z *html.Tokenizer, depth int) {
	switch r.top().tag {
	case atom.Noscript, atom.Noembed, atom.Noframes, atom.Iframe:
		if depth < maxFeed {
			r.feed(strings.NewReader(string(z.Raw())), depth+1)
			return
		}
	}
	var tags string
	if raw := z.Raw(); r.mayHaveTags() && depth < maxFeed && hasTag(raw) {
		if r.pages++; r.pages > maxPages || len(raw) > maxRawTags {
			r.over()
			raw = nil
		}
		tags = string(raw)
	}
	r.write(z.Text())
	if tags != "" { // its text was written
		e := r.element(atom.Span, &attrs{})
		e.skip = true
		r.feedBelow(e, tags, depth)
	}
}

// feedBelow reads HTML as if it stood in an element.
func (r *htmlReader) feedBelow(e element, page string, depth int) {
	open := len(r.stack)
	r.push(e, &attrs{})
	r.feed(strings.NewReader(page), depth+1)
	for len(r.stack) > open {
		r.pop()
	}
}

// maxRawTags bounds the text in which tags are looked for once more.
const maxRawTags = 1 << 20

// hasTag says whether text may have a tag with an attribute.
func hasTag(b []byte) bool {
	for i := bytes.IndexByte(b, '<'); i >= 0 && i+1 < len(b); {
		if b = b[i+1:]; mime.IsLetter(b[0]) {
			return bytes.IndexByte(b, '=') >= 0
		}
		i = bytes.IndexByte(b, '<')
	}
	return false
}

// over says that a page has more pages and files within it than are read.
func (r *htmlReader) over() {
	if r.how.Over != nil {
		r.how.Over()
	}
}

// mayHaveTags says whether what the tokenizer took for text has tags to some: of scripts those of
// pictures only, for others' are full of strings with tags.
//
//	<svg><script>'<!--<script>'</script>--><a href="https://example.org/">...</svg>
func (r *htmlReader) mayHaveTags() bool {
	tag := r.top().tag
	return isRaw(tag) || tag == atom.Script && slices.ContainsFunc(r.stack, func(e element) bool {
		return e.tag == atom.Svg || e.tag == atom.Math
	})
}

// isRaw says whether tags in an element are text in HTML. Below <svg> and <math>, and in XML, they are
// tags (WHATWG HTML standard, section 13.2.6.5).
func isRaw(tag atom.Atom) bool {
	switch tag {
	case atom.Xmp, atom.Plaintext, atom.Title, atom.Textarea, atom.Style:
		return true
	}
	return false
}

// comment reads what Outlook renders of a comment and others do not:
//
//	<!--[if gte mso 9]> ... <![endif]-->
//
// What only others than Outlook would render ("[if !mso]") is in a comment to them all; its
// links count, its text is hidden.
func (r *htmlReader) comment(data string, depth int) {
	data = strings.TrimLeft(data, " \t\r\n")
	if foldPrefix(data, "?xml-stylesheet") {
		if _, ref, ok := strings.Cut(data, "href="); ok && len(ref) > 1 {
			ref, _, _ = strings.Cut(ref[1:], ref[:1])
			r.refer(html.UnescapeString(ref), Src)
		}
		return
	}
	if !foldPrefix(data, "[if") || depth >= maxFeed {
		return
	}
	condition, inner, ok := strings.Cut(data[len("[if"):], "]>")
	if !ok {
		return
	}
	if i := strings.LastIndex(inner, "<!["); i >= 0 { // "<![endif]"
		inner = inner[:i]
	}
	bare := strings.NewReplacer(" ", "", "(", "", "\t", "").Replace(condition[:min(len(condition), 200)])
	if !strings.HasPrefix(bare, "!") {
		r.feed(strings.NewReader(inner), depth+1)
		return
	}
	r.feedBelow(r.element(atom.Span, &attrs{hidden: true}), inner, depth)
}

func (r *htmlReader) finish() Page {
	for len(r.stack) > 0 {
		r.pop()
	}
	r.closeLink()
	if !r.spilled {
		r.complete()
	}
	r.flush(string(r.out), r.labels)
	r.flush(r.veiled.String(), nil)
	r.endGrid()
	return r.page
}

// complete ends what is kept of the text.
func (r *htmlReader) complete() {
	if r.restAt >= 0 {
		r.page.Marks = append(r.page.Marks, Mark{r.restAt, len(r.out) + 1, kindQuote})
	}
	r.page.Text = string(r.out)
	r.out = nil
	r.spilled = true
}

// maxRefs is how many references are told of with their place in the text.
const maxRefs = 4000

// spillBytes is how much text that is not kept is gathered before it is looked at.
const spillBytes = 64 << 10

// spill passes text on that is not kept, up to a blank.
func (r *htmlReader) spill() {
	if !r.spilled {
		if len(r.out) < r.how.Keep && r.refs <= maxRefs {
			return
		}
		for i := range r.stack {
			r.mark(&r.stack[i])
		}
		if r.link != nil {
			r.page.Labels = append(r.page.Labels, Span{r.labelAt, len(r.out)})
			r.labelAt = 0
		}
		r.complete()
		return
	}
	all := r.out
	cut := bytes.LastIndexAny(all, " \n") + 1
	if cut < spillBytes/2 {
		cut = len(all) // one word: it is cut somewhere
	}
	labels := r.labels
	if r.link != nil {
		labels = append(labels, Span{r.labelAt, len(all)})
	}
	r.flush(string(all[:cut]), labels)
	rest := r.labels[:0]
	for _, s := range r.labels {
		if s.End > cut {
			rest = append(rest, Span{max(s.Start-cut, 0), s.End - cut})
		}
	}
	r.labels, r.labelAt = rest, max(r.labelAt-cut, 0)
	r.out = append(all[:0], all[cut:]...)
}

func (r *htmlReader) flush(text string, labels []Span) {
	if text != "" && r.how.Rest != nil {
		r.how.Rest(text, labels)
	}
}
