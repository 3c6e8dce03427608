package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"hisseki/analyzer/content/mime"
)

// quotes marks quoted and forwarded text: lines with a quote mark, what stands
// below an introducing line, and what stands below the header block that Outlook,
// Notes and the like put above the older mail.
func (l Lines) quotes(forward bool) {
	below := kindQuote // what unmarked text below a header block is
	if forward {
		below = kindForward
	}
	var m marked
	for i := 0; i < len(l); i++ {
		if l[i].kind != kindOwn {
			continue
		}
		t := l[i].text
		if isQuoteLine(t) {
			l[i].kind = kindQuote
			continue
		}
		if len(t) > 600 {
			continue
		}
		t = strings.TrimSpace(t)
		if t == "" {
			continue
		}
		if kind, ok := separator(t); ok {
			if kind == kindQuote {
				kind = below
			}
			l.rest(i, kind)
			return
		}
		if n, sure := l.introduction(i); n > 0 {
			switch {
			case m.below(l, i+n):
				l.set(i, i+n, kindQuote)
				i += n - 1
				continue
			case sure:
				l.rest(l.above(i), below)
				return
			}
		}
		if start, ok := l.headerBlock(i); ok {
			l.rest(l.above(start), below)
			return
		}
		if l.shapedBlock(i) {
			l.rest(l.above(i), below)
			return
		}
	}
	l.bridge()
}

// above returns the line where a block that begins at line i really begins: rules
// drawn right above it, as Outlook does, belong to it.
func (l Lines) above(i int) int {
	for n := 1; n <= 3 && i-n >= 0; n++ {
		t := strings.TrimSpace(l[i-n].text)
		if t == "" {
			continue
		}
		if len(t) >= 5 && strings.Trim(t, "_-=*─━") == "" {
			return i - n
		}
		break
	}
	return i
}

// rest gives everything from line i on to a kind.
func (l Lines) rest(i int, kind lineKind) {
	for ; i < len(l); i++ {
		if l[i].kind == kindOwn || l[i].kind == kindCode {
			l[i].kind = kind
		}
	}
}

// bridge marks empty lines between quoted ones as quoted, so that the author's
// text does not fill with holes.
func (l Lines) bridge() {
	last := -1
	for i := range l {
		if l[i].kind == kindQuote {
			if last >= 0 {
				for j := last + 1; j < i; j++ {
					l[j].kind = kindQuote
				}
			}
			last = i
		} else if strings.TrimSpace(l[i].text) != "" {
			last = -1
		}
	}
}

// isQuoteLine says whether a line carries a quote mark: ">", its full-width form,
// "|" with a blank behind it, or initials before ">" as in "TY> ".
func isQuoteLine(t string) bool {
	t = strings.TrimLeft(t, " \t\u3000")
	switch {
	case t == "":
		return false
	case t[0] == '>':
		return !strings.HasPrefix(t, ">From ") // an escaped mbox line
	case strings.HasPrefix(t, "＞"), strings.HasPrefix(t, "≫"), strings.HasPrefix(t, "|>"):
		return true
	case strings.HasPrefix(t, "| ") && !strings.HasSuffix(strings.TrimRight(t, " "), "|"):
		return true // "| a |" is a table
	}
	return hasInitials(t)
}

// hasInitials says whether a line begins with up to four letters and a quote mark: "TY> ".
func hasInitials(t string) bool {
	for i := 0; i < len(t) && i < 5; i++ {
		if t[i] == '>' && i > 0 {
			return i+1 == len(t) || t[i+1] == ' ' || t[i+1] == '>'
		}
		if !mime.IsLetter(t[i]) {
			return false
		}
	}
	return false
}

// marked finds out whether quote marks follow an introducing line. It remembers how
// far it has looked, so that many such lines cost no more than one.
type marked struct {
	until int // the lines before this one, from the last look on, have the same answer
	found bool
}

