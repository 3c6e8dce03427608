package text

import (
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// parted is the source of a page whose text is ended now and then by a comment: golang.org/x/net/html
// holds what stands between two tags whole, several times while it grows.
type parted struct {
	src  io.Reader
	z    *html.Tokenizer // that reads this
	raw  bool            // it reads what holds no tags, such as a script
	rest bool            // and will to the end: <plaintext>
	next []byte          // to be read before src
	fail error           // behind next
	torn bool            // a word was ended that had no end
}

// tokenize returns a tokenizer of a page, and its source, by which the next token is asked for.
func tokenize(src io.Reader) (*html.Tokenizer, *parted) {
	p := &parted{src: src}
	p.z = html.NewTokenizer(p)
	return p.z, p
}

// token reads the next token.
func (p *parted) token() html.TokenType {
	next := p.z.Next()
	p.raw = p.rest
	return next
}

// started notes that the token was the start of an element.
func (p *parted) started(tag atom.Atom) {
	p.rest = p.rest || tag == atom.Plaintext
	p.raw = startsRaw(tag)
}

const (
	longText = 1 << 20  // bytes of text that are held
	longWord = 2 << 20  // of a word
	oneRead  = 64 << 10 // looked at for a place to end it
)

// Read implements io.Reader. What the tokenizer has of its token at this moment is all of it so far.
func (p *parted) Read(b []byte) (n int, err error) {
	if len(p.next) > 0 {
		n = copy(b, p.next)
		p.next = p.next[n:]
		return n, nil
	}
	if p.fail != nil {
		return 0, p.fail
	}
	n, err = p.src.Read(b[:min(len(b), oneRead)])
	held := p.z.Raw()
	if p.raw || len(held) < longText || held[0] == '<' || held[len(held)-1] == '<' || bytes.IndexByte(b[:n], '<') >= 0 {
		return n, err
	}
	cut := wordEnd(b[:n])
	if cut == 0 && len(held) >= longWord {
		cut = tear(b[:n], len(held) >= longWord+longWord/2)
		p.torn = p.torn || cut > 0
	}
	if cut == 0 {
		return n, err
	}
	p.next, p.fail = append([]byte("<!---->"), b[cut:n]...), err
	return cut, nil
}

// wordEnd is where text may be ended, 0 for nowhere: behind its last blank or character beyond ASCII,
// so that neither a URL nor "&amp;" is cut.
func wordEnd(b []byte) int {
	for i := len(b); i > 0; i-- {
		switch c := b[i-1]; {
		case c == ' ' || c == '\n' || c == '\t':
			return i
		case c >= utf8.RuneSelf && (i < len(b) && utf8.RuneStart(b[i])):
			return i
		}
	}
	return 0
}

// tear is where a word may be ended, 0 for nowhere: not in a character, nor, unless it must be, in "&amp;".
func tear(b []byte, must bool) int {
	const longest = 40 // an entity, "&CounterClockwiseContourIntegral;"
	for i := len(b) - 1; i > longest; i-- {
		if utf8.RuneStart(b[i]) && (must || bytes.IndexByte(b[i-longest:i], '&') < 0) {
			return i
		}
	}
	return 0
}

// startsRaw says whether the tokenizer takes what follows an element's start as text.
func startsRaw(tag atom.Atom) bool {
	switch tag {
	case atom.Iframe, atom.Noembed, atom.Noframes, atom.Noscript, atom.Plaintext, atom.Script, atom.Style,
		atom.Textarea, atom.Title, atom.Xmp:
		return true
	}
	return false
}
