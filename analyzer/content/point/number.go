package point

import "strings"

// classify says what a number is, by the words in front of it and by how it is written.
func (n *number) classify(text string, words *int) (h Hit, ok bool) {
	if n.odd {
		return h, false
	}
	if *words--; *words < 0 {
		return Hit{Phone, phoneValue(n.text()), n.shown(text), n.start}, n.isPhone(false)
	}
	var buf [lookBack]byte
	before := string(lower(buf[:0], text[max(0, n.start-lookBack):n.start]))
	account, phone := n.accountWord(before), nearest(before, phoneWords)
	switch {
	case account >= 0 && account < phone:
		return Hit{Account, "account:" + n.text(), n.shown(text), n.start}, true
	case n.isPhone(phone < nearWord):
		return Hit{Phone, phoneValue(n.text()), n.shown(text), n.start}, true
	}
	return h, false
}

// lookBack is how many bytes in front of a number are searched for what it is; a word that
// says so stands within nearWord.
const (
	lookBack = 64
	nearWord = 32
	far      = 1 << 20
)

// phoneWords stand in front of telephone numbers.
var phoneWords = []string{"tel", "phone", "call", "dial", "mobile", "cell", "fax", "hotline", "whatsapp",
	"helpdesk", "help desk", "電話", "携帯", "℡", "☎", "📞", "ｔｅｌ", "ＴＥＬ", "手机", "전화"}

// accountWords stand in front of bank accounts.
var accountWords = []string{"account no", "account number", "account #", "account:", "a/c", "acct", "iban",
	"kontonummer", "konto-nr", "口座番号", "普通", "当座", "貯蓄", "账号", "帐号", "帳號", "账户", "계좌"}

// lower appends a text with its ASCII letters in lower case.
func lower(out []byte, text string) []byte {
	for i := range len(text) {
		c := text[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		out = append(out, c)
	}
	return out
}

// nearest returns how far behind the last of some words a text ends, far when none is in it.
func nearest(before string, words []string) int {
	best := far
	for _, w := range words {
		if i := strings.LastIndex(before, w); i >= 0 {
			best = min(best, len(before)-i-len(w))
		}
	}
	return best
}

// accountWord returns how far in front of a number a word stands that says that it is a bank
// account, -1 for none:
//
//	みどり銀行 本店営業部 普通 1234567     ゆうちょ銀行 記号 12340 番号 12345671
func (n *number) accountWord(before string) int {
	if n.plus || n.count < minDigits || n.count > 19 {
		return -1
	}
	if g := n.groups[:n.parts+1]; len(g) == 3 && g[0] == 2 && g[1] == 2 && g[2] == 2 { // a sort code
		return -1
	}
	if at := nearest(before, accountWords); at < nearWord {
		return at
	}
	if at := nearest(before, []string{"番号"}); at < 12 && strings.Contains(before, "記号") && n.count <= 8 {
		return at
	}
	return -1
}

// isPhone says whether a number is written as telephone numbers are. named says that a word
// in front of it says so.
func (n *number) isPhone(named bool) bool {
	if n.count < 7 || n.count > 15 {
		return false
	}
	groups := n.groups[:n.parts+1]
	switch {
	case n.plus: // "+81 3-1234-5678"
		return n.count >= 8
	case isDate(groups):
		return false
	case n.digits[0] == '0' && n.digits[1] != '0': // "03-1234-5678"; "0312345678" needs a word
		return n.count >= 9 && n.count <= 11 && (named || len(groups) > 1 && len(groups) <= 4 && least(groups) >= 2)
	case len(groups) == 3 && groups[0] == 3 && groups[1] == 3 && groups[2] == 4: // "(555) 010-0100"
		return n.digits[0] >= '2'
	case len(groups) == 4 && n.digits[0] == '1' && groups[0] == 1 && groups[3] == 4: // "1-800-555-0100"
		return groups[1] == 3 && groups[2] == 3
	}
	return named && len(groups) <= 5 && !n.isFraction()
}

// isFraction says whether a number is one with decimals, as logs have them behind "Call
// Trace:", such as "[  547.799046]"; "555.0100" may be dialled.
func (n *number) isFraction() bool {
	return n.parts == 1 && n.points == 1 && (n.groups[0] != 3 || n.groups[1] != 4)
}

func least(groups []int) int {
	n := far
	for _, g := range groups {
		n = min(n, g)
	}
	return n
}

// isDate says whether digits begin as in "2026-03-02 10:15" or "02/03/2026".
func isDate(g []int) bool {
	return len(g) >= 3 && (g[0] == 4 && g[1] <= 2 && g[2] <= 2 || g[0] <= 2 && g[1] <= 2 && g[2] == 4)
}

// PhoneValue returns the spelling under which a telephone number is compared, such as that
// of a tel: link, "" when it has too few digits.
func PhoneValue(written string) string {
	var digits []byte
	for i := 0; i < len(written) && len(digits) < maxDigits; i++ {
		if class[written[i]] == classDigit {
			digits = append(digits, written[i])
		} else if d, n := wideDigit(written[i:]); n > 0 {
			digits = append(digits, d)
		}
	}
	if len(digits) < minDigits {
		return ""
	}
	return phoneValue(string(digits))
}

// phoneValue keeps the last eight digits: "+81 3-1234-5678" and "03-1234-5678" are one number,
// and which country's rules say so is not known here.
func phoneValue(digits string) string { return "tel:" + digits[max(0, len(digits)-8):] }