// below says whether, up to the next place where an older mail begins, lines carry
// quote marks or are quoted by HTML. Then quoting ends where the marks end, and what
// stands between them is the author's answer.
func (m *marked) below(l Lines, i int) bool {
	if i < m.until || i == m.until && m.found {
		return m.found
	}
	m.found = false
	for m.until = i; m.until < len(l); m.until++ {
		t := l[m.until].text
		if l[m.until].kind == kindQuote || isQuoteLine(t) {
			m.found = true
			return true
		}
		t = strings.TrimSpace(t)
		if len(t) > 600 || t == "" {
			continue
		}
		if _, ok := separator(t); ok {
			return false
		}
		if n, sure := l.introduction(m.until); n > 0 && sure {
			return false
		}
		if _, ok := l.headerBlock(m.until); ok || l.shapedBlock(m.until) {
			return false
		}
	}
	return false
}

// separators are whole lines, without dashes and blanks, in lower case.
var separators = map[string]lineKind{
	"original message":                       kindQuote,
	"original appointment":                   kindQuote,
	"originalmessage":                        kindQuote,
	"reply message":                          kindQuote,
	"reply original":                         kindQuote,
	"original":                               kindQuote,
	"ursprüngliche nachricht":                kindQuote,
	"ursprungliche nachricht":                kindQuote,
	"original-nachricht":                     kindQuote,
	"originalnachricht":                      kindQuote,
	"message d'origine":                      kindQuote,
	"message d’origine":                      kindQuote,
	"message original":                       kindQuote,
	"mensaje original":                       kindQuote,
	"messaggio originale":                    kindQuote,
	"mensagem original":                      kindQuote,
	"oorspronkelijk bericht":                 kindQuote,
	"元のメッセージ":                                kindQuote,
	"元のメール":                                  kindQuote,
	"元メッセージ":                                 kindQuote,
	"オリジナルメッセージ":                             kindQuote,
	"原始邮件":                                   kindQuote,
	"原始郵件":                                   kindQuote,
	"原邮件":                                    kindQuote,
	"원본 메시지":                                 kindQuote,
	"forwarded message":                      kindForward,
	"forwarded messages":                     kindForward,
	"begin forwarded message":                kindForward,
	"begin forwarded message:":               kindForward,
	"start of forwarded message":             kindForward,
	"inline attachment follows":              kindForward,
	"forwarded mail":                         kindForward,
	"weitergeleitete nachricht":              kindForward,
	"anfang der weitergeleiteten nachricht:": kindForward,
	"message transféré":                      kindForward,
	"début du message réexpédié :":           kindForward,
	"début du message transféré :":           kindForward,
	"mensaje reenviado":                      kindForward,
	"messaggio inoltrato":                    kindForward,
	"転送メッセージ":                                kindForward,
	"転送されたメッセージ":                             kindForward,
	"転送メール":                                  kindForward,
	"転送元メッセージ":                               kindForward,
	"以下、転送されたメッセージ:":                         kindForward,
	"以下、転送されたメッセージ：":                         kindForward,
	"以下転送":                                   kindForward,
	"ここから転送":                                 kindForward,
	"転送":                                     kindForward,
	"转发邮件":                                   kindForward,
	"转发的邮件":                                  kindForward,
}

// separator recognises lines such as "-----Original Message-----" and
// "---------- Forwarded message ----------".
func separator(t string) (lineKind, bool) {
	core := t
	if r, _ := utf8.DecodeRuneInString(t); !mime.IsLetter(t[0]) && (r < utf8.RuneSelf || drawsRule(r)) {
		core = strings.Trim(t, "-_=*─━—–＝－‐ 　#<>")
	}
	if len(core) > 120 || core == "" {
		return kindOwn, false
	}
	if len(core) == len(t) && !standsBare(t) {
		return kindOwn, false
	}
	low := strings.ToLower(core)
	if kind, ok := separators[low]; ok {
		return kind, true
	}
	if len(core) == len(t) || !strings.HasPrefix(t, "--") && !strings.HasSuffix(t, "--") {
		return kindOwn, false
	}
	for _, head := range forwardHeads {
		if strings.HasPrefix(low, head) {
			return kindForward, true
		}
	}
	return kindOwn, false
}

