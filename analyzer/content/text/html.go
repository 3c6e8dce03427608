// Package text tells what a mail shows its reader and which of it the author wrote: HTML
// laid out as text, and text without quotes, forwards, signatures and disclaimers.
package text

import (
	"strings"
	"unicode/utf8"

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
	At     int    // offset in the page's text
	Label  string // text of the link, for Href
}

// Page is what a reader sees of HTML.
type Page struct {
	Text   string
	Refs   []Ref
	Mailto []string // what follows "mailto:" in links
	Marks  []Mark
	Labels []Span // where links stand, in order
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

// Bounds of reading HTML.
const (
	maxStack     = 512  // open elements followed
	maxHTMLLinks = 4000 // references looked at
	maxMarks     = 1000
	maxLabel     = 2048 // bytes of a link's text
)

// element is one open element and what holds inside it.
type element struct {
	tag    atom.Atom
	hidden bool
	mark   lineKind // kindOwn when it marks nothing
	start  int      // offset of the text where it began
	pre    bool
	skip   bool // content is not text: script, style
	ground uint32
	ink    uint32
	link   int // index of its link plus 1
}

// htmlReader is the state of reading one page.
type htmlReader struct {
	page    Page
	resolve func(base, ref string) string
	out     strings.Builder
	stack   []element
	over    int // open elements beyond maxStack
	base    string
	space   bool // a blank is due before the next word
	line    bool // the current line has text
	sheet   sheet
	restAt  int // offset behind which all is quoted, -1 for none
	label   strings.Builder
	labelOf int // index of the open link plus 1
	labelAt int // where its text began
}

// ReadHTML turns HTML into text as a mail program lays it out, roughly: block
// elements break lines, what is hidden is counted and left out. Only the tokenizer
// runs: no tree is built, so that nesting costs nothing. resolve makes a reference
// absolute, "" when it leads nowhere.
func ReadHTML(src string, resolve func(base, ref string) string) Page {
	r := &htmlReader{restAt: -1, resolve: resolve}
	r.out.Grow(len(src) / 4)
	z := html.NewTokenizer(strings.NewReader(src))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return r.finish()
		case html.TextToken:
			r.write(z.Text())
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			r.open(z, atom.Lookup(name), more)
		case html.EndTagToken:
			name, _ := z.TagName()
			r.close(atom.Lookup(name))
		}
	}
}

func (r *htmlReader) finish() Page {
	for len(r.stack) > 0 {
		r.pop()
	}
	r.closeLink()
	if r.restAt >= 0 {
		r.page.Marks = append(r.page.Marks, Mark{r.restAt, r.out.Len() + 1, kindQuote})
	}
	r.page.Text = r.out.String()
	return r.page
}

// top returns what holds at the current point.
func (r *htmlReader) top() element {
	if len(r.stack) == 0 {
		return element{ground: white, ink: black}
	}
	return r.stack[len(r.stack)-1]
}

// write adds text, with runs of blanks as one blank outside <pre>.
func (r *htmlReader) write(b []byte) {
	now := r.top()
	switch {
	case now.skip:
		if now.tag == atom.Style {
			r.sheet.read(b)
		}
		return
	case now.hidden || now.ink == now.ground:
		// only exactly equal colours: near ones are a designer's grey on grey
		r.page.Hidden += visibleRunes(b)
		return
	}
	text, zero := mime.Visible(string(b))
	r.page.Hidden += zero
	if r.labelOf > 0 && r.label.Len() < maxLabel {
		r.label.WriteString(text)
	}
	if now.pre {
		r.out.WriteString(text)
		r.line = !strings.HasSuffix(text, "\n")
		r.space = false
		return
	}
	for i := 0; i < len(text); {
		c := text[i]
		if c == ' ' || c == '\n' || c == '\t' {
			r.space = r.line
			i++
			continue
		}
		if c == 0xc2 && i+1 < len(text) && text[i+1] == 0xa0 { // no-break space
			if r.line {
				r.out.WriteByte(' ')
			}
			r.space = false
			i += 2
			continue
		}
		j := i + 1
		for j < len(text) && strings.IndexByte(" \n\t\xc2", text[j]) < 0 {
			j++
		}
		if r.space {
			r.out.WriteByte(' ')
			r.space = false
		}
		r.out.WriteString(text[i:j])
		r.line = true
		i = j
	}
}

func visibleRunes(b []byte) int {
	n := 0
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r > ' ' && !mime.ZeroWidth(r) && !strings.ContainsRune("\u00a0\u034f\u200c\u200d\u3000", r) {
			n++
		}
		b = b[size:]
	}
	return n
}

// newline ends the current line, if it has text; blank asks for an empty line.
func (r *htmlReader) newline(blank bool) {
	r.space = false
	if r.line {
		r.out.WriteByte('\n')
		r.line = false
	}
	if blank {
		if s := r.out.String(); s != "" && !strings.HasSuffix(s, "\n\n") {
			r.out.WriteByte('\n')
		}
	}
}

