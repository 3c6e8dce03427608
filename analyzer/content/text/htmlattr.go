package text

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// attrs are the attributes that matter here. Others are dropped unread.
type attrs struct {
	href, src, action, background, content, httpEquiv string
	style, class, id, kind, color, ground             string
	value, srcdoc                                     string
	words                                             []string // shown in the element's place
	item                                              bool     // of microdata
	loads, leads, scripts                             []string // see further
	hidden                                            bool
	linked                                            string // names of the attributes that were kept as links
	restQuoted                                        bool
}

// read takes the attributes of a tag, of two equal ones the first.
func (a *attrs) read(z *html.Tokenizer) {
	for more := true; more; {
		var key, val []byte
		key, val, more = z.TagAttr()
		name := string(key)
		if name == "hidden" {
			a.hidden = true
		} else if to := a.link(name); to != nil {
			a.keepLink(name, to, val)
		} else if to := a.word(name); to != nil {
			setOnce(to, val)
		} else {
			a.further(name, val[:min(len(val), maxAttr)])
		}
	}
	a.restQuoted = a.id == "divRplyFwdMsg" || a.id == "appendonsend" ||
		a.id == "x_divRplyFwdMsg" || a.id == "OLK_SRC_BODY_SECTION" ||
		a.id == "mail-editor-reference-message-container" ||
		a.id == "ms-outlook-mobile-body-separator-line"
}

// keepLink keeps a reference. Of two equal attributes the first counts, of two that are kept in one
// place both: <video src="a.mp4" poster="b.png">.
func (a *attrs) keepLink(name string, to *string, val []byte) {
	if a.linked == "" {
		a.linked = name
	}
	if *to == "" || a.linked == name {
		setLink(to, val)
		return
	}
	var other string
	setLink(&other, val)
	a.leads = append(a.leads, other)
}

// link returns where an attribute that refers to a URL is kept, nil for others.
func (a *attrs) link(name string) *string {
	switch name {
	case "href", "xlink:href":
		return &a.href
	case "src", "data", "poster":
		return &a.src
	case "action", "formaction", "action-xhr": // AMP for Email's
		return &a.action
	case "background":
		return &a.background
	}
	return nil
}

// word returns where another attribute is kept, nil for those that are dropped.
func (a *attrs) word(name string) *string {
	switch name {
	case "content":
		return &a.content
	case "http-equiv":
		return &a.httpEquiv
	case "style":
		return &a.style
	case "class":
		return &a.class
	case "id":
		return &a.id
	case "type":
		return &a.kind
	case "color", "text":
		return &a.color
	case "bgcolor":
		return &a.ground
	}
	return nil
}

// maxAttr bounds the bytes kept of one attribute.
const maxAttr = 64 << 10

// maxInline bounds the bytes kept of an attribute that holds a page or a file itself.
const maxInline = 4 << 20

func setOnce(dst *string, val []byte) {
	most := maxAttr
	if foldPrefix(string(val[:min(len(val), 5)]), "data:") {
		most = maxInline
	}
	if *dst == "" {
		*dst = string(val[:min(len(val), most)])
	}
}

// setLink keeps a reference without the blanks in front and the line ends in it, which
// browsers drop as well (WHATWG URL standard, "basic URL parser").
func setLink(dst *string, val []byte) {
	if *dst != "" {
		return
	}
	val = bytes.TrimLeftFunc(val, func(r rune) bool { return r <= ' ' || r == '\u00a0' })
	if bytes.ContainsAny(val, "\t\r\n\x00") {
		val = bytes.Map(func(r rune) rune {
			if r == '\t' || r == '\n' || r == '\r' || r == 0 {
				return -1
			}
			return r
		}, val)
	}
	setOnce(dst, val)
}

