package content

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

// costTokens are what hostile mail is made of, by what it is read as: each makes some
// reader look ahead, look back, or begin again.
var costTokens = map[string][]string{
	plain: {
		"a", " ", "\n", ".", "-", "_", "@", "/", ":", "://", "http://", "https://", "hxxp://", "www.",
		"www.あ", "あ", "。", "・", "例え.jp", ".jp", ".com", ".example", "[.]", "[", "]", "(", ")", "{",
		"}", "[:]//", "user:パス@", "%2e", "..", "/../", "?", "#", "&", "=", "!", "*", "'", ",", ";", "<",
		">", "\"", "`", "ｈｔｔｐ：／／", "ｗｗｗ．", "\u200b", "\u00ad", "xn--", "begin 644 a\n", "#0V%T\n",
		"`\n", "end\n", "\nend", "> ", "| ", "TY> ", "--\n", "-- \n", "----------\n", "________\n",
		"On 1 Jan 2020, A <a@b.example> wrote:\n", "A wrote:\n", "From: a\n", "To: a@b.example,\n",
		"Sent: Monday\n", "Subject: x\n", "Cc: a\n", "Date: 1.1.2020 10:00\n", "Importance: x\n",
		"01/02/2003 10:00 AM\n", "-----Original Message-----\n", "this e-mail is confidential",
		"本メールは", "intended recipient", "TEL 03-0000-0000\n", "Tel: 03-1111-2222 ", "株式会社",
		"diff --git a b\n", "--- a\n+++ b\n", "@@ -1 +1 @@\n", " a | 1 +\n", "\t", "\r\n", "\r", "\x00",
		"\xff", "\x1b$B", "\x1b(B", "\x0e", "\x0f", "=?utf-8?q?", "?=", "+ADw-", "=\r\n", "=41",
	},
	page: {
		"<", ">", "</", "<a ", "<a href=", "<a href=//a.jp>", "</a>", "<p>", "</p>", "<div>", "</div>",
		"<div style=\"display:none\">", "<span style='display:block'>", "<td>", "<tr>", "<table>",
		"<blockquote>", "</blockquote>", "<br>", "<img src=", "<img src=//b.jp/1>", "<!--", "-->",
		"<!--[if mso]>", "<![endif]-->", "<!--[if !mso]><!-->", "<!", "<?", "<style>", "</style>",
		".a{display:none}", "@media{", "}", "{", "<script>", "</script>", "<noscript>", "</noscript>",
		"<xmp>", "</xmp>", "<iframe>", "</iframe>", "<textarea>", "<title>", "<plaintext>", "<object>",
		"<base href=//c.jp/>", "<meta http-equiv=refresh content='0;url=//d.jp'>", "<form action=//e.jp>",
		"&", "&amp;", "&#x41;", "&#", "&notin", " style=\"", " class=a ", " id=b ", "\"", "'", "=", " x=y",
		"color:red;", "http://", "https://a.jp/", "mailto:", "data:,", "javascript:", "a", " ", "\n",
		".", "例え.jp", "\u200b", "&nbsp;", "<svg>", "<math>", "<select><option>", "<pre>", "<font color=white>",
		"<xml>", "</xml>", "<template>", "<head>", "<body>", "</body>", "<x:y href=//f.jp>", "<i>", "<b>",
	},
	mixed: {
		"--b\r\n", "--b--\r\n", "\r\n", "\r\n--b\r\n", "--b", "--", "b", "--c\r\n", "--c--\r\n",
		"Content-Type: text/plain\r\n", "Content-Type: text/html\r\n", "Content-Type: message/rfc822\r\n",
		"Content-Type: multipart/mixed; boundary=c\r\n", "Content-Type: multipart/mixed; boundary=b\r\n",
		"Content-Type: multipart/digest; boundary=b\r\n", "Content-Type: multipart/alternative; boundary=c\r\n",
		"Content-Type: multipart/mixed\r\n", "Content-Transfer-Encoding: base64\r\n",
		"Content-Transfer-Encoding: quoted-printable\r\n", "Content-Transfer-Encoding: x-uuencode\r\n",
		"Content-Type: application/zip\r\n", "Content-Disposition: attachment; filename=a.html\r\n",
		"Content-Type: application/pkcs7-mime\r\n", "Content-Type: text/calendar; name=a.ics\r\n",
		"X: y\r\n", " fold\r\n", "dirt\r\n", "QUFB", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\r\n",
		"PK\x03\x04", "PK\x01\x02", "\x30\x80", "\x24\x80", "\x04\x01a", "\x00\x00", "=\r\n", "=3D", "<a href=//a.jp>",
		"https://a.jp/", "text ", "\x1b$B", "\xff", "begin 644 a\n", "Subject: x\r\n", "<html>", "<div>",
		"BEGIN:VCALENDAR\r\n", "URL:https://a.jp\r\n", "a", " ", "\n",
	},
	"Subject: ": {
		"=?", "?=", "=?utf-8?q?", "=?utf-8?b?", "=?iso-2022-jp?b?GyRC", "?", "=", "a", " ", "\n ", "_", "=41",
		"\xe3\x81", "\x1b$B", "\x83", "http://a.jp ", "あ",
	},
	"To: ": {
		"a", "@", "a@b.example", ",", ";", ":", "<", ">", "\"", "\\", "(", ")", " ", "\n ", ".", "=?utf-8?q?a?=",
		"あ", "Sato, ", "<@a,@b:", "[", "]", "mailto:", "'",
	},
	"Content-Type: ": {
		"text/html", ";", " ", "=", "\"", "\\", "charset", "boundary", "*", "*0", "*0*", "'", "%41", "name", "a",
		"(", ")", ",", "\n ", "\xe3", "=?utf-8?q?a?=",
	},
}

