package analyzer

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"hisseki/baseline"
)

// minLetters is the least own text that says anything about a hand.
const minLetters = 40

// maxLetters bounds the text that is looked at; more adds cost, not knowledge.
const maxLetters = 4000

// maxStyle bounds the features of one mail in the journal.
const maxStyle = 400

// style is what the author's own text shows of a hand.
type style struct {
	letters int
	simHash uint64 // 0 for too little text, as the next
	counts  []baseline.StyleCount
	phrases []string // opener and closer
}

// styleOf takes the style of the author's own text. It depends on nothing else.
func styleOf(own string) *style {
	s := &style{phrases: openerCloser(own)}
	text := normal(own)
	for _, r := range text {
		if isLetter(r) {
			s.letters++
		}
	}
	if s.letters < minLetters {
		return s
	}
	s.simHash = simHash(text)
	var counts [baseline.StyleDims]int
	grams(text, func(h uint32) { counts[h%baseline.StyleDims]++ })
	layout(own, s.phrases, func(h uint32) { counts[h%baseline.StyleDims] += 2 })
	for d, n := range counts {
		if n > 0 {
			s.counts = append(s.counts, baseline.StyleCount{Dim: uint16(d), Count: uint8(min(n, 255))})
		}
	}
	if len(s.counts) > maxStyle { // keep the strongest, then restore the order
		slices.SortStableFunc(s.counts, func(a, b baseline.StyleCount) int {
			return cmp.Compare(b.Count, a.Count)
		})
		s.counts = s.counts[:maxStyle]
		slices.SortFunc(s.counts, func(a, b baseline.StyleCount) int {
			return cmp.Compare(a.Dim, b.Dim)
		})
	}
	return s
}

// isLetter is unicode.IsLetter, which searches tables for what nearly every character of
// Japanese mail is.
func isLetter(r rune) bool {
	switch {
	case r >= 'ぁ' && r <= 'ゖ', r >= 'ァ' && r <= 'ヺ', r >= 0x4e00 && r <= 0x9fff: // and kanji
		return true
	case r == '、', r == '。':
		return false
	}
	return unicode.IsLetter(r)
}

// normal folds what is content, not hand: digits become 0, spaces one space; line ends
// stay, for where a line ends is a habit.
func normal(s string) []rune {
	text := make([]rune, 0, min(len(s), maxLetters))
	n, space := 0, false
	for _, r := range s {
		if n++; n > maxLetters {
			break
		}
		switch {
		case r == '\n':
			text = append(text, r)
			space = true
			continue
		case r < '\u3000' && unicode.IsSpace(r): // there are none beyond
			if !space {
				text = append(text, ' ')
			}
			space = true
			continue
		case r >= '0' && r <= '9':
			r = '0'
		case r >= '０' && r <= '９':
			r = '０'
		}
		space = false
		text = append(text, r)
	}
	return text
}

// grams calls f for every 2- and 3-gram of characters. In Japanese two characters carry
// about as much as four Latin letters, so Latin runs also give 4-grams.
func grams(text []rune, f func(uint32)) {
	for i := range text {
		h := uint32(2166136261)
		for n := 1; n <= 4 && i+n <= len(text); n++ {
			r := text[i+n-1]
			h = (h ^ uint32(r)) * 16777619
			h ^= h >> 15
			if n == 1 || n == 4 && r >= 0x3000 {
				continue
			}
			f(mix(h + uint32(n)))
		}
	}
}

// layout calls f for habits of form: openers, closers, line lengths, empty lines,
// punctuation, width, script choice.
func layout(own string, phrases []string, f func(uint32)) {
	feature := func(s string) { f(mix(hashString(s))) }
	lines, empty := 0, 0
	for line := range strings.Lines(own) {
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			empty++
			continue
		}
		lines++
		feature("len" + string(rune('a'+min(utf8.RuneCountInString(line)/10, 9))))
		if first, _ := utf8.DecodeRuneInString(line); unicode.IsSpace(first) {
			feature("indent" + string(first))
		}
		last, _ := utf8.DecodeLastRuneInString(line)
		feature("end" + string(last))
		if lines == 1 {
			feature("open" + clip(line, 12))
		}
	}
	if lines > 0 {
		feature("gap" + string(rune('a'+min(empty*4/lines, 9))))
	}
	for _, p := range phrases {
		feature(p)
	}
}

func hashString(s string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

func mix(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}

// simHash returns Charikar's SimHash (STOC 2002) over 4-grams of characters without
// spaces: mails whose hashes differ in few bits say nearly the same.
func simHash(text []rune) uint64 {
	var ones bitCounts
	var window [4]rune
	n := 0
	for _, r := range text {
		if r <= '\u3000' && unicode.IsSpace(r) {
			continue
		}
		copy(window[:], window[1:])
		window[3] = r
		if n++; n < 4 {
			continue
		}
		h := uint64(14695981039346656037)
		for _, w := range window {
			h = (h ^ uint64(w)) * 1099511628211
		}
		h ^= h >> 29
		h *= 0xbf58476d1ce4e5b9
		h ^= h >> 32
		ones.add(h)
	}
	return ones.majority(n - 3)
}

// bitCounts counts for each of 64 bits how often it was set, all at once: plane i holds
// digit i of the 64 counts. The planes hold more than maxLetters.
type bitCounts [16]uint64

func (c *bitCounts) add(h uint64) {
	for i := 0; h != 0; i++ {
		c[i], h = c[i]^h, c[i]&h
	}
}

// majority returns the bits that were set in more than half of n additions.
func (c *bitCounts) majority(n int) uint64 {
	var out uint64
	for bit := range 64 {
		count := 0
		for i, plane := range c {
			count |= int(plane>>bit&1) << i
		}
		if 2*count > n {
			out |= 1 << bit
		}
	}
	return out
}

// SameText says whether two SimHashes (0 for none) belong to nearly the same text.
func SameText(a, b uint64) bool { return similar(a, b) }

// similar says whether two SimHashes belong to nearly the same text. Unrelated texts
// differ in 32 bits on average with a deviation of 4; 10 is five deviations away.
func similar(a, b uint64) bool {
	return a != 0 && b != 0 && bits.OnesCount64(a^b) <= 10
}
