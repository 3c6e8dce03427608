package mime

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// aliases are labels met in mail that go-message does not know, by ones that it does, or by
// names decoded in this package ("iso-2022-jp", "utf-7"). The first word is what they mean,
// "-" no charset at all.
var aliases = func() map[string]string {
	all := make(map[string]string)
	for _, line := range []string{
		"shift_jis cp932 ms932 windows-932 windows-31j x-ms-cp932 cswindows31j shift-jis " +
			"shift_jis sjis x-sjis shiftjis ms_kanji csshiftjis sjis-win cp943 ibm943 " +
			"x-sjis-jp cp943c ibm-943 x-ibm943 x-mac-japanese windows31j",
		"shift_jisx0213 shift_jis-2004 shift_jis_2004 shift_jisx0213 shift_jis-x0213 " +
			"sjis-2004 shift_jis-3 sjisx0213",
		"euc-jisx0213 euc-jisx0213 euc-jis-2004 euc_jis_2004 eucjisx0213 euc-jp-3",
		"euc-jp eucjp euc_jp euc-jp-ms eucjp-ms eucjp-win cp51932 x-euc ujis x-eucjp " +
			"x-euc-jp x-eucjp-ms euc-jp cp20932 extended_unix_code_packed_format_for_japanese",
		"iso-2022-jp jis csiso2022jp jis_encoding junet jis7 jis8 x-jis",
		"utf-8 utf8 utf-8 utf_8 unicode-1-1-utf-8 cp65001 utf8mb4 unicode-2-0-utf-8 " +
			"x-utf-8 x-utf8 utf-8-sig utf-8-mac utf-8n cesu-8 csutf8",
		"utf-7 utf7 unicode-1-1-utf-7 unicode-2-0-utf-7 x-unicode-2-0-utf-7 cp65000",
		"- ascii us-ascii us_ascii ansi_x3.4-1968 iso-646-us iso646-us 646 us 7bit 8bit " +
			"unknown unknown-8bit x-unknown x-user-defined default default_charset binary none " +
			"_autodetect _autodetect_all _iso-2022-jp$esc",
		"euc-kr ks_c_5601 ksc5601 ksc_5601 ks_c_5601-1987 cp949 ms949 uhc x-windows-949 " +
			"windows-949 euckr x-euc-kr ks_c_5601-1989 ks_c_5601-1992 ksc5601-1987 ks_x_1001 x-ksc5601 " +
			"x-mac-korean x-uhc",
		"gbk cp936 ms936 x-gbk gb_2312-80 euc-cn euccn x-euc-cn gb-2312 x-mac-simp-chinese " +
			"windows-936 csgb2312 chinese iso-ir-58 csiso58gb231280 gb231280",
		"gb18030 gb18030-2000 gb18030-2005 gb18030-2022 gb-18030 cp54936",
		"hz-gb-2312 hz hz-gb2312 hzgb2312 x-hz-gb-2312 cp52936",
		"big5 cp950 ms950 windows-950 big5-eten x-big5 big-5 big5-hkscs big5hkscs big5hk cp951 cn-big5 " +
			"x-mac-trad-chinese",
		"windows-1252 latin1 latin-1 iso8859-1 iso_8859-1 iso88591 8859-1 iso-8859-1 " +
			"cp1252 x-ansi ansi windows-1252",
		"iso-2022-kr csiso2022kr iso2022-kr iso2022kr iso_2022-kr cp50225",
		"iso-2022-cn csiso2022cn iso2022-cn iso-2022-cn-ext x-iso-2022-cn cp50227",
	} {
		names := strings.Fields(line)
		to := strings.TrimPrefix(names[0], "-")
		for _, name := range names[1:] {
			all[name] = to
		}
	}
	return all
}()

// alias returns the name by which a charset is decoded here.
func alias(label string) string {
	if name, ok := aliases[label]; ok {
		return name
	}
	for _, slip := range []string{"cp-125", "win-125", "win125", "x-cp125", "windows125", "ansi-125", "ms-125"} {
		if page, ok := strings.CutPrefix(label, slip); ok {
			return "windows-125" + page
		}
	}
	for _, prefix := range []string{"cp5022", "iso2022-jp", "iso2022jp", "iso-2022-jp", "iso_2022-jp",
		"x-iso-2022-jp"} {
		if strings.HasPrefix(label, prefix) {
			return "iso-2022-jp"
		}
	}
	if strings.HasPrefix(label, "cp125") {
		return "windows-" + label[2:]
	}
	if strings.HasPrefix(label, "iso8859-") {
		return "iso-8859-" + label[8:]
	}
	return label
}

