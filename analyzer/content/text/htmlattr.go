package text

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// attrs are the attributes that matter here. Others are dropped unread.
type attrs struct {
	href, src, action, background, content, httpEquiv string
	style, class, id, kind, color, ground             string
	name                                              string
	hidden                                            bool
	restQuoted                                        bool
}

// maxAttrs bounds the attributes looked at in one tag.
const maxAttrs = 200

func (r *htmlReader) attributes(z *html.Tokenizer) (a attrs) {
	for n, more := 0, true; more && n < maxAttrs; n++ {
		var key, val []byte
		key, val, more = z.TagAttr()
		switch string(key) {
		case "href", "xlink:href":
			setOnce(&a.href, val)
		case "src", "data", "poster":
			setOnce(&a.src, val)
		case "srcset":
			first, _, _ := strings.Cut(strings.TrimSpace(string(val)), " ")
			setOnce(&a.src, []byte(first))
		case "action", "formaction":
			setOnce(&a.action, val)
		case "background":
			setOnce(&a.background, val)
		case "content":
			setOnce(&a.content, val)
		case "http-equiv":
			setOnce(&a.httpEquiv, val)
		case "style":
			setOnce(&a.style, val)
		case "class":
			setOnce(&a.class, val)
		case "id":
			setOnce(&a.id, val)
		case "name":
			setOnce(&a.name, val)
		case "type":
			setOnce(&a.kind, val)
		case "color", "text":
			setOnce(&a.color, val)
		case "bgcolor":
			setOnce(&a.ground, val)
		case "hidden":
			a.hidden = true
		}
	}
	a.restQuoted = a.id == "divRplyFwdMsg" || a.id == "appendonsend" ||
		a.id == "x_divRplyFwdMsg" || a.id == "OLK_SRC_BODY_SECTION" ||
		a.id == "mail-editor-reference-message-container" ||
		a.id == "ms-outlook-mobile-body-separator-line"
	return a
}

func setOnce(dst *string, val []byte) {
	if *dst == "" && len(val) <= 64<<10 {
		*dst = string(val)
	}
}

// references collects the URLs of a tag.
func (r *htmlReader) references(tag atom.Atom, a *attrs) {
	switch tag {
	case atom.A, atom.Area:
		r.refer(a.href, Href, true)
	case atom.Form, atom.Button, atom.Input:
		r.refer(a.action, Form, false)
		r.refer(a.src, Src, false)
	case atom.Img, atom.Iframe, atom.Frame, atom.Embed, atom.Object, atom.Script, atom.Video,
		atom.Audio, atom.Source:
		r.refer(a.src, Src, false)
	case atom.Link:
		r.refer(a.href, Src, false)
	case atom.Base:
	default:
		if a.href != "" { // svg:a, v:roundrect and whatever else can be clicked
			r.refer(a.href, Href, false)
		}
		r.refer(a.src, Src, false)
	}
	r.refer(a.background, Src, false)
	if i := strings.Index(a.style, "url("); i >= 0 {
		inner, _, _ := strings.Cut(a.style[i+4:], ")")
		r.refer(strings.Trim(inner, `'" `), Src, false)
	}
}

// refer keeps one reference, made absolute. label says that a link's text follows.
func (r *htmlReader) refer(ref string, source Source, label bool) {
	if ref == "" || len(r.page.Refs) >= maxHTMLLinks {
		return
	}
	if source == Href && len(ref) > 7 && strings.EqualFold(ref[:7], "mailto:") {
		if len(r.page.Mailto) < maxHTMLLinks {
			r.page.Mailto = append(r.page.Mailto, ref[7:])
		}
		return
	}
	url := r.resolve(r.base, ref)
	if url == "" {
		return
	}
	at := r.out.Len()
	if label && r.space {
		at++
	}
	r.page.Refs = append(r.page.Refs, Ref{URL: url, Source: source, At: at})
}

// openLink begins to collect the text of a link. before is how many references there
// were before its tag: a link that leads nowhere on the web has added none.
func (r *htmlReader) openLink(before int) {
	r.closeLink()
	if before < len(r.page.Refs) && r.page.Refs[before].Source == Href {
		r.labelOf, r.labelAt = before+1, r.out.Len()
	}
}

func (r *htmlReader) closeLink() {
	if r.labelOf > 0 {
		r.page.Refs[r.labelOf-1].Label = strings.TrimSpace(r.label.String())
		r.label.Reset()
		r.page.Labels = append(r.page.Labels, Span{r.labelAt, r.out.Len()})
		r.labelOf = 0
	}
}

// refreshURL reads "5; url=http://..." of a meta refresh.
func refreshURL(content string) string {
	i := strings.Index(strings.ToLower(content), "url")
	if i < 0 {
		return ""
	}
	rest := strings.TrimLeft(content[i+3:], " ")
	rest = strings.TrimLeft(strings.TrimPrefix(rest, "="), " ")
	return strings.Trim(rest, `'" `)
}

// quoteMark tells what an element says of the text inside it.
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
