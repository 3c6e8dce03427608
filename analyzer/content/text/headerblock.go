package text

import "strings"

// A label is the meaning of a field name in a header block, in any language.
type label uint8

const (
	labelNone label = iota
	labelFrom
	labelSent
	labelTo
	labelCc
	labelSubject
	labelOther
)

// labels are the field names that mail programs print above an older mail.
var labels = map[string]label{
	"from": labelFrom, "von": labelFrom, "de": labelFrom, "da": labelFrom, "van": labelFrom,
	"expéditeur": labelFrom, "差出人": labelFrom, "送信者": labelFrom, "発信者": labelFrom,
	"送信元": labelFrom, "发件人": labelFrom, "寄件者": labelFrom, "보낸 사람": labelFrom,
	"от": labelFrom, "absender": labelFrom, "frm": labelFrom, "fra": labelFrom,
	"från": labelFrom, "sent": labelSent, "date": labelSent, "gesendet": labelSent,
	"datum": labelSent, "envoyé": labelSent, "envoyé le": labelSent, "enviado": labelSent,
	"enviado el": labelSent, "inviato": labelSent, "verzonden": labelSent, "fecha": labelSent,
	"data": labelSent, "送信日時": labelSent, "日時": labelSent, "日付": labelSent,
	"送信日": labelSent, "受信日時": labelSent, "発信日時": labelSent, "发送时间": labelSent,
	"寄件日期": labelSent, "보낸 날짜": labelSent, "отправлено": labelSent, "sent at": labelSent,
	"date sent": labelSent, "to": labelTo, "an": labelTo, "à": labelTo, "para": labelTo,
	"aan": labelTo, "a": labelTo, "destinataire": labelTo, "宛先": labelTo, "宛て先": labelTo,
	"送信先": labelTo, "收件人": labelTo, "收件者": labelTo, "받는 사람": labelTo,
	"кому": labelTo, "till": labelTo, "til": labelTo, "cc": labelCc, "kopie": labelCc,
	"copie": labelCc, "bcc": labelCc, "抄送": labelCc, "副本": labelCc, "ｃｃ": labelCc,
	"参照": labelCc, "копия": labelCc, "subject": labelSubject, "betreff": labelSubject,
	"objet": labelSubject, "asunto": labelSubject, "oggetto": labelSubject,
	"onderwerp": labelSubject, "assunto": labelSubject, "件名": labelSubject,
	"題名": labelSubject, "标题": labelSubject, "主题": labelSubject, "主旨": labelSubject,
	"제목": labelSubject, "тема": labelSubject, "ämne": labelSubject, "emne": labelSubject,
	"re": labelSubject, "reply-to": labelOther, "importance": labelOther,
	"attachments": labelOther, "message-id": labelOther, "organization": labelOther,
	"sent by": labelOther, "添付ファイル": labelOther, "重要度": labelOther,
	"priority": labelOther, "newsgroups": labelOther, "please respond to": labelOther,
	"received": labelOther, "wichtigkeit": labelOther,
}

// labelOf reads the label that begins a line, and what follows its colon.
func labelOf(t string) (label, string) {
	t = strings.TrimLeft(t, " \t\u3000*")
	head := t[:min(len(t), 60)]
	i := strings.IndexByte(head, ':')
	size := 1
	if j := strings.Index(head, "："); j >= 0 && (i < 0 || j < i) {
		i, size = j, len("：")
	}
	if i <= 0 || i > 40 {
		return labelNone, ""
	}
	name := strings.Trim(t[:i], " \t\u00a0\u3000*")
	return labels[strings.ToLower(name)], strings.Trim(t[i+size:], " \t*\u3000")
}

// maxBlock bounds the lines of a header block: lists of recipients run long.
const maxBlock = 150

// headerBlock says whether line i begins a header block as put above an older
// mail, and where its first line is: Notes prints name and date above "To:".
func (l Lines) headerBlock(i int) (start int, ok bool) {
	kind, _ := labelOf(l[i].text)
	switch kind {
	case labelNone, labelOther, labelSubject:
		return 0, false
	case labelCc: // a Notes head whose "To:" is missing
		return l.notesHead(i)
	}
	seen := l.blockLabels(i, kind)
	switch {
	case kind == labelFrom && seen.count(labelTo, labelCc, labelSubject) > 0 && l.datedAt(i):
		return l.letterhead(i), true // Notes prints the date behind the name
	case seen[labelFrom] && seen.count(labelSent, labelTo, labelSubject) >= 2: // Outlook
		return i, true
	case kind == labelSent && seen[labelSubject] && seen[labelTo]: // "Date:" first
		return i, true
	case kind == labelTo && seen[labelSubject]: // Notes
		start, dated := l.notesHead(i)
		return start, dated || seen[labelCc]
	}
	return 0, false
}

