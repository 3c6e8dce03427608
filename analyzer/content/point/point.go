// Package point finds in text what a reader can act on beside links: telephone numbers, bank
// accounts, wallets, addresses and names in messengers. It tells of each in one spelling, so that it can be compared with what
// is known. Text is looked at once; what may be a number is bounded.
package point

import "strings"

// Kind is what a reader does with a point.
type Kind string

// Kinds.
const (
	Phone   Kind = "phone"
	Account Kind = "account" // of a bank
	Wallet  Kind = "wallet"
	Address Kind = "address" // to write to
	Handle  Kind = "handle"  // a name in a messenger
)

// Hit is a point found in text.
type Hit struct {
	Kind  Kind
	Value string // the same for all spellings
	Shown string // as it stands in the text, at most maxShown bytes
	At    int    // offset in the text
}

// Find calls found for the points in text, in order. Each stands around a digit or "@", or behind the
// name of a messenger, so that other text costs one look at each byte.
func Find(text string, found func(Hit)) {
	words := maxWords
	for i := 0; i < len(text); {
		switch class[text[i]] {
		case classDigit:
			// Wide digits behind a letter are no number: go on behind them.
			i = max(look(text, i, &words, found), i+1)
		case classAt:
			if n := atSign(text[i:]); n > 0 {
				i = address(text, i, n, found)
			} else {
				i++
			}
		case classWide: // "０" is ef bc 90, "＠" ef bc a0
			if n := atSign(text[i:]); n > 0 {
				i = address(text, i, n, found)
				continue
			}
			if _, n := wideDigit(text[i:]); n > 0 {
				i = max(look(text, i, &words, found), i+1)
				continue
			}
			i += 3
		default:
			if servicesFrom[text[i]] != nil {
				i = handle(text, i, found)
			} else {
				i++
			}
		}
	}
}

const (
	classOther = iota
	classDigit
	classLetter
	classWide
	classAt // may begin what parts an address
)

var class = func() (t [256]byte) {
	for c := '0'; c <= '9'; c++ {
		t[c] = classDigit
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = classLetter, classLetter
	}
	t[0xef] = classWide
	t['@'], t['('], t['['] = classAt, classAt, classAt
	return t
}()

func isAlnum(c byte) bool { return class[c] == classDigit || class[c] == classLetter }

// wideDigit returns the full-width digit that s begins with, and its length; 0 when it
// begins with none.
func wideDigit(s string) (digit byte, n int) {
	if len(s) >= 3 && s[0] == 0xef && s[1] == 0xbc && s[2] >= 0x90 && s[2] <= 0x99 {
		return s[2] - 0x90 + '0', 3
	}
	return 0, 0
}

// maxWord bounds the letters and digits around a digit that are looked at as one word:
// wallets have up to 62.
const maxWord = 128

// maxWords is in front of how many numbers of one text words are looked for that say what they
// are; of more, which are a table, only the form is looked at.
const maxWords = 2000

// look looks at what stands around the first digit of a word, and returns where to go on.
func look(text string, i int, words *int, found func(Hit)) (next int) {
	start, end := i, i
	for start > 0 && i-start < maxWord && isAlnum(text[start-1]) {
		start--
	}
	for end < len(text) && end-i < maxWord && isAlnum(text[end]) {
		end++
	}
	if end-start >= minWallet {
		if value := wallet(text[start:end]); value != "" {
			found(Hit{Wallet, value, text[start:end], start})
			return end
		}
	}
	if start < i {
		if i-start == 2 {
			if value, n := iban(text[start:]); n > 0 {
				found(Hit{Account, value, text[start : start+n], start})
				return start + n
			}
		}
		return skipWord(text, end)
	}
	n := readNumber(text, i)
	if n.count < minDigits {
		return max(n.end, end)
	}
	if h, ok := n.classify(text, words); ok {
		found(h)
	}
	return max(n.end, i+1)
}

