package text

import (
	"strings"

	"hisseki/analyzer/content/mime"
)

// disclaimerStarts begin the legal paragraphs that servers and rules add, in lower
// case. They are matched at the start of a paragraph only.
var disclaimerStarts = []string{
	"this e-mail is confidential", "this email is confidential", "this message is confidential",
	"this e-mail and any", "this email and any", "this message and any", "this e-mail message",
	"this email message", "this e-mail, including", "this email, including",
	"this message, including", "this electronic m", "this communication is",
	"this communication may", "this communication (", "this transmission",
	"this e-mail may contain", "this email may contain", "this message may contain",
	"this message contains", "this e-mail contains", "this email contains",
	"this e-mail is the property", "this e-mail is intended", "this email is intended",
	"this message is intended", "this e-mail was sent", "the information contained in this",
	"the information transmitted", "the information in this", "the contents of this",
	"the content of this", "confidentiality notice", "confidentiality:", "confidential:",
	"disclaimer", "privileged/confidential", "privileged and confidential",
	"if you are not the intended", "if you have received this", "important notice",
	"legal notice", "notice: this", "notice of confidentiality",
	"please consider the environment", "caution: this email", "diese e-mail enthält",
	"diese e-mail ist", "diese nachricht", "der inhalt dieser e-mail", "ce message et",
	"ce courriel", "ce message est", "ce message contient", "les informations contenues",
	"este mensaje", "este correo", "questo messaggio", "il contenuto di questa", "本メールは",
	"本メールには", "本メールの内容", "本メール及び", "本メールおよび", "本電子メール",
	"この電子メール", "この電子メッセージ", "本メッセージ", "このメールには", "このメールは、",
	"このメールは機密", "本eメール", "本e-mail", "※本メール", "※このメール", "【機密", "【免責",
	"免責事項", "機密保持",
}

// disclaimerWords must stand in the paragraph too: an author may begin a sentence
// in the same way.
var disclaimerWords = []string{
	"confidential", "intended", "recipient", "privileged", "unauthorized", "unauthorised",
	"disclos", "copyright", "liab", "delete", "virus", "printing", "vertraulich", "irrtümlich",
	"confidenti", "riservat", "機密", "秘密", "宛先", "受信者", "誤って", "破棄", "削除", "開示",
	"転送を禁", "禁じ", "免責", "名宛人", "自動送信", "送信専用", "自動配信",
}

// disclaimers marks legal paragraphs at the end of the author's text.
func (l Lines) disclaimers() {
	var words legalWords
	end := 0 // of the paragraph with line i
	for i := 0; i < len(l); i++ {
		if l[i].kind != kindOwn || len(l[i].text) < 10 || i > 0 && !paragraphStart(l, i) {
			continue
		}
		t := strings.TrimLeft(l[i].text, " \t\u3000*_-=")
		if !hasDisclaimerStart(t) {
			continue
		}
		if end <= i {
			end = i
			for end < len(l) && l[end].kind == kindOwn && strings.TrimSpace(l[end].text) != "" {
				end++
			}
		}
		if !words.among(l, i, min(end, i+30)) {
			continue
		}
		l.set(i, end, kindDisclaimer)
		i = end
	}
}

func paragraphStart(l Lines, i int) bool {
	before := l[i-1]
	return before.kind != kindOwn || strings.TrimSpace(before.text) == "" || isRule(before.text) ||
		len(before.text) < 60
}

func hasDisclaimerStart(t string) bool {
	if t == "" {
		return false
	}
	for _, start := range disclaimerIndex[lowerByte(t[0])] {
		if mime.HasFold(t, start) {
			return true
		}
	}
	return false
}

// disclaimerIndex is disclaimerStarts by first byte.
var disclaimerIndex = func() (index [256][]string) {
	for _, start := range disclaimerStarts {
		index[start[0]] = append(index[start[0]], start)
	}
	return index
}()

func lowerByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// legalWords remembers which lines have words of a disclaimer: paragraphs that begin as one
// again and again are looked through once.
type legalWords struct {
	until int // lines before this one were looked at
	last  int // the last of them that has one, plus 1
}

// among says whether one of the lines from to before end has such a word. from grows from
// call to call.
func (w *legalWords) among(l Lines, from, end int) bool {
	if w.last > from {
		return w.last <= end
	}
	for w.until = max(w.until, from); w.until < end; w.until++ {
		if hasDisclaimerWord(l[w.until].text) {
			w.last = w.until + 1
			w.until++
			return true
		}
	}
	return false
}

func hasDisclaimerWord(t string) bool {
	low := strings.ToLower(t)
	for _, word := range disclaimerWords {
		if strings.Contains(low, word) {
			return true
		}
	}
	return false
}
