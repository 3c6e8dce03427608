package content

import (
	"slices"
	"strings"
)

// Parse reads a mail within limits. It never fails: what could be read is in the
// Content, what was wrong is in its Defects. Equal input gives equal output unless
// the time budget of lim runs out.
func Parse(src Source, lim Limits) *Content {
	lim = lim.withDefaults()
	p := &parser{
		out:   &Content{},
		lim:   lim,
		clock: newClock(lim),
		urls:  urlSet{limit: lim.URLs},
	}
	p.body, p.bodyCut = src.Body, src.BodySize > int64(len(src.Body))
	head := p.header(src)
	if p.bodyCut {
		p.defect(DefectCut, "the body was longer than what was kept")
	}
	root := newEntity(head, src.Body)
	p.out.Type = root.mediaType
	p.walk(root, place{})
	p.finish()
	return p.out
}

// parser is the state of one Parse.
type parser struct {
	out   *Content
	lim   Limits
	clock clock

	body      []byte // of the whole mail
	bodyCut   bool   // and it went on
	parts     int
	textBytes int             // of text kept
	decoded   int             // bytes of text parts decoded
	scanned   int             // bytes of broken bodies scanned
	scratch   []byte          // the buffer that attachments are decoded into, one by one
	noted     map[string]bool // defect codes already noted
	texts     []string        // of the parts that are shown
	owns      []string        // the author's own words in them
	urls      urlSet
	shown     bool // a part that is shown has been met
	firstText bool // the first text part has been met
	late      bool // the time budget is spent
}

// defect notes what is wrong with the mail's form, once for each code.
func (p *parser) defect(code, detail string) {
	if p.noted[code] || len(p.out.Defects) >= maxDefects {
		return
	}
	if p.noted == nil {
		p.noted = make(map[string]bool)
	}
	p.noted[code] = true
	p.out.Defects = append(p.out.Defects, Defect{Code: code, Detail: detail})
}

// outOfTime tells whether the walk must stop.
func (p *parser) outOfTime() bool {
	if !p.late && p.clock.spent() {
		p.late = true
		p.defect(DefectTime, "the time for reading this mail ran out")
	}
	return p.late
}

// textRoom is how many bytes of the next text part may be decoded.
func (p *parser) textRoom() int {
	part := min(p.lim.PartBytes, p.lim.TextBytes*textFactor, maxTextPart)
	return max(0, min(part, maxTextAll-p.decoded))
}

// joined puts a line end between texts that are not empty.
func joined(texts []string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), "\n")
}

// finish moves what was gathered into the Content.
func (p *parser) finish() {
	p.out.Text = strings.TrimSpace(joined(p.texts))
	p.out.Own = strings.TrimSpace(joined(p.owns))
	p.out.URLs = p.urls.list
	if p.urls.full {
		p.defect(DefectURLs, "more URLs than are kept")
	}
}