// labelSet says which labels a block has.
type labelSet [labelOther + 1]bool

// count returns how many of some labels are in the set.
func (s *labelSet) count(some ...label) (n int) {
	for _, k := range some {
		if s[k] {
			n++
		}
	}
	return n
}

// blockLabels collects the labels of the block that begins at line i with kind.
func (l Lines) blockLabels(i int, kind label) (seen labelSet) {
	gap, odd := 0, 0
	for j := i; j < len(l) && j < i+maxBlock; j++ {
		t := strings.TrimSpace(l[j].text)
		if t == "" {
			if gap++; gap > 2 {
				break
			}
			continue
		}
		k, _ := labelOf(t)
		if k == labelNone {
			// a wrapped list of recipients, or a mail's text: the block has ended
			if !isWrapped(l[j].text) {
				odd++
			}
			if gap > 0 || odd > 2 {
				break
			}
			continue
		}
		if k == kind && j > i {
			break // another block
		}
		seen[k] = true
		if gap = 0; k == labelSubject {
			break
		}
	}
	return seen
}

// letterhead returns where the department's name stands that Notes prints above
// "From: NAME DATE", i when it prints none.
func (l Lines) letterhead(i int) int {
	for j := i - 1; j >= 0 && j >= i-3; j-- {
		t := strings.TrimSpace(l[j].text)
		if t == "" {
			continue
		}
		if len(t) > 60 || l[j].kind != kindOwn {
			return i
		}
		for _, w := range strings.Fields(t) {
			if w[0] >= 'a' && w[0] <= 'z' && w != "of" && w != "and" && w != "for" {
				return i
			}
		}
		return j
	}
	return i
}

// isWrapped says whether a line can go on a list of recipients or a subject:
// indented, or holding separators or an address.
func isWrapped(t string) bool {
	return t[0] == ' ' || t[0] == '\t' || strings.ContainsAny(t, "@;<") ||
		strings.HasSuffix(strings.TrimRight(t, " "), ",") || strings.Contains(t, "/")
}

// notesHead looks above a "To:" line for the name and date that Lotus Notes and old
// corporate programs print there.
func (l Lines) notesHead(to int) (start int, dated bool) {
	start = to
	seen := 0
	for j := to - 1; j >= 0 && j >= to-9 && seen < 6; j-- {
		t := strings.TrimSpace(l[j].text)
		if t == "" {
			if dated {
				break
			}
			continue
		}
		if l[j].kind != kindOwn || len(t) > 200 {
			break
		}
		seen++
		if l.datedAt(j) {
			dated = true
			start = j
			continue
		}
		if dated {
			// the line above the date is the name, if it looks like one
			if looksLikeName(t) {
				start = j
				continue
			}
			break
		}
	}
	return start, dated
}

// looksLikeName says whether a short line can be the name above a Notes header.
func looksLikeName(t string) bool {
	if len(t) > 90 || strings.ContainsAny(t, "?!") || strings.HasSuffix(t, ".") ||
		strings.HasSuffix(t, ",") {
		return false
	}
	return strings.ContainsAny(t, "@/<\"") || len(strings.Fields(t)) <= 4
}

// datedAt says whether line i holds a date and a time, the time perhaps wrapped to
// the next line.
func (l Lines) datedAt(i int) bool {
	if len(l[i].text) > 200 {
		return false
	}
	return hasDateTime(l[i].text) ||
		i+1 < len(l) && len(l[i+1].text) < 200 && hasDateTime(l[i].text+" "+l[i+1].text)
}

// hasDateTime says whether a line holds a numeric date and a time of day, such as
// "04/12/2001 03:20 PM".
func hasDateTime(t string) bool {
	date, clock := false, false
	for i := 0; i < len(t); {
		end := numberEnd(t, i)
		w := strings.TrimRight(t[i:end], "/-.:")
		switch {
		case strings.Count(w, ":") >= 1 && len(w) >= 4 && len(w) <= 8:
			clock = true
		case len(w) >= 6 && len(w) <= 10 && isThreefold(w):
			date = true
		}
		i = max(end, i+1)
	}
	return date && clock
}