// cleanLabel takes quotes, blanks and comments off a charset label.
func cleanLabel(label string) string {
	label = strings.ToLower(strings.Trim(label, " \t\r\n\"';,"))
	if i := strings.IndexAny(label, " \t(;"); i > 0 {
		label = label[:i]
	}
	if len(label) > 60 {
		label = label[:60]
	}
	return oneLine(label)
}

// DecodeCharset converts b from the labelled charset to valid UTF-8. Wrong labels
// are common: text that is plainly something else is read as what it is. note is
// the code of the defect, "" when the label fits.
func DecodeCharset(b []byte, label string) (text, note string) {
	name := alias(cleanLabel(label))
	switch name {
	case "utf-7":
		return decodeUTF7(b), ""
	case "":
		return decodeUnlabelled(b, label)
	case "utf-8":
		return decodeUTF8(b)
	case "iso-2022-jp":
		if !has8bit(b) || isJISEscape(b) { // 8-bit half-width kana between escapes (CP50220)
			return doubted(decodeISO2022(b, modeKana))
		}
		return guessText(b), DefectLabel
	case "iso-2022-kr":
		return decodeSevenBit(b, modeKSC)
	case "iso-2022-cn":
		return decodeSevenBit(b, modeGB)
	}
	if isJISEscape(b) && !has8bit(b) {
		return decodeISO2022(b, modeKana), DefectLabel
	}
	return decodeLabelled(b, name)
}

// decodeUnlabelled converts text whose label names no charset: "", "unknown-8bit", "us-ascii".
func decodeUnlabelled(b []byte, label string) (text, note string) {
	if bytes.IndexByte(b, 0x1b) < 0 && !has8bit(b) {
		return string(b), ""
	}
	if cleanLabel(label) != "" {
		note = DefectLabel
	}
	return guessText(b), note
}

// decodeUTF8 converts text that is labelled UTF-8; ISO-2022-JP has no 8-bit bytes and is
// known by its escapes.
func decodeUTF8(b []byte) (text, note string) {
	eight := has8bit(b)
	switch {
	case !eight && !isJISEscape(b):
		return string(b), ""
	case eight && utf8.Valid(b):
		return string(trimBOM(b)), ""
	case eight && mostlyUTF8(b):
		return strings.ToValidUTF8(string(trimBOM(b)), "\uFFFD"), DefectEncoding
	}
	return guessText(b), DefectLabel
}

// decodeSevenBit converts text in a 7-bit charset of ISO 2022.
func decodeSevenBit(b []byte, first mode) (text, note string) {
	if has8bit(b) {
		return guessText(b), DefectLabel
	}
	return doubted(decodeISO2022(b, first))
}

// doubted returns text with a note where it holds characters of a set that nobody here knows.
func doubted(text string) (string, string) {
	if strings.Contains(text, "\uFFFD") {
		return text, DefectEncoding
	}
	return text, ""
}

// decodeLabelled converts by the label and doubts it when the result has errors that
// another charset would not.
func decodeLabelled(b []byte, name string) (text, note string) {
	if !has8bit(b) && !isWide(name) {
		return string(b), ""
	}
	out, ok := convert(b, name)
	if !ok {
		return guessText(b), DefectCharset
	}
	errors := bytes.Count(out, []byte("\uFFFD"))
	if errors == 0 {
		return strings.ToValidUTF8(string(out), "\uFFFD"), ""
	}
	if utf8.Valid(b) {
		return string(trimBOM(b)), DefectLabel
	}
	if name == "shift_jis" || name == "euc-jp" {
		if other := guessText(b); strings.Count(other, "\uFFFD")*4 < errors {
			return other, DefectLabel
		}
	}
	return strings.ToValidUTF8(string(out), "\uFFFD"), DefectEncoding
}

