package analyzer

import (
	"encoding/hex"
	"fmt"
	"strings"

	"hisseki/analyzer/content"
	"hisseki/baseline"
)

// risky are kinds of attachment that can run or hide a program.
var risky = map[content.Kind]bool{
	content.Executable: true, content.DiskImage: true, content.Shortcut: true,
	content.Macro: true, content.HTMLFile: true, content.Archive: true, content.Encrypted: true,
}

// riskyFiles are marks: the same risky file again and again makes a campaign.
func riskyFiles(v *view) (marks []baseline.Key) {
	for i := range v.c.Attachments {
		if f := &v.c.Attachments[i]; risky[f.Kind] {
			marks = append(marks, v.hasher.key(baseline.File, "sha256:"+hex.EncodeToString(f.SHA256[:])))
		}
	}
	return marks
}

// newFile: attachments. Levels: 1 a kind able to run or hide a program, which this
// sender uses, 2 a harmless kind the sender never sent, 3 a risky kind the sender never
// sent, 4 nor anyone in the organisation.
func newFile(v *view) reading {
	r := reading{ok: true, usual: fmt.Sprintf("%d known kinds", v.sender.Count(baseline.File))}
	for i := range v.c.Attachments {
		f := &v.c.Attachments[i]
		if f.Kind == content.SignedBy {
			continue
		}
		level, why := fileLevel(v, f.Kind)
		if level > r.level {
			r.level, r.observed = level, string(f.Kind)
			r.text = fmt.Sprintf("an attachment (%s) %s", f.Kind, why)
		}
	}
	if r.level == fileHarmless {
		r.most = weakLure
	}
	return r
}

// fileHarmless is the level of a new kind that opens in a viewer: the link in it counts, not
// the file.
const fileHarmless = 2

func fileLevel(v *view, kind content.Kind) (int, string) {
	k := v.hasher.key(baseline.File, string(kind))
	known := v.sender.Accepts(baseline.File, k, v.today)
	switch {
	case known && risky[kind]:
		return 1, "of a kind that can run or hide a program"
	case known:
		return 0, ""
	case !risky[kind]:
		return fileHarmless, "of a kind that this account never sent"
	case v.org.Known(baseline.File, k, v.today):
		return 3, "of a risky kind that this account never sent"
	}
	return 4, "of a risky kind that nobody in the organisation ever sent"
}

// unreadContent: what was not read may ask for anything. Levels: 1 what only its reader can
// open, 2 what was not read for its size, its nesting or its encoding, 3 for several reasons.
func unreadContent(v *view) reading {
	r := reading{ok: true, usual: "mail that can be read whole"}
	var why []string
	for _, u := range v.c.Unread {
		why = append(why, u.Detail)
		if u.Reason == content.UnreadEncrypted {
			r.level = max(r.level, 1)
		} else {
			r.level = min(max(r.level, 1)+1, 3)
		}
	}
	if r.level > 0 {
		r.observed = clip(strings.Join(why, ", "), 100)
		r.text = "a part of the mail that could not be read: " + r.observed
	}
	return r
}

// brokenMail: defects that hide content from an analyzer, and hidden text.
func brokenMail(v *view) reading {
	r := reading{ok: true, usual: "well-formed mail"}
	codes := map[string]bool{}
	for _, d := range v.c.Defects {
		codes[d.Code] = true
	}
	delete(codes, content.DefectCut)
	r.level = min(len(codes), 3)
	if v.c.Hidden > 100 {
		r.level++
	}
	if r.level > 0 {
		r.observed = fmt.Sprintf("%s, %d hidden characters",
			count(len(codes), "kind of defect", "kinds of defect"), v.c.Hidden)
		r.text = "the mail's form is broken or hides text, which can keep content from a filter"
	}
	return r
}

// replyWithoutThread: a subject that claims to answer, without the answered mail's id.
func replyWithoutThread(v *view) reading {
	s := strings.ToLower(strings.TrimSpace(v.c.Subject))
	re := strings.HasPrefix(s, "re:") || strings.HasPrefix(s, "re：") || strings.HasPrefix(s, "aw:")
	r := reading{ok: re, often: 1}
	if re && len(v.c.InReplyTo) == 0 && len(v.c.References) == 0 {
		r.level, r.observed = 1, "Re: without In-Reply-To"
		r.text = "the subject says it is an answer, but no answered mail is named"
	}
	return r
}
