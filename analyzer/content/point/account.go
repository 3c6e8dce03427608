package point

import (
	"crypto/sha256"
	"strings"
)

// ibanLengths are the lengths of account numbers by country (SWIFT IBAN registry).
var ibanLengths = func() map[string]int {
	lengths := make(map[string]int)
	for _, w := range strings.Fields("AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 " +
		"CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 " +
		"HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 " +
		"MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 " +
		"SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30") {
		lengths[w[:2]] = int(w[2]-'0')*10 + int(w[3]-'0')
	}
	return lengths
}()

// iban reads an International Bank Account Number (ISO 13616) at the beginning of s, with or
// without blanks, by its check digits; n is its length in s, 0 for none.
func iban(s string) (value string, n int) {
	want := ibanLengths[strings.ToUpper(s[:min(2, len(s))])]
	if want == 0 {
		return "", 0
	}
	var b [34]byte
	k := 0
	for ; n < len(s) && k < want; n++ {
		c := s[n]
		switch {
		case isAlnum(c):
			if c >= 'a' && c <= 'z' {
				c -= 'a' - 'A'
			}
			b[k] = c
			k++
		case c == ' ' || c == '-':
		default:
			return "", 0
		}
	}
	if k < want || n < len(s) && isAlnum(s[n]) || !checks97(b[:k]) {
		return "", 0
	}
	return "iban:" + string(b[:k]), n
}

// checks97 says whether an IBAN, its first four characters moved to the end and letters read
// as 10 to 35, is 1 modulo 97 (ISO 7064).
func checks97(b []byte) bool {
	rest := 0
	for i := range b {
		c := b[(i+4)%len(b)]
		if class[c] == classDigit {
			rest = (rest*10 + int(c-'0')) % 97
		} else {
			rest = (rest*100 + int(c-'A') + 10) % 97
		}
	}
	return rest == 1
}

// minWallet is the length of the shortest wallet.
const minWallet = 26

// wallet returns the spelling of a wallet's address, "" for other words: Bitcoin and its kin
// in Base58Check or Bech32 (BIP 173, BIP 350), by their checksums, and Ethereum.
func wallet(word string) string {
	switch {
	case len(word) == 42 && word[0] == '0' && word[1]|0x20 == 'x':
		return ethereum(word)
	case len(word) <= 35 && strings.IndexByte("123LMDTXrA", word[0]) >= 0 && base58check(word):
		return "wallet:" + word
	case len(word) >= 40 && len(word) <= 90 && bech32(word):
		return "wallet:" + strings.ToLower(word)
	}
	return ""
}

func ethereum(word string) string {
	for i := 2; i < len(word); i++ {
		c := word[i] | 0x20
		if class[word[i]] != classDigit && (c < 'a' || c > 'f') {
			return ""
		}
	}
	return "wallet:" + strings.ToLower(word)
}

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

var fromBase58 = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for i := range base58 {
		t[base58[i]] = int8(i)
	}
	return t
}()

// base58check says whether a word is a version, 20 bytes and the first four bytes of their
// twice hashed SHA-256.
func base58check(word string) bool {
	var raw [25]byte
	for i := range len(word) {
		carry := int(fromBase58[word[i]])
		if carry < 0 {
			return false
		}
		for j := len(raw) - 1; j >= 0; j-- {
			carry += int(raw[j]) * 58
			raw[j] = byte(carry)
			carry >>= 8
		}
		if carry != 0 {
			return false
		}
	}
	first := sha256.Sum256(raw[:21])
	second := sha256.Sum256(first[:])
	return string(second[:4]) == string(raw[21:])
}

const bech32Letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// bech32 says whether a word is a prefix, "1" and data whose checksum is right:
// "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq".
func bech32(word string) bool {
	low := strings.ToLower(word)
	if low != word && strings.ToUpper(word) != word {
		return false
	}
	split := strings.LastIndexByte(low, '1')
	if split < 1 || split > 10 || len(low)-split < 38 {
		return false
	}
	sum := 1
	for i := range split {
		sum = polymod(sum, int(low[i]>>5))
	}
	sum = polymod(sum, 0)
	for i := range split {
		sum = polymod(sum, int(low[i]&31))
	}
	for i := split + 1; i < len(low); i++ {
		v := strings.IndexByte(bech32Letters, low[i])
		if v < 0 {
			return false
		}
		sum = polymod(sum, v)
	}
	return sum == 1 || sum == 0x2bc830a3
}

func polymod(sum, v int) int {
	top := sum >> 25
	sum = (sum&0x1ffffff)<<5 ^ v
	for i, g := range [5]int{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
		if top>>i&1 == 1 {
			sum ^= g
		}
	}
	return sum
}
