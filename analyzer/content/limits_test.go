package content

import (
	"testing"

	"hisseki/analyzer/content/mime"
)

func TestLimits(t *testing.T) {
	file := oneMail("Content-Type: application/pdf", many("a", 200))
	part := "--b\r\nContent-Type: text/plain\r\n\r\nhttps://example.org/%\r\n"
	for _, tt := range []struct {
		src    Source
		lim    Limits
		defect string
	}{
		{oneMail(mixed, many(part, 3)+"--b--")(), Limits{Parts: 2}, mime.DefectParts},
		{oneMail(plain, many("a b ", 300))(), Limits{TextBytes: 1000}, mime.DefectSize},
		{oneMail(plain, manyURLs(maxSites+2, "https://h%d.example.org "))(), Limits{URLs: 1},
			mime.DefectURLs},
		{file(), Limits{PartBytes: 100}, mime.DefectSize},
		{oneMail(mixed, "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx")(),
			Limits{Depth: 1}, mime.DefectDepth},
		{Source{Body: []byte("x"), BodySize: 9}, Limits{}, DefectCut},
		{Source{HeaderDropped: 3}, Limits{}, mime.DefectHeader},
	} {
		if c := Parse(tt.src, tt.lim); !has(c, tt.defect) {
			t.Errorf("no %s in %v", tt.defect, c.Defects)
		}
		limited := tt.lim.Parts+tt.lim.TextBytes+tt.lim.URLs+tt.lim.PartBytes+tt.lim.Depth > 0
		if c := Parse(tt.src, Limits{}); limited && has(c, tt.defect) {
			t.Errorf("%s without the limit", tt.defect)
		}
	}
	a := Parse(file(), Limits{PartBytes: 100}).Attachments[0]
	if a.Size != 100 || !a.Cut {
		t.Errorf("got %+v", a)
	}
}