// skipWord returns the end of a word, however long.
func skipWord(text string, i int) int {
	for i < len(text) && isAlnum(text[i]) {
		i++
	}
	return i
}

// Bounds of the digits of a number: local numbers have six, accounts up to nineteen.
const (
	minDigits = 6
	maxDigits = 20
	maxGroups = 8
	maxShown  = 60
)

// A number is digits with what parts them: "+81 (3) 1234-5678", "０３－１２３４－５６７８".
type number struct {
	start, end int
	digits     [maxDigits]byte
	count      int
	groups     [maxGroups]int // digits between what parts them
	parts      int
	points     int // of parts that are one "." alone
	plus       bool
	odd        bool // more digits than a number has, or a word goes on behind it
}

// readNumber reads a number from its first digit on, with the sign and bracket before it.
func readNumber(text string, i int) (n number) {
	n.start = i
	for n.start > 0 && (text[n.start-1] == '(' || text[n.start-1] == '+') {
		n.start--
		n.plus = n.plus || text[n.start] == '+'
	}
	if strings.HasSuffix(text[:n.start], "＋") || strings.HasSuffix(text[:n.start], "+ ") {
		n.plus = true
	}
	if n.start > 0 && strings.IndexByte("./-_=&%#@", text[n.start-1]) >= 0 || n.endsTime(text) {
		n.odd = true // of a path, a version, a field
	}
	for i < len(text) {
		c, size := text[i], 1
		if class[c] == classWide {
			c, size = wideDigit(text[i:])
		}
		if size > 0 && class[c] == classDigit {
			n.digit(c)
			i += size
			n.end = i
			continue
		}
		gap := separator(text[i:])
		if gap == 0 {
			break
		}
		if gap == 1 && text[i] == '.' {
			n.points++
		}
		i += gap
		n.parts = min(n.parts+1, maxGroups-1)
	}
	n.odd = n.odd || n.end < len(text) && (class[text[n.end]] == classLetter || text[n.end] == '_')
	return n
}

// endsTime says whether a number begins with the end of a time: "19:10:08 2020 -0400".
func (n *number) endsTime(text string) bool {
	return n.start > 1 && text[n.start-1] == ':' && class[text[n.start-2]] == classDigit
}

func (n *number) digit(c byte) {
	if n.count == maxDigits {
		n.odd = true
		return
	}
	n.digits[n.count] = c
	n.count++
	n.groups[n.parts]++
}

// separator returns the length of what may stand between two digits of a number at the
// beginning of s, 0 when none does: at most three signs, and a digit behind them.
func separator(s string) int {
	n := 0
	for range 3 {
		size := sign(s[n:])
		if size == 0 {
			break
		}
		n += size
	}
	if n == 0 || n >= len(s) {
		return 0
	}
	if class[s[n]] == classDigit {
		return n
	}
	if _, size := wideDigit(s[n:]); size > 0 {
		return n
	}
	return 0
}

// sign returns the length of a sign that parts digits.
func sign(s string) int {
	if s == "" {
		return 0
	}
	switch s[0] {
	case '-', ' ', '.', '(', ')', '/':
		return 1
	case 0xc2: // a blank that does not break
		if strings.HasPrefix(s, "\u00a0") {
			return 2
		}
	case 0xe2: // hyphens, dashes, minus
		if len(s) >= 3 && s[1] == 0x80 && s[2] >= 0x90 && s[2] <= 0x95 || strings.HasPrefix(s, "\u2212") {
			return 3
		}
	case 0xe3, 0xef:
		for _, wide := range []string{"ー", "－", "（", "）", "　", "．", "ｰ"} {
			if strings.HasPrefix(s, wide) {
				return len(wide)
			}
		}
	}
	return 0
}

// text returns the digits.
func (n *number) text() string { return string(n.digits[:n.count]) }

// shown returns a number as it stands in the text.
func (n *number) shown(text string) string {
	return text[n.start:min(n.end, n.start+maxShown)]
}
