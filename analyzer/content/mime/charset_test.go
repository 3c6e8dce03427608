package mime

import "testing"

// One charset has many names, in the field more than any standard has. What nobody here has a table
// for is said, never silent.
func TestCharsetNames(t *testing.T) {
	const chinese, korean = "\xc4\xe3\xba\xc3\x95\x32\x82\x36", "\xbe\xc8\xb3\xe7 \x8cc"
	for _, tt := range []struct{ label, bytes, want, note string }{
		{"gb18030", chinese, "你好𠀀", ""}, {"GBK", chinese, "你好𠀀", ""}, {"windows-936", chinese, "你好𠀀", ""},
		{"csGB2312", chinese, "你好𠀀", ""}, {"gb18030-2022", chinese, "你好𠀀", ""},
		{"HZ", "~{Dc:C~}", "你好", ""}, {"x-hz-gb-2312", "~{Dc:C~}", "你好", ""},
		{"x-euc-kr", korean, "안녕 똠", ""}, {"KS_C_5601-1992", korean, "안녕 똠", ""}, {"cp949", korean, "안녕 똠", ""},
		{"windows-950", "\xa7A\xa6n", "你好", ""}, {"big5-hkscs", "\x87\x40", "䏰", ""}, {"big5hk", "\x87\x40", "䏰", ""},
		{"cp943c", "\x87\x40", "①", ""}, {"x-mac-japanese", "\x93\xfa", "日", ""}, {"jis7", "\x1b$BF|\x1b(B", "日", ""},
		{"x-utf-8", "日", "日", ""}, {"utf-8-sig", "\xef\xbb\xbf日", "日", ""},
		{"cp-1252", "\x80", "€", ""}, {"win-1251", "\xcf", "П", ""}, {"Windows1250", "\xb9", "ą", ""},
		{"unicode-1-1-utf-7", "+ZeVnLIqe-", "日本語", ""},
		// The user's area of ISO-2022-JP-MS, JIS X 0201's kana, national ASCII.
		{"iso-2022-jp-ms", "\x1b$B-!\x1b$(?!!\"\"\x1b(B.", "①\ue000\ue05f.", ""},
		{"iso-2022-jp", "\x1b(I1\x1b(B \x1b(KA\x1b(B", "ｱ A", ""},
		{"iso-2022-jp-2", "\x1b$ADc\x1b(B \x1b$(C>H\x1b(B", "你 안", ""},
		// A set of ISO 2022 that is not of Japan, Korea or China.
		{"iso-2022-jp", "\x1b$(K!!\x1b(B.", "\uFFFD.", DefectEncoding},
		{"iso-2022-jp", "\x1b$(0!!\x1b(B.", "\uFFFD.", DefectEncoding},
		{"iso-2022-kr", "\x1b$)C\x0e\x7e\x7e\x0f", "\uFFFD", DefectEncoding},
	} {
		if got, note := DecodeCharset([]byte(tt.bytes), tt.label); got != tt.want || note != tt.note {
			t.Errorf("%s of %q: %q %q, want %q %q", tt.label, tt.bytes, got, note, tt.want, tt.note)
		}
	}
	for _, label := range []string{"johab", "x-johab", "ms1361", "euc-tw", "viscii", "koi8-t", "cp500", "t.61", "y"} {
		if _, note := DecodeCharset([]byte("\x88\x61\xa2\x75"), label); note != DefectCharset {
			t.Errorf("%s is read without a word: %q", label, note)
		}
	}
}