// convert decodes b by the tables of this package where it holds characters that they alone
// know, else by those of the libraries; ok is false for a charset that nobody knows.
func convert(b []byte, name string) (out []byte, ok bool) {
	switch {
	case name == "shift_jisx0213":
		return []byte(decodeSJIS0213(b)), true
	case name == "euc-jisx0213":
		return []byte(decodeEUC0213(b)), true
	case name == "shift_jis" && hasByte(b, 0xf0, 0xf9): // the user's area
		return []byte(decodeShiftJIS(b)), true
	case name == "euc-jp" && hasByte(b, 0xf5, 0xfe):
		return []byte(decodeEUCJP(b)), true
	}
	if enc := encodingOf(name); enc != nil {
		out, _ = enc.NewDecoder().Bytes(b)
		return out, true
	}
	r, err := charset.Reader(name, bytes.NewReader(b))
	if err != nil {
		return nil, false
	}
	out, _ = io.ReadAll(r)
	return out, true
}

// isKnown says whether there is a decoder for a charset, by the name that alias gives it.
func isKnown(name string) bool {
	switch name {
	case "", "utf-7", "utf-8", "iso-2022-jp", "iso-2022-kr", "iso-2022-cn":
		return true
	}
	_, ok := convert(nil, name)
	return ok
}

// isPlainUTF8 says whether b reads the same in all programs that do not know its charset: "y"
// is what git's users answer when asked for the charset of their UTF-8. Escapes and shifts
// (ISO 2022) lead out of ASCII.
func isPlainUTF8(b []byte) bool {
	return utf8.Valid(b) && !hasByte(b, 0x0e, 0x0e) && !hasByte(b, 0x1b, 0x1b)
}

// encodingOf is the short cut for the charsets of everyday mail.
func encodingOf(name string) encoding.Encoding {
	switch name {
	case "shift_jis":
		return japanese.ShiftJIS
	case "euc-jp":
		return japanese.EUCJP
	case "gbk", "gb2312", "gb18030": // one decoder for all (WHATWG encoding standard 10.1.1)
		return simplifiedchinese.GB18030
	case "euc-kr":
		return korean.EUCKR
	case "big5":
		return traditionalchinese.Big5
	case "windows-1252":
		return charmap.Windows1252
	}
	return nil
}

// oddCharset says whether some programs do not know a charset in which text looks other than it
// stands there. Browsers have dropped most of these (WHATWG encoding standard, "replacement").
func oddCharset(label string) bool {
	switch name := alias(cleanLabel(label)); name {
	case "utf-7", "hz-gb-2312", "iso-2022-kr", "iso-2022-cn":
		return true
	default:
		return isWide(name)
	}
}

func isWide(name string) bool {
	return strings.HasPrefix(name, "utf-16") || strings.HasPrefix(name, "utf-32") ||
		name == "hz-gb-2312" || strings.HasPrefix(name, "ucs-") || strings.HasPrefix(name, "ibm")
}

// hasByte says whether b has a byte from low to high.
func hasByte(b []byte, low, high byte) bool {
	for _, c := range b {
		if c >= low && c <= high {
			return true
		}
	}
	return false
}

func has8bit(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

func trimBOM(b []byte) []byte {
	return bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
}

// mostlyUTF8 says whether text is UTF-8 with a few broken characters, as when a
// mail was cut or wrapped inside a character.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		i += n
	}
	return good > 8*bad
}

// guessText converts text without a trustworthy label.
func guessText(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		if r, err := charset.Reader("utf-16", bytes.NewReader(b)); err == nil {
			out, _ := io.ReadAll(r)
			return strings.ToValidUTF8(string(out), "\uFFFD")
		}
	case isJISEscape(b):
		return decodeISO2022(b, modeKana)
	case utf8.Valid(b):
		return string(trimBOM(b))
	case mostlyUTF8(b):
		return strings.ToValidUTF8(string(trimBOM(b)), "\uFFFD")
	}
	switch enc := likeliest(b); enc {
	case japanese.ShiftJIS:
		return decodeShiftJIS(b)
	case japanese.EUCJP:
		return decodeEUCJP(b)
	default:
		out, _ := enc.NewDecoder().Bytes(b)
		return strings.ToValidUTF8(string(out), "\uFFFD")
	}
}

// MetaCharset finds the charset that an HTML page declares in its first kilobyte.
func MetaCharset(b []byte) string {
	head := bytes.ToLower(b[:min(len(b), 2048)])
	i := bytes.Index(head, []byte("charset="))
	if i < 0 {
		return ""
	}
	value := bytes.TrimLeft(head[i+8:], " \"'")
	if end := bytes.IndexAny(value, " \"'/>;"); end >= 0 {
		value = value[:end]
	}
	return string(value)
}