// references reports the URLs of a tag and returns the link that it opens, or nil.
func (r *htmlReader) references(tag atom.Atom, a *attrs) (link *Ref) {
	switch tag {
	case atom.A:
		if link = r.absolute(a.href, Href); link != nil && link.At >= 0 {
			r.how.Ref(link) // its label comes later
		}
	case atom.Form, atom.Button, atom.Input:
		if tag == atom.Form && a.action == "" && r.base != "" {
			a.action = r.base // HTML 4.10.22.3: to the document itself
		}
		r.refer(a.action, Form)
		r.refer(a.src, Src)
	case atom.Img, atom.Iframe, atom.Frame, atom.Embed, atom.Object, atom.Video, atom.Audio,
		atom.Source:
		r.refer(a.src, Src)
	case atom.Link, atom.Script: // SVG's scripts have xlink:href
		r.refer(a.href, Src)
		r.refer(a.src, Src)
	case atom.Base:
	default: // an area, svg:a, v:roundrect and whatever else can be clicked
		r.refer(a.action, Form)
		r.refer(a.href, Href)
		r.refer(a.src, Src)
	}
	r.refer(a.background, Src)
	return link
}

// refer reports one reference.
func (r *htmlReader) refer(ref string, source Source) {
	if l := r.absolute(ref, source); l != nil {
		r.how.Ref(l)
	}
}

// absolute makes a reference absolute. It returns nil for one that leads nowhere on the
// web.
func (r *htmlReader) absolute(ref string, source Source) *Ref {
	if ref == "" {
		return nil
	}
	if scheme, rest, ok := strings.Cut(ref[:min(len(ref), maxContact)], ":"); ok && source == Href && isContact(scheme) {
		r.how.Contact(strings.ToLower(scheme), rest)
		return nil
	}
	url := r.how.Resolve(r.base, ref)
	if url == "" {
		if r.base == "" && len(r.late) < maxLate {
			r.late = append(r.late, lateRef{ref, source})
		}
		return nil
	}
	l := &Ref{URL: url, Source: source, At: -1}
	if r.refs++; !r.spilled {
		l.At = len(r.out)
		if source == Href && r.space {
			l.At++
		}
	}
	return l
}

// openLink begins to collect the text of a link; nil is one that leads nowhere on the web.
func (r *htmlReader) openLink(link *Ref) {
	r.closeLink()
	r.link, r.labelAt = link, len(r.out)
}

// closeLink reports the open link.
func (r *htmlReader) closeLink() {
	if r.link == nil {
		return
	}
	r.link.Label = strings.TrimSpace(r.label.String())
	r.label.Reset()
	span := Span{r.labelAt, len(r.out)}
	if r.spilled {
		r.labels = append(r.labels, span)
	} else {
		r.page.Labels = append(r.page.Labels, span)
	}
	if r.link.At < 0 {
		r.how.Ref(r.link)
	}
	r.link = nil
}

// quoteMark returns what kind of lines an element says that the text inside it is.
func quoteMark(tag atom.Atom, a *attrs) lineKind {
	if tag == atom.Blockquote {
		style := strings.ReplaceAll(strings.ToLower(a.style), " ", "")
		if a.kind == "" && a.class == "" && strings.Contains(style, "border:none") {
			return kindOwn // the indent button of webmail
		}
		return kindQuote
	}
	if a.class == "" && a.id == "" {
		return kindOwn
	}
	for _, c := range strings.Fields(a.class) {
		switch strings.TrimPrefix(c, "x_") {
		case "gmail_quote", "gmail_extra_quote", "yahoo_quoted", "moz-cite-prefix",
			"protonmail_quote", "tutanota_quote", "zmail_extra", "yahoo-quoted-begin",
			"gmail_attr", "moz-forward-container":
			return kindQuote
		case "gmail_signature", "gmail_signature_prefix", "moz-signature",
			"protonmail_signature_block":
			return kindSignature
		}
	}
	switch a.id {
	case "Signature", "signature", "AppleMailSignature", "ms-outlook-mobile-signature":
		return kindSignature
	case "yahoo_quoted", "reply-intro":
		return kindQuote
	}
	if strings.HasPrefix(a.id, "yahoo_quoted") {
		return kindQuote
	}
	return kindOwn
}

// maxContact bounds a link to a person: an address has 320 bytes at most, and a subject and
// text may follow.
const maxContact = 4096

// isContact says whether a scheme leads to a person: "mailto:a@example.org", "tel:+81312345678".
func isContact(scheme string) bool {
	switch strings.ToLower(scheme[:min(len(scheme), 8)]) {
	case "mailto", "tel", "sms", "callto":
		return true
	}
	return false
}