// hostilePattern makes about size bytes of a few tokens repeated: what costs more than its
// length shows when it is repeated.
func hostilePattern(r *rand.Rand, tokens []string, size int) string {
	pick := func(n int) string {
		var b strings.Builder
		for range 1 + r.IntN(n) {
			b.WriteString(strings.Repeat(tokens[r.IntN(len(tokens))], 1<<r.IntN(4)))
		}
		return b.String()
	}
	var b strings.Builder
	for unit, filler := pick(4), ""; b.Len() < size; {
		switch r.IntN(400) {
		case 0: // another tune
			unit = pick(6)
		case 1: // now and then one long run
			filler = strings.Repeat(tokens[r.IntN(len(tokens))], r.IntN(4000))
			b.WriteString(filler)
		}
		b.WriteString(unit)
	}
	return b.String()[:size]
}

// hostileMail makes a mail for a seed.
func hostileMail(seed uint64) (kind string, src Source) {
	r := rand.New(rand.NewPCG(seed, 1))
	kinds := []string{plain, page, mixed, plain, page, mixed, "Subject: ", "To: ", "Content-Type: "}
	kind = kinds[r.IntN(len(kinds))]
	if name, ok := strings.CutSuffix(kind, ": "); ok {
		src := Source{Body: []byte("https://a.jp/")}
		for range 20 {
			src.Header = append(src.Header,
				Field{Name: name, Value: hostilePattern(r, costTokens[kind], 100<<10)})
		}
		return kind, src
	}
	field := kind
	if kind == plain && r.IntN(3) == 0 {
		labels := []string{"iso-2022-jp", "utf-7", "shift_jis", "utf-16", "iso-2022-kr", "hz-gb-2312"}
		field = "Content-Type: text/plain; format=flowed; delsp=yes; charset=" + labels[r.IntN(len(labels))]
	}
	src = oneMail(field, hostilePattern(r, costTokens[kind], hostileSize))()
	if r.IntN(3) == 0 {
		transfer := []string{"base64", "quoted-printable", "x-uuencode"}[r.IntN(3)]
		src.Header = append(src.Header, Field{Name: "Content-Transfer-Encoding", Value: transfer})
	}
	return kind, src
}

// TestCost holds that what a mail costs grows with its length, whatever is repeated in it:
// HISSEKI_COST_SEEDS says how many mails are made (20), from HISSEKI_COST_FIRST on.
func TestCost(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes all of this slow")
	}
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return otherwise
	}
	first := number("HISSEKI_COST_FIRST", 1)
	for seed := first; seed < first+number("HISSEKI_COST_SEEDS", 20); seed++ {
		kind, src := hostileMail(uint64(seed))
		spent, allocated, _ := measure(src)
		for try := 0; try < 3 && spent > hostileTime; try++ {
			spent, allocated, _ = measure(src)
		}
		if spent > hostileTime || allocated > 4*hostileBytes {
			t.Errorf("seed %d, %s: %v and %d MiB for %.300q %.100q", seed, kind, spent, allocated>>20,
				fmt.Sprint(src.Header), src.Body)
		}
	}
}
