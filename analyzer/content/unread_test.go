package content

import (
	"strings"
	"testing"

	"hisseki/analyzer/content/mime"
)

// TestUnread holds that what nobody here can read is said to be unread, with the reason, and
// that what is only labelled badly is not.
func TestUnread(t *testing.T) {
	const (
		pgp  = "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA0FB\r\n=QUFB\r\n-----END PGP MESSAGE-----\r\n"
		file = "Content-Type: application/octet-stream\r\nContent-Disposition: attachment\r\n"
		old  = "Yes.\r\n\r\nOn 1 Jan 2020, A <a@example.org> wrote:\r\n> "
	)
	text := func(label, body string) Source { return coded(label, "8bit", body)() }
	encoded := func(name string) string { return "Content-Transfer-Encoding: " + name }
	for name, tt := range map[string]struct {
		src  Source
		want Reason
	}{
		"a charset":            {text("x-secret", "\x81\x82\x83\x84"), mime.UnreadEncoding},
		"a charset in 7 bits":  {text("x-secret", "\x1b$~AB\x1b(B"), mime.UnreadEncoding},
		"UTF-8 labelled y":     {text("y", "text, テキスト"), ""},
		"a page's own charset": {oneMail("Content-Type: text/html", "<meta charset=x-secret>\xc1\xc2")(), mime.UnreadEncoding},
		"a file's charset": {inParts("Content-Type: text/html; charset=x-secret\r\n" +
			"Content-Disposition: attachment\r\n\r\n<html>\xc1\xc2"), mime.UnreadEncoding},
		"an encoding":             {coded("utf-8", "x-secret", "text")(), mime.UnreadEncoding},
		"an attachment":           {inParts(file + encoded("x-yenc") + "\r\n\r\n=ybegin"), mime.UnreadEncoding},
		"a multipart":             {whole(mixed+"\r\n"+encoded("x-gzip64"), "--b\r\n\r\nx\r\n--b--"), mime.UnreadEncoding},
		"a mail in a mail":        {inParts("Content-Type: message/rfc822\r\n" + encoded("x-bz2") + "\r\n\r\nSubject: x\r\n\r\nx"), mime.UnreadEncoding},
		"OpenPGP":                 {oneMail(plain, pgp)(), mime.UnreadEncrypted},
		"OpenPGP below text":      {oneMail(plain, "Please read this.\r\n \r\n"+pgp)(), mime.UnreadEncrypted},
		"OpenPGP in parts":        {oneMail(plain, strings.Replace(pgp, "-----\r", ", PART 1/2-----\r", 1))(), mime.UnreadEncrypted},
		"OpenPGP in a page":       {oneMail(htmlPart, "<pre>"+pgp+"</pre>")(), mime.UnreadEncrypted},
		"OpenPGP far below":       {oneMail(plain, many("word ", 300<<10)+"\r\n"+pgp)(), mime.UnreadEncrypted},
		"OpenPGP in a file":       {inParts(file + "\r\n" + pgp), mime.UnreadEncrypted},
		"OpenPGP in an old mail":  {oneMail(plain, old+strings.ReplaceAll(pgp, "\n", "\n> "))(), ""},
		"words about OpenPGP":     {oneMail(plain, "It begins with "+pgp)(), ""},
		"a signature of OpenPGP":  {oneMail(plain, strings.ReplaceAll(pgp, "MESSAGE", "SIGNED MESSAGE"))(), ""},
		"bits by another name":    {coded("utf-8", "8-bit", "text")(), ""},
		"a charset as encoding":   {coded("utf-8", "utf-8", "text")(), ""},
		"no charset":              {text("unknown-8bit", "\x83\x65\x83\x58\x83\x67"), ""},
		"a charset by a nickname": {text("x-sjis-jp", "\x83\x65\x83\x58\x83\x67"), ""},
	} {
		c := Parse(tt.src, Limits{})
		var got Reason
		for _, u := range c.Unread {
			got += u.Reason
		}
		if got != tt.want {
			t.Errorf("%s: unread %v, want %q; defects %v", name, c.Unread, tt.want, c.Defects)
		}
	}
	for _, label := range []string{"", "us-ascii", "utf-8", "utf-7", "utf-16", "utf-16le", "iso-2022-jp", "iso-2022-jp-3",
		"iso-2022-kr", "iso-2022-cn", "hz-gb-2312", "shift_jis", "cp932", "shift_jisx0213", "euc-jp", "eucjp-ms",
		"gb2312", "gbk", "gb18030", "big5", "big5-hkscs", "euc-kr", "ks_c_5601-1987", "windows-874", "tis-620",
		"windows-1250", "cp1258", "iso-8859-1", "iso-8859-15", "iso8859-2", "koi8-r", "koi8-u", "macintosh",
		"x-mac-cyrillic", "ibm866", "ibm850", "iso-8859-8-i", "x-user-defined"} {
		if c := Parse(text(label, "text"), Limits{}); len(c.Unread) > 0 {
			t.Errorf("charset %q: unread %v", label, c.Unread)
		}
	}
}
