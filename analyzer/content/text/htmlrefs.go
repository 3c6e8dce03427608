package text

import (
	"encoding/base64"
	"strconv"
	"strings"

	"golang.org/x/net/html/atom"

	"hisseki/analyzer/content/mime"
)

// further keeps what is in the less usual attributes that refer to something; false for an
// attribute that does not. xmlns names a language and leads nowhere.
func (a *attrs) further(name string, val []byte) bool {
	switch name {
	case "srcset", "imagesrcset": // "a.png 1x, b.png 2x"
		for one := range strings.SplitSeq(string(val), ",") {
			one, _, _ = strings.Cut(strings.TrimSpace(one), " ")
			a.loads = append(a.loads, one)
		}
	case "o:href", "lowsrc", "dynsrc", "longdesc", "manifest", "codebase", "cite", "originalsrc",
		"data-saferedirecturl":
		a.loads = append(a.loads, string(val))
	case "ping":
		a.loads = append(a.loads, strings.Fields(string(val))...)
	case "from", "to", "values", "by": // <animate attributeName="href" values="a;b">
		for one := range strings.SplitSeq(string(val), ";") {
			if strings.Contains(one, ":") || strings.Contains(one, "//") {
				a.leads = append(a.leads, strings.TrimSpace(one))
			}
		}
	case "value": // <param name="movie" value="https://example.org/a.swf">
		a.value = string(val)
	case "alt", "placeholder", "label", "title", "aria-label":
		a.words = append(a.words, string(val))
	case "itemprop":
		a.item = true
	case "srcdoc":
		a.srcdoc = string(val)
	default:
		if !strings.HasPrefix(name, "on") {
			return false
		}
		a.scripts = append(a.scripts, string(val))
	}
	return true
}

// furtherReferences reports what further kept of a tag.
func (r *htmlReader) furtherReferences(tag atom.Atom, a *attrs, depth int) {
	for _, ref := range a.loads {
		r.refer(ref, Src)
	}
	for _, ref := range a.leads {
		r.refer(ref, Href)
	}
	if tag == atom.Param && strings.Contains(a.value, "://") {
		r.refer(a.value, Src)
	}
	if tag == atom.Input || tag == atom.Button || tag == atom.Option {
		a.words = append(a.words, a.value)
	}
	for _, words := range a.words {
		if mayLead(words) {
			r.veil(words + "\n")
		}
	}
	r.styleRefs(a.style, depth)
	for _, script := range a.scripts {
		r.script(script)
	}
	for _, ref := range []string{a.href, a.src} {
		r.inline(ref, depth)
	}
	if a.srcdoc != "" {
		r.within(a.srcdoc, depth)
	}
}

// mayLead says whether words have a URL that people see as one, not the beginning of what was cut
// ("follow https://exam").
func mayLead(words string) bool {
	if _, rest, ok := strings.Cut(words, "://"); ok {
		host, _, _ := strings.Cut(rest, " ")
		return strings.Contains(host, ".")
	}
	return strings.Contains(words, "www.")
}

// inline reads what stands in a reference itself: a page ("data:text/html;base64,PGEg...", RFC
// 2397) or a script ("javascript:location='https://example.org/'").
func (r *htmlReader) inline(ref string, depth int) {
	ref = strings.TrimSpace(ref)
	scheme, rest, ok := strings.Cut(ref, ":")
	if !ok || len(scheme) > len("javascript") {
		return
	}
	switch strings.ToLower(scheme) {
	case "javascript", "vbscript":
		r.script(rest)
	case "data":
		r.data(rest, depth)
	}
}

// data reads what stands behind "data:": a page, text, or a file.
func (r *htmlReader) data(rest string, depth int) {
	media, data, ok := strings.Cut(rest, ",")
	if !ok {
		return
	}
	media = strings.ToLower(media)
	if strings.IndexByte(data, '%') >= 0 {
		data = mime.PercentDecode(data)
	}
	if strings.HasSuffix(strings.TrimSpace(media), "base64") {
		data = strings.Map(func(c rune) rune {
			if c <= ' ' || c == '=' {
				return -1
			}
			return c
		}, data)
		b, _ := base64.RawStdEncoding.DecodeString(data) // up to where it is broken
		data = string(b)
	}
	switch {
	case strings.Contains(media, "html"), strings.Contains(media, "svg"), strings.Contains(media, "xml"):
		if strings.Contains(strings.ToLower(data[:min(len(data), maxAttr)]), "<script") {
			r.script(data)
		}
		r.within(data, depth)
	case media == "", strings.HasPrefix(media, ";"), strings.HasPrefix(media, "text/"):
		r.veil(data + "\n")
	case r.how.File != nil:
		r.pages++
		if r.pages > maxPages || len(rest) >= maxInline-len("data:") {
			r.over()
			return
		}
		r.how.File([]byte(data))
	}
}