// open handles a start tag.
func (r *htmlReader) open(z *html.Tokenizer, tag atom.Atom, more bool) {
	var a attrs
	if more {
		a = r.attributes(z)
	}
	if breaks(tag) {
		r.newline(tag == atom.P)
	}
	switch tag {
	case atom.Br:
		r.newlineBr()
	case atom.Base:
		if r.base == "" {
			r.base = strings.TrimSpace(a.href)
		}
	case atom.Meta:
		if strings.EqualFold(a.httpEquiv, "refresh") {
			r.refer(refreshURL(a.content), Refresh, false)
		}
	case atom.Td, atom.Th:
		r.space = r.line
	}
	before := len(r.page.Refs)
	r.references(tag, &a)
	if isVoid(tag) {
		return
	}
	r.push(tag, &a)
	if tag == atom.A {
		r.openLink(before)
	}
}

func (r *htmlReader) newlineBr() {
	r.space, r.line = false, false
	if !r.top().hidden && !r.top().skip {
		r.out.WriteByte('\n')
		if r.labelOf > 0 {
			r.label.WriteByte(' ')
		}
	}
}

// push opens an element that inherits from the one around it.
func (r *htmlReader) push(tag atom.Atom, a *attrs) {
	if len(r.stack) >= maxStack {
		r.over++
		return
	}
	if closesItself(tag) && len(r.stack) > 0 && r.stack[len(r.stack)-1].tag == tag {
		r.pop() // <p> after <p>, <li> after <li>: the end tag is left out
	}
	parent := r.top()
	e := parent
	e.tag, e.mark, e.start, e.link = tag, kindOwn, r.out.Len(), 0
	e.skip = parent.skip || isSkipped(tag)
	e.pre = tag == atom.Pre || tag == atom.Textarea || parent.pre && tag != atom.P
	r.paint(&e, tag, a)
	if !parent.hidden && !e.hidden {
		e.mark = quoteMark(tag, a)
	}
	if a.restQuoted && r.restAt < 0 && !e.hidden {
		r.newline(false)
		r.restAt = r.out.Len()
	}
	if e.mark != kindOwn {
		r.newline(false)
		e.start = r.out.Len()
	}
	r.stack = append(r.stack, e)
}

// close handles an end tag: it closes the nearest open element of that name.
func (r *htmlReader) close(tag atom.Atom) {
	if tag == atom.A {
		r.closeLink()
	}
	if breaks(tag) {
		r.newline(tag == atom.P)
	}
	if isVoid(tag) {
		return
	}
	if r.over > 0 {
		r.over--
		return
	}
	for i := len(r.stack) - 1; i >= 0 && i >= len(r.stack)-64; i-- {
		if r.stack[i].tag == tag {
			for len(r.stack) > i {
				r.pop()
			}
			return
		}
	}
}

func (r *htmlReader) pop() {
	e := r.stack[len(r.stack)-1]
	r.stack = r.stack[:len(r.stack)-1]
	if e.mark != kindOwn && len(r.page.Marks) < maxMarks {
		r.newline(false)
		r.page.Marks = append(r.page.Marks, Mark{e.start, r.out.Len(), e.mark})
	}
}

// breaks tells whether an element stands on lines of its own.
func breaks(tag atom.Atom) bool {
	switch tag {
	case atom.P, atom.Div, atom.Tr, atom.Li, atom.Ul, atom.Ol, atom.Table, atom.H1, atom.H2,
		atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Pre, atom.Hr, atom.Center,
		atom.Section, atom.Article, atom.Header, atom.Footer, atom.Address, atom.Dl, atom.Dt,
		atom.Dd, atom.Fieldset, atom.Form, atom.Body, atom.Caption, atom.Option, atom.Title:
		return true
	}
	return false
}

// isSkipped tells whether the content of an element is no text of the page.
func isSkipped(tag atom.Atom) bool {
	switch tag {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Noscript, atom.Template,
		atom.Object, atom.Iframe, atom.Noframes, atom.Xmp:
		return true
	}
	return false
}

func isVoid(tag atom.Atom) bool {
	switch tag {
	case atom.Br, atom.Img, atom.Hr, atom.Meta, atom.Link, atom.Input, atom.Base, atom.Area,
		atom.Col, atom.Embed, atom.Source, atom.Track, atom.Wbr, atom.Param, atom.Frame,
		atom.Basefont, atom.Bgsound, atom.Keygen:
		return true
	}
	return false
}

func closesItself(tag atom.Atom) bool {
	return tag == atom.P || tag == atom.Li || tag == atom.Td || tag == atom.Tr ||
		tag == atom.Dd || tag == atom.Dt || tag == atom.Option
}

// HasTags tells whether text is HTML in all likelihood.
func HasTags(text string) bool {
	low := strings.ToLower(text)
	for _, tag := range []string{"<a ", "<html", "<div", "<td"} {
		if strings.Contains(low, tag) {
			return true
		}
	}
	return false
}
