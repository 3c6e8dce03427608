package mime

import (
	"bytes"
	"strings"
)

// leaf reads a part that mail programs show as text.
func (r *Reader) leaf(e entity, at Place) {
	body, cut, clean, release := r.decode(e)
	defer release()
	if cut {
		r.Defect(DefectSize, "a text part longer than is read")
		r.Skip(UnreadSize, "a text part longer than is read")
	}
	if !clean {
		r.Defect(DefectEncoding, "a text part whose encoding is broken")
	}
	label := e.params["charset"]
	if bytes.IndexByte(body, 0) >= 0 && !isWide(alias(cleanLabel(label))) {
		r.Defect(DefectNUL, "NUL bytes in the text")
	}
	if !r.firstText && !at.Foreign {
		r.firstText = true
		r.Charset, r.Encoding = cleanLabel(label), e.encoding
	}
	t := r.NewText(body, label, e.mediaType == "text/html" || e.mediaType == "text/x-amp-html" ||
		e.mediaType == "text/watch-html")
	t.HTML = t.HTML || e.mediaType == "text/enriched" || e.mediaType == "text/richtext"
	t.Flowed = strings.EqualFold(e.params["format"], "flowed")
	t.DelSp = strings.EqualFold(e.params["delsp"], "yes")
	r.visitor.Text(t, at)
	r.otherwise(e, body, clean, at)
}
