package content

import (
	"bytes"
	"strings"
	"testing"

	"hisseki/analyzer/content/fixture"
)

// benchMail reads a fixture and fills its body up to about size bytes by repeating
// its text.
func benchMail(b *testing.B, head, text string, size int) Source {
	b.Helper()
	body := strings.Repeat(text, size/len(text)+1)[:size]
	src, err := ReadSource(strings.NewReader(head+"\r\n"+body), 0)
	if err != nil {
		b.Fatal(err)
	}
	return src
}

const benchHead = "From: =?ISO-2022-JP?B?GyRCOzNFREJATzobKEI=?= <yamada@example.jp>\r\n" +
	"To: Suzuki <suzuki@partner.example.org>, \"Tanaka, Ken\" <tanaka@partner.example.org>\r\n" +
	"Subject: =?UTF-8?B?UmU6IOOBiuimi+epjeOCiuOBruS7tg==?=\r\n" +
	"Date: Mon, 2 Jun 2025 10:15:00 +0900\r\nMessage-ID: <m1@example.jp>\r\n" +
	"In-Reply-To: <m0@partner.example.org>\r\nReferences: <m0@partner.example.org>\r\n" +
	"X-Mailer: Example 1.0\r\nMIME-Version: 1.0\r\n"

const benchJA = "鈴木様\r\n\r\nいつもお世話になっております。山田です。\r\n" +
	"見積書は「https://www.example.jp/q/2025?id=12」に置きました。\r\n" +
	"ご確認のほど、よろしくお願いいたします。\r\n" +
	"> 前回の件、承知しました。https://partner.example.org/old\r\n\r\n"

const benchEN = "Dear Mr Suzuki,\r\n\r\nthe quotation is at " +
	"https://www.example.org/q/2025?id=12 as we said. The\r\n" +
	"figures for May (e.g. those of example.com) follow next week, v1.2.3 of the form too.\r\n" +
	"> older words of yours, somewhat longer than one line would be\r\n\r\n"

const benchHTML = "<div style=\"margin:0\"><p class=\"MsoNormal\">Dear Mr Suzuki,&nbsp;</p>" +
	"<p><b>the quotation</b> is <a href=\"https://www.example.org/q/2025?id=12\" " +
	"target=\"_blank\">here</a>, as we said.<br>Figures follow.</p>" +
	"<table><tr><td style=\"color:#333\">1</td><td>2</td></tr></table></div>\r\n"

func BenchmarkParse(b *testing.B) {
	for _, bm := range []struct{ name, ctype, text string }{
		{"plain-en-8K", "text/plain; charset=us-ascii", benchEN},
		{"plain-ja-8K", "text/plain; charset=utf-8", benchJA},
		{"html-8K", "text/html; charset=utf-8", benchHTML},
	} {
		src := benchMail(b, benchHead+"Content-Type: "+bm.ctype+"\r\n", bm.text, 8<<10)
		b.Run(bm.name, func(b *testing.B) { benchParse(b, src) })
	}
	b.Run("multipart-8K", func(b *testing.B) {
		src := benchMail(b, benchHead+"Content-Type: multipart/alternative; boundary=b\r\n",
			"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"+many(benchJA, 8)+
				"\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"+many(benchHTML, 15)+
				"\r\n--b--\r\n", 8<<10)
		benchParse(b, src)
	})
	b.Run("attachment-1M", func(b *testing.B) {
		src := benchMail(b, benchHead+"Content-Type: application/zip\r\n"+
			"Content-Transfer-Encoding: base64\r\n", many("QUJD", 19)+"\r\n", 1<<20)
		benchParse(b, src)
	})
}

// BenchmarkFixtures reads all fixtures, the odd and the broken.
func BenchmarkFixtures(b *testing.B) {
	var all []Source
	for _, raw := range fixture.Mails(b, "../..") {
		src, err := ReadSource(bytes.NewReader(raw), 0)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, src)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		Parse(all[i%len(all)], Limits{})
	}
}

func benchParse(b *testing.B, src Source) {
	b.SetBytes(int64(len(src.Body)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(src, Limits{})
	}
}
