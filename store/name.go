package store

import (
	"fmt"
	"strconv"
	"strings"
)

// Stable names for people, such as "H-0001D": a letter for the kind, the row's id in
// Crockford's base 32 (https://www.crockford.com/base32.html), at least four digits, and
// a check digit. The check is a polynomial over GF(32), so that every single wrong
// character and every swap of two is noticed.

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// nameDigits is the least number of digits before the check.
const nameDigits = 4

// Code is the hold's name with a check digit, such as "H-0001D".
func (h *Hold) Code() string { return code('H', h.ID) }

// Code is the incident's name with a check digit, such as "I-0001D".
func (i *Incident) Code() string { return code('I', i.ID) }

// HoldID reads a hold's name, with check digit ("H-0001D") or without ("H12", "12"). Case
// does not matter, and o, i and l are read as the digits that they look like.
func HoldID(text string) (int64, error) { return rowID('H', text) }

// IncidentID reads an incident's name, in the same forms.
func IncidentID(text string) (int64, error) { return rowID('I', text) }

func code(letter byte, id int64) string {
	digits := strconv.FormatInt(id, 32) // 0-9a-v
	var b strings.Builder
	for range nameDigits - len(digits) {
		b.WriteByte('0')
	}
	for _, c := range []byte(digits) {
		v, _ := strconv.ParseUint(string(c), 32, 8)
		b.WriteByte(crockford[v])
	}
	body := b.String()
	return fmt.Sprintf("%c-%s%c", letter, body, crockford[checkOf(body)])
}

// checkOf returns the check of Crockford digits: Horner's rule in GF(32) modulo
// x^5 + x^2 + 1, at the generator x.
func checkOf(digits string) int {
	c := 0
	for i := range len(digits) {
		c = timesX(c) ^ strings.IndexByte(crockford, digits[i])
	}
	return timesX(c)
}

func timesX(c int) int {
	if c <<= 1; c >= 32 {
		c ^= 0b100101
	}
	return c
}

func rowID(letter byte, text string) (int64, error) {
	bad := fmt.Errorf("%q is not an id such as %s or %c1", text, code(letter, 1), letter)
	s := strings.TrimPrefix(strings.ToUpper(text), string(letter))
	body, coded := strings.CutPrefix(s, "-")
	if !coded {
		id, err := strconv.ParseUint(s, 10, 63)
		if err != nil || id == 0 {
			return 0, bad
		}
		return int64(id), nil
	}
	body = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(body)
	if len(body) <= nameDigits || len(body) > 14 { // 13 digits are 65 bits
		return 0, bad
	}
	id := uint64(0)
	for _, c := range []byte(body[:len(body)-1]) {
		v := strings.IndexByte(crockford, c)
		if v < 0 || id >= 1<<58 {
			return 0, bad
		}
		id = id<<5 | uint64(v)
	}
	if id == 0 || crockford[checkOf(body[:len(body)-1])] != body[len(body)-1] {
		return 0, fmt.Errorf("%w: a character is wrong", bad)
	}
	return int64(id), nil
}
