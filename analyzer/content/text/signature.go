package text

import (
	"strings"
	"unicode/utf8"

	"hisseki/analyzer/content/mime"
)

// signatureLines is how many lines from the end of the author's text a signature
// may begin. Japanese company signatures run to a dozen lines.
const signatureLines = 25

// maxRuns is how many runs of own text from the end may have a signature.
const maxRuns = 3

// signatures marks signatures: behind "-- ", the blocks between rules that Japanese
// mail closes with, contact blocks at the end, and what phones add.
func (l Lines) signatures() {
	for i := range l {
		if l[i].kind != kindOwn {
			continue
		}
		t := l[i].text
		if t == "-- " || t == "--" || t == "--  " {
			l.signUntilQuote(i)
			continue
		}
		if len(t) < 200 && isDeviceLine(strings.TrimSpace(t)) {
			l[i].kind = kindSignature
		}
	}
	// a signature ends the text as a whole or the answer above the quote; answers
	// between quoted lines have none
	for end, runs := len(l), 0; end > 0 && runs < maxRuns; {
		for end > 0 && l[end-1].kind != kindOwn {
			end--
		}
		begin := end
		for begin > 0 && l[begin-1].kind == kindOwn {
			begin--
		}
		if end > begin {
			l.signRun(begin, end)
			runs++
		}
		end = begin
	}
}

// signUntilQuote marks from a "-- " line to the next line that is not own.
func (l Lines) signUntilQuote(i int) {
	for ; i < len(l) && l[i].kind == kindOwn; i++ {
		l[i].kind = kindSignature
	}
}

// signRun looks for a signature at the end of the own lines from begin to end.
func (l Lines) signRun(begin, end int) {
	for end > begin && strings.TrimSpace(l[end-1].text) == "" {
		end--
	}
	low := max(begin, end-signatureLines)
	start := l.ruled(low, end)
	if start < 0 {
		start = l.lastParagraph(low, end)
		if start == begin && end-start > 12 || wordy(l[start:end]) || contact(l[start:end]) < 2 {
			return
		}
	}
	for j := start; j < end; j++ {
		l[j].kind = kindSignature
	}
}

// lastParagraph returns where the last paragraph before line end begins, not above line low
// and without the author's greeting: below "Best regards,".
func (l Lines) lastParagraph(low, end int) int {
	start := end
	for start > low && strings.TrimSpace(l[start-1].text) != "" {
		start--
	}
	for start < end && isSignOff(l[start].text) && !isContactLine(l[start].text) {
		start++
	}
	return start
}

// wordy says whether a line among some is prose, even if that names a telephone number.
func wordy(some []line) bool {
	for _, line := range some {
		if utf8.RuneCountInString(line.text) > 70 || endsSentence(line.text) ||
			len(strings.Fields(line.text)) >= 9 {
			return true
		}
	}
	return false
}

// ruled returns where the signature begins whose rules are among the lines from low
// to end, -1 when there is none. Rules also part the text itself: only the last
// block counts, and blocks right above it that are not prose.
func (l Lines) ruled(low, end int) int {
	start, next := -1, end
	for i := end - 1; i >= low; i-- {
		if !isRule(l[i].text) {
			continue
		}
		block := l[i+1 : next]
		if i == end-1 { // the closing rule
			next = i
			continue
		}
		if prose(block) {
			break
		}
		n := contact(block)
		switch {
		case n >= 2, n == 1 && len(block) <= 8, listFooter(block):
			start = i
		case start >= 0 && isTitle(block): // the company's name between rules
			start = i
		default:
			return start
		}
		next = i
	}
	return start
}

// isTitle says whether lines can be the head of a signature between two rules.
func isTitle(some []line) bool {
	for _, line := range some {
		if t := strings.TrimSpace(line.text); t == "" || endsSentence(t) {
			return false
		}
	}
	return len(some) <= 3
}

// prose says whether lines hold sentences rather than names and numbers.
func prose(some []line) bool {
	n := 0
	for _, line := range some {
		if utf8.RuneCountInString(line.text) > 90 {
			return true
		}
		if endsSentence(line.text) || len(strings.Fields(line.text)) >= 8 {
			n++
		}
	}
	return n >= 2
}

func endsSentence(t string) bool {
	t = strings.TrimRight(t, " \t\u3000")
	for _, end := range []string{
		"。", "ます", "です", "さい", "．", "、", "?", "？", "!", "！", ";", "{",
	} {
		if strings.HasSuffix(t, end) {
			return true
		}
	}
	return false
}

// isRule says whether a line is a rule: at least eight of the usual characters,
// and at most a word among them ("━━━ 署名 ━━━").
func isRule(t string) bool {
	if len(t) < 8 || len(t) > 400 || strings.HasPrefix(t, "        ") {
		return false
	}
	drawn, others := 0, 0
	for _, r := range t {
		switch {
		case r == ' ' || r == '\u3000' || r == '\t':
		case drawsRule(r):
			drawn++
		default:
			if others++; others > drawn {
				return false // text first: no rule begins so
			}
		}
	}
	return drawn >= 8 && others*3 <= drawn
}