// within reads a page that stands in an attribute; behind the bounds only the URLs in it count.
func (r *htmlReader) within(page string, depth int) {
	if r.pages++; depth >= maxFeed || r.pages > maxPages {
		r.script(page)
		return
	}
	r.feed(strings.NewReader(page), depth+1)
}

// maxPages bounds the pages in attributes that are read as such.
const maxPages = 200

// script passes a script on: its text is not the page's, but the URLs in it count.
func (r *htmlReader) script(text string) {
	if strings.IndexByte(text, '\\') >= 0 {
		text = mime.UnescapeScript(text)
	}
	if strings.Contains(text, ":") {
		r.flush(text, nil)
	}
}

// styleRefs reports what a style loads (CSS Values section 4.5):
//
//	background: url( 'https://example.org/a.png' )
//	@import "https://example.org/a.css";
//	background: image-set('https://example.org/a.png' 1x)
func (r *htmlReader) styleRefs(style string, depth int) {
	if len(style) < len("url(//a)") {
		return
	}
	if strings.IndexByte(style, '\\') >= 0 {
		style = unescapeCSS(style)
	}
	for at := 0; at < len(style); at++ {
		rest, end := "", byte(0)
		switch {
		case style[at]|0x20 == 'u' && foldPrefix(style[at:], "url("):
			rest, end = style[at+len("url("):], ')'
		case style[at] == '@' && foldPrefix(style[at:], "@import"):
			rest = strings.TrimLeft(style[at+len("@import"):min(len(style), at+maxStyleURL)], " \t\r\n")
			if rest == "" || rest[0] != '"' && rest[0] != '\'' {
				continue // "@import url(...)"
			}
			rest, end = rest[1:], rest[0]
		case (style[at] == '"' || style[at] == '\'') && foldPrefix(style[at+1:], "http"):
			rest, end = style[at+1:], style[at]
		case style[at] == '"' || style[at] == '\'': // content: "see www.example.org"
			r.quotedWords(style[at+1:], style[at])
			continue
		default:
			continue
		}
		if ref := strings.TrimLeft(rest[:min(len(rest), 20)], "'\" \t\r\n"); foldPrefix(ref, "data:") {
			if i := strings.IndexByte(rest, end); i >= 0 {
				r.inline(strings.Trim(rest[:i], "'\" \t\r\n"), depth)
				at += i
			}
			continue
		}
		if i := strings.IndexByte(rest[:min(len(rest), maxStyleURL)], end); i >= 0 {
			r.refer(strings.Trim(rest[:i], "'\" \t\r\n"), Src)
			at += i
		}
	}
}

// quotedWords looks through a text that a style shows.
func (r *htmlReader) quotedWords(rest string, end byte) {
	if i := strings.IndexByte(rest[:min(len(rest), maxStyleURL)], end); i > 0 && mayLead(rest[:i]) {
		r.veil(rest[:i] + "\n")
	}
}

// maxStyleURL bounds a URL in a style: a picture in it ("data:") is longer and leads nowhere.
const maxStyleURL = 4096

func foldPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// unescapeCSS undoes the escapes of a stylesheet (CSS Syntax section 4.3.7): "u\72 l" is "url".
func unescapeCSS(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 >= len(s) {
			b.WriteByte(s[i])
			continue
		}
		j := i + 1
		for j < len(s) && j-i <= 6 && strings.IndexByte("0123456789abcdefABCDEF", s[j]) >= 0 {
			j++
		}
		if j == i+1 {
			continue // the character behind stands for itself
		}
		n, _ := strconv.ParseUint(s[i+1:j], 16, 32)
		b.WriteRune(rune(n))
		if j < len(s) && strings.IndexByte(" \t\n", s[j]) >= 0 {
			j++
		}
		i = j - 1
	}
	return b.String()
}

// refreshURL reads "5; url=http://..." of a meta refresh (HTML 4.2.5.3): behind the seconds stand
// a separator, then perhaps "url=", then perhaps quotes.
func refreshURL(content string) string {
	rest := strings.TrimLeft(strings.TrimSpace(content), "0123456789.")
	rest = strings.TrimLeft(rest, ";, \t\r\n")
	if foldPrefix(rest, "url") {
		if after := strings.TrimLeft(rest[len("url"):], " \t\r\n"); strings.HasPrefix(after, "=") {
			rest = strings.TrimLeft(after[1:], " \t\r\n")
		}
	}
	return strings.Trim(rest, `'" `)
}

// lateRef is a reference that leads nowhere unless a <base> follows.
type lateRef struct {
	ref    string
	source Source
}

// maxLate bounds them; one is enough to show where all lead.
const maxLate = 100

// rebase takes the first <base> of a page, for all references of it (HTML 4.2.3).
func (r *htmlReader) rebase(href string) {
	if r.base = r.how.Resolve("", href); r.base == "" {
		return
	}
	r.based = true
	for _, l := range r.late {
		if to := r.how.Resolve(r.base, l.ref); to != "" {
			r.how.Ref(&Ref{URL: to, Source: l.source, At: -1})
		}
	}
	r.late = nil
}
