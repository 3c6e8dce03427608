package mime

// Defect is something wrong with the mail's form. Code is stable and machine
// readable; Detail is a short phrase for people without mail text in it.
type Defect struct {
	Code   string
	Detail string
}

// Codes of defects.
const (
	DefectDepth      = "too-deep"
	DefectParts      = "too-many-parts"
	DefectSize       = "part-cut"
	DefectTime       = "out-of-time"
	DefectURLs       = "too-many-urls"
	DefectBoundary   = "broken-multipart"   // no boundary, or two
	DefectUnclosed   = "unclosed-multipart" // final boundary missing, as in mail cut short
	DefectPartHeader = "broken-part-header"
	DefectEncoding   = "broken-encoding"
	DefectCharset    = "unknown-charset"
	DefectLabel      = "wrong-charset" // the label does not fit the text
	DefectHeader     = "broken-header"
	DefectAddress    = "broken-address"
	DefectDuplicate  = "duplicate-header"
	DefectCut        = "body-cut"
	DefectNUL        = "nul-bytes"
)

// maxDefects bounds the defects kept of one mail.
const maxDefects = 50

// Defect notes what is wrong with the mail's form, once for each code.
func (r *Reader) Defect(code, detail string) {
	if r.noted[code] || len(r.Defects) >= maxDefects {
		return
	}
	if r.noted == nil {
		r.noted = make(map[string]bool)
	}
	r.noted[code] = true
	r.Defects = append(r.Defects, Defect{Code: code, Detail: detail})
}