// drawsRule says whether people draw lines with a character.
func drawsRule(r rune) bool {
	if r < utf8.RuneSelf {
		return strings.IndexByte("-=*_~+#/.:'", byte(r)) >= 0
	}
	return r >= 0x2500 && r <= 0x257f || // box drawing
		strings.ContainsRune("·―—–‐－＝＊＿～・…‥◇◆□■○●☆★▽▼△▲♪∽∞｡ﾟゞ＋", r)
}

// contactHints are words for kinds of contact data, in lower case.
var contactHints = [][]string{
	{"tel", "電話", "phone", "直通", "代表", "ｔｅｌ", "mobile", "cell", "携帯", "内線", "ext.",
		"telefon", "☎", "tél"},
	{"fax", "ｆａｘ", "ファックス", "facsimile"},
	{"〒", "street", "suite", "p.o. box", "丁目", "番地", "ビル", "都港区", "avenue", "straße",
		" floor", "〶"},
	{"@", "e-mail", "email", "mail:", "ｍａｉｌ", "メール:"},
	{"http://", "https://", "www.", "url:", "ｕｒｌ"},
	{"株式会社", "有限会社", "合同会社", "㈱", "(株)", "（株）", " inc", " corp", " ltd",
		" gmbh", " llc", "co.,", "事業部", "営業部", "総務部", "人事部", "経理部", "開発部",
		"学部", "大学", "研究室", "課 ", "協会", "法人"},
}

// contact counts the kinds of contact data in some lines.
func contact(some []line) int {
	var seen [6]bool
	for _, line := range some {
		if len(line.text) > 300 {
			continue
		}
		low := strings.ToLower(line.text)
		if strings.Contains(low, "-by: ") {
			return 0 // "Signed-off-by:" belongs to the text
		}
		for kind, hints := range contactHints {
			if seen[kind] {
				continue
			}
			for _, hint := range hints {
				if at := strings.Index(low, hint); at >= 0 && plausible(kind, low, hint, at) {
					seen[kind] = true
					break
				}
			}
		}
	}
	n := 0
	for _, s := range seen {
		if s {
			n++
		}
	}
	return n
}

// plausible rejects words that only contain a hint: a telephone or fax needs digits
// on its line, an address inside a URL does not count.
func plausible(kind int, low, hint string, at int) bool {
	if kind == 3 && strings.Contains(low, "://") {
		return false // an at-sign in a URL
	}
	if end := at + len(hint); kind == 5 && low[at] == ' ' && end < len(low) && mime.IsLetter(low[end]) {
		return false // "inc", not "include"
	}
	if kind <= 1 {
		digits := 0
		for i := at; i < len(low); i++ {
			if low[i] >= '0' && low[i] <= '9' {
				digits++
			}
		}
		return digits >= 4 || strings.ContainsAny(low[at:], "０１２３４５６７８９")
	}
	return true
}

func isContactLine(t string) bool {
	return contact([]line{{text: t}}) > 0
}

// isSignOff says whether a line of the last paragraph is still the author's own
// greeting, as "Best regards,".
func isSignOff(t string) bool {
	t = strings.TrimSpace(t)
	return strings.HasSuffix(t, ",") || strings.HasSuffix(t, "。") || strings.HasSuffix(t, ".") ||
		strings.HasSuffix(t, "、") || strings.HasSuffix(t, "!") || t == "以上" || t == "敬具"
}

// listFooter says whether lines below a rule are what a list server adds.
func listFooter(some []line) bool {
	for i, line := range some {
		if i > 5 {
			break
		}
		low := strings.ToLower(line.text)
		if strings.Contains(low, "mailing list") || strings.Contains(low, "unsubscribe") ||
			strings.Contains(low, "メーリングリスト") {
			return true
		}
	}
	return false
}

// isDeviceLine recognises what phones and programs put below a mail.
func isDeviceLine(t string) bool {
	if len(t) < 8 || len(t) > 150 {
		return false
	}
	for _, head := range deviceHeads {
		if mime.HasFold(t, head) {
			return true
		}
	}
	return strings.HasSuffix(t, "から送信") || strings.HasSuffix(t, "から送信されました") ||
		strings.HasSuffix(t, "を入手") && strings.Contains(t, "Outlook")
}

// deviceHeads begin the lines that phones add.
var deviceHeads = []string{
	"sent from my ", "sent from mail for", "sent from outlook", "sent via ", "get outlook for",
	"sent from yahoo", "von meinem ", "envoyé de mon", "enviado desde mi", "gesendet von mein",
	"inviato da", "sent with ",
}
