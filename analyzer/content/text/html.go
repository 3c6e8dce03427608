package text

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"hisseki/analyzer/content/mime"
)

// Bounds of reading HTML. Behind them only what is kept or told of text changes: all text
// and all references are read.
const (
	maxStack = 512 // open elements followed
	maxMarks = 1000
	maxLabel = 2048 // bytes of a link's text
)

// element is one open element and what holds inside it.
type element struct {
	tag    atom.Atom
	hidden bool
	shape  shape
	mark   lineKind // kindOwn when it marks nothing
	start  int      // offset of the text where it began
	pre    bool
	row    bool // children stand beside each other, as things of their own (flex, grid)
	skip   bool // content is not text: script, style
	data   bool // a script of JSON-LD, of which mail programs make buttons
	turned bool // its text runs backwards
	ground uint32
	ink    uint32
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
			r.styleRefs(string(b), maxFeed-1)
		} else if now.data {
			r.script(string(b))
		}
		return
	case now.hidden || now.ink == now.ground:
		// only exactly equal colours: near ones are a designer's grey on grey
		r.hide(b)
		return
	}
	for len(b) > spillBytes { // one after another, so that no text takes twice its room
		cut := spillBytes
		for cut > 0 && !utf8.RuneStart(b[cut]) {
			cut--
		}
		r.visible(string(b[:cut]), now.pre)
		r.spill()
		b = b[cut:]
	}
	r.visible(string(b), now.pre)
}

// hide counts text that a reader does not see. Whether another program shows it is not
// sure, so that it is looked through like what is not kept.
func (r *htmlReader) hide(b []byte) {
	n := visibleRunes(b)
	r.page.Hidden += n
	if n == 0 || r.link != nil {
		return
	}
	r.veil(string(b))
}

// veil has text looked through for where it leads that is not the page's own.
func (r *htmlReader) veil(text string) {
	r.veiled.WriteString(text)
	if r.veiled.Len() >= spillBytes {
		r.flush(r.veiled.String(), nil)
		r.veiled.Reset()
	}
}

func (r *htmlReader) visible(text string, pre bool) {
	text, zero := mime.Visible(text)
	r.page.Hidden += zero
	if r.top().turned {
		r.veil(mime.Reversed(text))
	}
	if r.link != nil && r.label.Len() < maxLabel {
		r.label.WriteString(text)
	}
	if pre {
		r.out = append(r.out, text...)
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
				r.out = append(r.out, ' ')
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
			r.out = append(r.out, ' ')
			r.space = false
		}
		r.out = append(r.out, text[i:j]...)
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
		r.out = append(r.out, '\n')
		r.line = false
	}
	if blank {
		if len(r.out) > 0 && !bytes.HasSuffix(r.out, []byte("\n\n")) {
			r.out = append(r.out, '\n')
		}
	}
}

// open handles a start tag.
func (r *htmlReader) open(z *html.Tokenizer, tag atom.Atom, more bool, depth int) {
	var a attrs
	if more {
		a.read(z)
	}
	void := isVoid(tag)
	if !void && closesItself(tag) && len(r.stack) > 0 && r.stack[len(r.stack)-1].tag == tag {
		r.pop() // <p> after <p>, <li> after <li>: the end tag is left out
	}
	e := r.element(tag, &a)
	if tag == atom.Br {
		r.newlineBr()
	}
	r.bound(e.shape, tag)
	switch tag {
	case atom.Sup, atom.Sub, atom.Q: // "https://example.org¹", "“https://example.org”"
		r.endURL()
	case atom.Base:
		if !r.based && a.href != "" {
			r.rebase(a.href)
		}
	case atom.Meta:
		if a.item && strings.Contains(a.content, "://") { // of which mail programs make buttons
			r.refer(a.content, Href)
		}
		if strings.EqualFold(a.httpEquiv, "refresh") {
			r.refer(refreshURL(a.content), Refresh)
		}
	}
	link := r.references(tag, &a)
	r.furtherReferences(tag, &a, depth)
	if void {
		return
	}
	r.push(e, &a)
	r.cell(tag, e.ground)
	if tag == atom.A {
		r.openLink(link)
	}
}

// endURL ends a word that may be a URL.
func (r *htmlReader) endURL() {
	word := r.out[max(0, len(r.out)-maxLabel):]
	word = word[bytes.LastIndexAny(word, " \n")+1:]
	if r.line && (bytes.Contains(word, []byte("://")) || bytes.HasPrefix(word, []byte("www."))) {
		r.space = true
	}
}

// bound ends a word or line where an element of a shape begins or ends.
func (r *htmlReader) bound(s shape, tag atom.Atom) {
	switch s {
	case block:
		r.newline(tag == atom.P)
	case box:
		r.space = r.line
	}
}

func (r *htmlReader) newlineBr() {
	r.space, r.line = false, false
	if !r.top().hidden && !r.top().skip {
		r.out = append(r.out, '\n')
		if r.link != nil {
			r.label.WriteByte(' ')
		}
	}
}

// element returns an element that inherits from the one around it.
func (r *htmlReader) element(tag atom.Atom, a *attrs) element {
	parent := r.top()
	e := parent
	e.tag, e.mark, e.shape, e.row = tag, kindOwn, shapeOf(tag), false
	if parent.row && e.shape == inline {
		e.shape = box // CSS Display section 2.7
	}
	e.skip = parent.skip || isSkipped(tag)
	e.data = tag == atom.Script && strings.EqualFold(strings.TrimSpace(a.kind), "application/ld+json")
	e.turned = parent.turned || tag == atom.Bdo
	e.pre = isPre(tag) || parent.pre && tag != atom.P
	r.paint(&e, tag, a)
	if !parent.hidden && !e.hidden && !r.spilled {
		e.mark = quoteMark(tag, a)
	}
	return e
}

// push opens an element.
func (r *htmlReader) push(e element, a *attrs) {
	if len(r.stack) >= maxStack {
		r.above++
		return
	}
	if a.restQuoted && r.restAt < 0 && !e.hidden && !r.spilled {
		r.newline(false)
		r.restAt = len(r.out)
	}
	if e.mark != kindOwn {
		r.newline(false)
	}
	e.start = len(r.out)
	r.stack = append(r.stack, e)
}

// close handles an end tag: it closes the nearest open element of that name.
func (r *htmlReader) close(tag atom.Atom) {
	if tag == atom.A {
		r.closeLink()
	}
	i := len(r.stack) - 1
	for end := max(i-64, -1); i > end && r.stack[i].tag != tag; {
		i--
		if i == end {
			i = -1
		}
	}
	if i < 0 || isVoid(tag) || r.above > 0 {
		r.bound(shapeOf(tag), tag)
		if r.above > 0 && !isVoid(tag) {
			r.above--
		}
		return
	}
	if tag == atom.Q {
		r.endURL()
	}
	r.bound(r.stack[i].shape, tag)
	for len(r.stack) > i {
		r.pop()
	}
}

func (r *htmlReader) pop() {
	e := r.stack[len(r.stack)-1]
	r.stack = r.stack[:len(r.stack)-1]
	if e.shape == block && shapeOf(e.tag) != block {
		r.newline(false) // by its style: its end tag alone does not say so
	}
	r.mark(&e)
}

// mark notes what an element says of the text in it, up to here.
func (r *htmlReader) mark(e *element) {
	if e.mark != kindOwn && len(r.page.Marks) < maxMarks && !r.spilled {
		r.newline(false)
		r.page.Marks = append(r.page.Marks, Mark{e.start, len(r.out), e.mark})
	}
}