// standsBare says whether a line may be a separator without dashes around it: "元のメール:",
// "Begin forwarded message". Other short words need theirs: "転送" alone may be anything.
func standsBare(t string) bool { return endsWithColon(t) || mime.HasFold(t, "begin forwarded") }

// forwardHeads begin separators that end in names and dates, in lower case:
// "---- Forwarded by Taro Sato on 04/12/2001 03:20 PM ----".
var forwardHeads = []string{
	"forwarded by ", "forwarded message from ", "original message from ", "forwarded from ",
	"inline message follows",
}

func endsWithColon(t string) bool {
	return strings.HasSuffix(t, ":") || strings.HasSuffix(t, "：")
}

// writers end an introducing line, in lower case; "On 2 Jan, A wrote:".
var writers = []string{
	"wrote:", "wrote :", "writes:", "wrote on", "said:", "schrieb:", "schrieb am", "a écrit :",
	"a écrit:", "ha scritto:", "escribió:", "escreveu:", "schreef:", "skrev:", "napisał(a):",
	"пишет:", "написал:", "wrote：", "さんは書きました:", "さんは書きました：",
	"さんが書きました:", "さんが書きました：", "のメール:", "のメール：", "のメッセージ:",
	"のメッセージ：", "さんからのメール:", "wrote...", "書きました:", "書きました：",
	"さん wrote:", "写道:", "写道：", "寫道:", "寫道：", "님이 작성:",
}

// introduction returns how many lines from i on introduce a quote, 0 for none.
// Mail programs wrap the line, so that up to four are joined. sure is false for a
// name alone: such a line only counts with marked lines below it.
func (l Lines) introduction(i int) (n int, sure bool) {
	joined := ""
	for n = 1; n <= 4 && i+n <= len(l); n++ {
		t := strings.TrimSpace(l[i+n-1].text)
		if t == "" || len(t) > 400 || n > 1 && l[i+n-1].kind != kindOwn {
			return 0, false
		}
		if joined != "" {
			joined += " "
		}
		joined += t
		last, size := utf8.DecodeLastRuneInString(t)
		if last == ':' || last == '：' || strings.HasSuffix(t, "wrote...") {
			if ok, sure := isIntroduction(joined); ok {
				return n, sure
			}
			return 0, false
		}
		if size == 0 || n == 1 && !opensIntroduction(t) {
			return 0, false
		}
	}
	return 0, false
}

// opensIntroduction says whether a line may be the first of a wrapped
// introduction: it holds a digit or an at-sign or starts as one does.
func opensIntroduction(t string) bool {
	for _, head := range []string{"On ", "Am ", "Le ", "El ", "Il ", "Op ", "Em ", "At ", "In "} {
		if strings.HasPrefix(t, head) {
			return true
		}
	}
	r, _ := utf8.DecodeRuneInString(t)
	return r >= '0' && r <= '9' || r == '"' || strings.ContainsAny(t, "<@")
}

// isIntroduction says whether a joined line introduces a quote: it ends as one and,
// to be sure, holds a date, a time or an address.
func isIntroduction(t string) (ok, sure bool) {
	if len(t) > 600 {
		return false, false
	}
	if (strings.HasSuffix(t, ">:") || strings.HasSuffix(t, ">：")) &&
		strings.IndexByte(t, '@') >= 0 &&
		strings.IndexFunc(t, unicode.IsDigit) < 12 && strings.ContainsAny(t, "/年月-.") {
		return true, true // Gmail in Japanese: "2024年10月22日(火) 19:23 X <x@example.org>:"
	}
	low := strings.ToLower(t)
	for _, w := range writers {
		if !strings.HasSuffix(low, w) {
			continue
		}
		sure = strings.ContainsRune(t, '@') || strings.HasPrefix(t, "On ") ||
			strings.IndexFunc(t, unicode.IsDigit) >= 0
		return sure || utf8.RuneCountInString(t) < 60, sure
	}
	return false, false
}
