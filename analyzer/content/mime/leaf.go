package mime

import (
	"bytes"
	"strings"
)

// leaf reads a part that mail programs show as text.
func (r *Reader) leaf(e entity, at Place) {
	limit := r.textRoom()
	body, cut, clean := decodeTransfer(e.body, e.encoding, limit, nil)
	r.decoded += len(body)
	if cut && len(e.body) > limit {
		r.Defect(DefectSize, "a text part longer than is read")
	}
	if !clean {
		r.Defect(DefectEncoding, "a text part whose encoding is broken")
	}
	if bytes.IndexByte(body, 0) >= 0 && !isWide(alias(cleanLabel(e.params["charset"]))) {
		r.Defect(DefectNUL, "NUL bytes in the text")
	}
	label := e.params["charset"]
	isHTML := e.mediaType == "text/html" || e.mediaType == "text/x-amp-html" ||
		e.mediaType == "text/watch-html"
	if label == "" && isHTML {
		label = MetaCharset(body)
	}
	if !r.firstText && !at.Foreign {
		r.firstText = true
		r.Charset, r.Encoding = cleanLabel(e.params["charset"]), e.encoding
	}
	text, note := DecodeCharset(body, label)
	if note != "" {
		r.Defect(note, charsetDetail(note))
	}
	r.visitor.Text(Text{
		Text:   text,
		HTML:   isHTML || e.mediaType == "text/enriched" || e.mediaType == "text/richtext",
		Flowed: strings.EqualFold(e.params["format"], "flowed"),
		DelSp:  strings.EqualFold(e.params["delsp"], "yes"),
	}, at)
}

func charsetDetail(code string) string {
	switch code {
	case DefectCharset:
		return "a charset that is not known"
	case DefectLabel:
		return "a charset label that does not fit the text"
	}
	return "text that is broken in its own charset"
}
