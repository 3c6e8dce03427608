package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hisseki/internal/company"
	"hisseki/ledger"
)

// lured is a mail that leads to a site in a way that a reader of links may overlook.
type lured struct {
	name, host string // what to block: each mail has a host of its own
	body       string // of HTML; HOST stands for the host
	header     string // other than HTML's
}

const attached = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"

// file is the body of a mail with a file of no known type.
func file(name, text string) string {
	return "--b\r\nContent-Type: text/plain\r\n\r\nsee the file\r\n--b\r\nContent-Type: application/octet-stream\r\n" +
		"Content-Disposition: attachment; filename=\"" + name + "\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		"BASE64:" + text + "\r\n--b--\r\n"
}

// luredMails are kinds that were seen to come out wrong, and their siblings: hosts (UTS 46), what
// mail programs lay out of HTML, redirectors, files by content, schemes that programs open.
func luredMails() (list []lured) {
	add := func(name, host, body string) {
		list = append(list, lured{name: name, host: host, body: body})
	}
	html := func(kind string, bodies ...string) {
		for i, body := range bodies {
			host := fmt.Sprintf("%s%02d.lure.example.net", kind, i+1)
			if !strings.Contains(body, "HOST") && !strings.Contains(body, "B64") {
				panic(body)
			}
			add(fmt.Sprintf("%s %.50s", kind, body), host, body)
		}
	}
	add("emoji", "i❤.lure.example.net", `open https://i❤.lure.example.net/a`)
	add("letters", "letters.lure.example.net", `open https://ⓛⓔⓣⓣⓔⓡⓢ.lure.example.net/a`)
	add("wide", "wide.lure.example.net", `open https://ｗｉｄｅ．lure。example.net/a`)
	add("middle dot", "例え・話.lure.example.net", `open https://例え・話.lure.example.net/a です`)
	add("private suffix", "日本語.lure.internal", `open https://日本語.lure.internal/a`)
	html("mso", `<!--[if mso]><a href="https://HOST/a">open</a><![endif]-->`,
		`<!--[if gte mso 9]><v:roundrect xmlns:v="urn:schemas-microsoft-com:vml" href="https://HOST/b"><center>open</center></v:roundrect><![endif]-->`,
		`<!--[if (gte mso 9)|(IE)]><v:rect href="HOST/login"></v:rect><![endif]-->`,
		`<!--[if !mso]><!--><a href="https://HOST/c">open</a><!--<![endif]-->`,
		`<![if mso]><a href="https://HOST/d">open</a><![endif]>`)
	html("layout", `<noscript><a href="https://HOST/">x</a></noscript>`, `<xmp>https://HOST/</xmp>`,
		`<object data="x"><a href="https://HOST/">x</a></object>`, `<object hidden><a href="https://HOST/">x</a></object>`,
		`<noembed><a href="https://HOST/">x</a></noembed>`, `<noframes><a href="https://HOST/">x</a></noframes>`,
		`<plaintext>https://HOST/`, `<listing>https://HOST/</listing>`, `<video><a href="https://HOST/">x</a></video>`,
		`<audio src="x"><a href="https://HOST/">x</a></audio>`, `<canvas><a href="https://HOST/">x</a></canvas>`,
		`<details><summary>s</summary><a href="https://HOST/">x</a></details>`, `<dialog open><a href="https://HOST/">x</a></dialog>`,
		`<map name=m><area href="https://HOST/"></map>`, `<svg><a xlink:href="https://HOST/"><text>x</text></a></svg>`,
		`<form action="https://HOST/"><button>x</button></form>`, `<button formaction="https://HOST/">x</button>`,
		`<iframe src="https://HOST/"></iframe>`, `<meta http-equiv=refresh content="0; url=https://HOST/">`,
		`<base href="https://HOST/"><a href="login">x</a>`, `<base href="https://HOST/"><a href="#top">x</a>`,
		`<iframe srcdoc="&lt;a href='https://HOST/'&gt;x&lt;/a&gt;"></iframe>`, `<img src="cid:a" srcset="cid:b 1x, https://HOST/ 2x">`,
		`<style>@import "https://HOST/a.css";</style>`, `<p style="background:URL('https://HOST/a')">x</p>`,
		`<meta http-equiv=refresh content="0;https://HOST/">`, `<!--[IF MSO]><a href="https://HOST/">x</a><![ENDIF]-->`)
	html("scheme", `<a href="HOST/login">https://www.example.jp/</a>`, `<a href="HOST">x</a>`, `<a href="//HOST/x">x</a>`,
		`<a href="https:HOST/x">x</a>`, `<a href="http:/HOST/x">x</a>`, `<a href="https:\\HOST\x">x</a>`,
		`<a href=" &#10;ht&#9;tps://HOST/x">x</a>`, `<a href="HOST:8443/x">x</a>`)
	for _, tag := range []string{"aside", "main", "details", "figure", "nav", "dialog", "button", "section", "li", "td", "header", "footer", "legend", "address"} {
		html("block-"+tag, "<"+tag+">https://HOST</"+tag+">next", "https://HOST<"+tag+">next</"+tag+">")
	}
	html("blocks", `<ruby>https://HOST<rt>next</rt></ruby>`, `https://HOST<span style="display:block">next</span>`,
		`https://HOST<span style="display:flex">next</span>`, `https://HOST<img src=x>next`, `https://HOST<br>next`,
		`https://HOST<hr>next`, `https://HOST<wbr>/next`, `<span>https://</span><b>HOST</b>/x`)
	html("redirect", `<a href="https://www.google.co.jp/url?sa=t&amp;q=https%3A%2F%2FHOST%2Fx">x</a>`,
		`<a href="https://www.google.com/url?url=https://HOST/x">x</a>`, `<a href="https://www.google.de/amp/s/HOST/x">x</a>`,
		`<a href="https://l.facebook.com/l.php?u=https%3A%2F%2FHOST%2Fx&amp;h=1">x</a>`, `<a href="https://lm.facebook.com/l.php?u=https%3A%2F%2FHOST%2F">x</a>`,
		`<a href="https://l.instagram.com/?u=https%3A%2F%2FHOST%2F">x</a>`, `<a href="https://www.youtube.com/redirect?q=https%3A%2F%2FHOST%2F">x</a>`,
		`<a href="https://www.bing.com/ck/a?!&amp;&amp;p=1&amp;u=a1B64&amp;ntb=1">x</a>`,
		`<a href="https://urldefense.proofpoint.com/v2/url?u=https-3A__HOST_x&amp;d=DwMF">x</a>`,
		`<a href="https://urldefense.com/v3/__https://HOST/x__;!!abc!d$">x</a>`, `<a href="https://urldefense.us/v3/__http://HOST/x__;!!a!b$">x</a>`,
		`<a href="https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2FHOST%2F&amp;data=05">x</a>`,
		`<a href="https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fHOST%2f&amp;c=E">x</a>`,
		`<a href="https://secure-web.cisco.com/1abcDEF/https%3A%2F%2FHOST%2Fx">x</a>`,
		`<a href="https://www.linkedin.com/redir/redirect?url=https%3A%2F%2FHOST%2Fx">x</a>`,
		`<a href="https://slack-redir.net/link?url=https%3A%2F%2FHOST%2F">x</a>`, `<a href="https://duckduckgo.com/l/?uddg=https%3A%2F%2FHOST%2F">x</a>`,
		`<a href="https://www.googleadservices.com/pagead/aclk?sa=L&amp;adurl=https://HOST/x">x</a>`,
		`<a href="https://googleads.g.doubleclick.net/pcs/click?adurl=https://HOST/x">x</a>`,
		`<a href="https://t.umblr.com/redirect?z=https%3A%2F%2FHOST%2F&amp;t=1">x</a>`, `<a href="https://vk.com/away.php?to=https%3A%2F%2FHOST%2F">x</a>`,
		`<a href="https://out.reddit.com/t3?url=https%3A%2F%2FHOST%2F">x</a>`, `<a href="https://steamcommunity.com/linkfilter/?url=https://HOST/">x</a>`,
		`<a href="https://web.archive.org/web/2026/https://HOST/x">x</a>`, `<a href="https://translate.google.com/translate?u=https://HOST/">x</a>`,
		`<a href="https://cdn.ampproject.org/c/s/HOST/x">x</a>`,
		`<a href="https://r.search.yahoo.com/_ylt=A/RV=2/RE=1/RO=10/RU=https%3a%2f%2fHOST%2f/RK=2/RS=x-">x</a>`,
		`<a href="https://www.example.jp/r?next=https%253A%252F%252FHOST%252F">x</a>`,
		`<a href="https://www.example.jp/app#/go?to=//HOST/">x</a>`, `<a href="https://www.example.jp/r?u=B64">x</a>`,
		`<a href="https://protect-eu.mimecast.com/s/abc?domain=HOST">x</a>`, `<a href="https://ci3.googleusercontent.com/a#https://HOST/">x</a>`,
		`<a href="https://protect2.fireeye.com/v1/url?k=1&amp;q=1&amp;e=2&amp;u=https%3A%2F%2FHOST%2F">x</a>`,
		`<a href="https://eur.protection.sophos.com?d=lure.test&amp;u=B64==&amp;p=m">x</a>`)
	html("program", `<a href="ms-appinstaller:?source=https://HOST/a.msix">x</a>`, `<a href="ms-word:ofe|u|https://HOST/a.docx">x</a>`,
		`<a href="ms-excel:ofv|u|https://HOST/a.xlsx">x</a>`, `<a href="ms-powerpoint:nft|u|https://HOST/a">x</a>`,
		`<a href="search-ms:query=x&amp;crumb=location:\\HOST\share">x</a>`, `<a href="microsoft-edge:https://HOST/">x</a>`,
		`<a href="feed:https://HOST/">x</a>`, `<a href="feed://HOST/">x</a>`, `<a href="view-source:https://HOST/">x</a>`,
		`<a href="webcal://HOST/c.ics">x</a>`, `<a href="googlechrome://navigate?url=https://HOST/">x</a>`,
		`<a href="googlechromes://HOST/">x</a>`, `<a href="intent://HOST/#Intent;scheme=https;end">x</a>`,
		`<a href="itms-services://?action=download-manifest&amp;url=https://HOST/a.plist">x</a>`,
		`<a href="firefox://open-url?url=https%3A%2F%2FHOST%2F">x</a>`, `<a href="x-safari-https://HOST/">x</a>`,
		`<a href="onenote:https://HOST/a">x</a>`, `<a href="ftp://HOST/a">x</a>`, `<a href="smb://HOST/a">x</a>`,
		`<a href="file://HOST/a">x</a>`, `<a href="\\HOST\share\a.exe">x</a>`, `<a href="jar:https://HOST/a!/b">x</a>`,
		`<a href="ms-msdt:/id PCWDiagnostic /param &quot;IT_LaunchMethod=https://HOST/&quot;">x</a>`,
		`<a href="search:query=a&amp;crumb=location:\\HOST\share">x</a>`, `<a href="webcals://HOST/c.ics">x</a>`,
		`<a href="zoommtg://HOST/join?confno=1">x</a>`, `<a href="rdp://full%20address=s:HOST:3389">x</a>`,
		`<a href="microsoft-edge:HOST/x">x</a>`, `<p>\\HOST\share\a.exe</p>`, `<p>file://HOST/share/a.exe</p>`)
	for i, f := range [][2]string{
		{"mail", "From: a@example.net\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<a href=\"https://HOST/\">x</a>\r\n"},
		{"page.mht", "From: <Saved>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=m\r\n\r\n--m\r\nContent-Type: text/html\r\n" +
			"Content-Transfer-Encoding: quoted-printable\r\n\r\n<a href=3D\"https://HOST/\">x</a>\r\n--m--\r\n"},
		{"go.url", "[InternetShortcut]\r\nURL=https://HOST/\r\n"}, {"go.url", "[InternetShortcut]\r\nURL=file://HOST/share/a.exe\r\n"},
		{"a.bin", "BEGIN:VCARD\r\nVERSION:3.0\r\nURL:https\\://HOST/\r\nEND:VCARD\r\n"},
		{"notes", "please look at https://HOST/x\r\n"},
		{"meeting", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDESCRIPTION:see\\nhttps://HOST\\, or call\\; bye\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"},
		{"fold.ics", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nURL:https://HO\r\n ST/x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"},
		{"go.webloc", `<?xml version="1.0"?><plist><dict><key>URL</key><string>https://HOST/x</string></dict></plist>`},
		{"go.desktop", "[Desktop Entry]\nType=Link\nURL=https://HOST/x\n"}, {"a.html", "<script>location='https://HOST/'</script>"},
		{"a.svg", `<svg xmlns="http://www.w3.org/2000/svg"><script>window.location="https://HOST/"</script></svg>`},
		{"a.search-ms", `<persistedQuery><query><scope><include path="\\HOST\share"/></scope></query></persistedQuery>`},
		{"a.library-ms", `<libraryDescription><searchConnectorDescription><simpleLocation><url>\\HOST\share</url></simpleLocation></searchConnectorDescription></libraryDescription>`},
		{"a.rtf", `{\rtf1{\field{\*\fldinst HYPERLINK "https://HOST/"}{\fldrslt x}}}`},
		{"a.csv", "name,link\r\nx,https://HOST/\r\n"}, {"a.xdp", `<?xml version="1.0"?><a><b href="https://HOST/x"/></a>`},
		{"pc.rdp", "full address:s:HOST:3389\r\n"}, {"a.html", "<script>location=atob('B64')</script>"},
		{"utf16.txt", "\xff\xfeh\x00t\x00t\x00p\x00s\x00:\x00/\x00/\x00WIDE/\x00"},
	} {
		list = append(list, lured{name: "file " + f[0], host: fmt.Sprintf("file%02d.lure.example.net", i+1), body: file(f[0], f[1]), header: attached})
	}
	for i, chunk := range []int{7, 20, 1000} { // F6: OpenSSL -stream and Outlook cut what they sign
		host := fmt.Sprintf("smime%02d.lure.example.net", i+1)
		inner := "Content-Type: text/html\r\n\r\n<p>see the page</p> <a href=\"https://" + host + "/late\">x</a>\r\n"
		list = append(list, lured{name: fmt.Sprint("smime in chunks of ", chunk), host: host,
			body: base64.StdEncoding.EncodeToString(signedBER(inner, chunk)) + "\r\n",
			header: "MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n" +
				"Content-Transfer-Encoding: base64\r\n"})
	}
	return list
}

// signedBER wraps a mail as an opaque signature of indefinite length, in chunks (RFC 5652
// section 5.1, X.690 sections 8.1.3.6 and 8.7.3); of the signers nothing follows.
func signedBER(mail string, chunk int) []byte {
	const open, end = "\x80", "\x00\x00"
	out := "\x30" + open + "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" + "\xa0" + open + // ContentInfo
		"\x30" + open + "\x02\x01\x01" + "\x31\x00" + // SignedData: version, digests
		"\x30" + open + "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01" + "\xa0" + open + "\x24" + open
	for mail != "" {
		n := min(chunk, len(mail))
		out += "\x04\x82" + string([]byte{byte(n >> 8), byte(n)}) + mail[:n]
		mail = mail[n:]
	}
	return []byte(out + end + end + end + "\x31\x00" + end + end + end)
}

// message is the mail as it is sent.
func (l *lured) message() []byte {
	wide := strings.Join(strings.Split(l.host, ""), "\x00") + "\x00"
	url := base64.RawURLEncoding.EncodeToString([]byte("https://" + l.host + "/x"))
	body := strings.NewReplacer("HO\r\n ST", l.host[:2]+"\r\n "+l.host[2:], "HOST", l.host, "B64", url, "WIDE", wide).Replace(l.body)
	if before, rest, ok := strings.Cut(body, "BASE64:"); ok {
		text, _ := strings.CutSuffix(rest, "\r\n--b--\r\n")
		body = before + base64.StdEncoding.EncodeToString([]byte(text)) + "\r\n--b--\r\n"
	}
	header := l.header
	if header == "" {
		header = "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n"
	}
	return []byte("From: <" + company.Victim + ">\r\nTo: <partner@blocked.test>\r\nSubject: hello\r\nMessage-ID: <" +
		strings.ReplaceAll(l.host, ".", "-") + "@example.jp>\r\n" + header + "\r\n" + body)
}

// TestBlockedLinks: whatever way a mail leads to a blocked host, a real Postfix holds it. Nothing
// else would: the thresholds are out of reach.
func TestBlockedLinks(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{delay: 80, hold: 90, delayFor: time.Hour})
	s.startServe()
	list := luredMails()
	if folder := os.Getenv("HISSEKI_BLOCKED"); folder != "" { // more mails: HOST.eml
		names, err := filepath.Glob(filepath.Join(folder, "*.eml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			list = append(list, lured{name: name, host: strings.TrimSuffix(filepath.Base(name), ".eml")})
		}
	}
	hosts := []string{"url", "block", "--reason", "a test"}
	for i := range list {
		hosts = append(hosts, list[i].host)
	}
	s.hisseki(hosts...)
	time.Sleep(1500 * time.Millisecond) // rules for links are read once a second
	client, err := s.Dial(submission(&company.Mail{Login: company.Victim, Client: "192.0.2.10", Helo: "pc"}))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ids := make([]string, len(list))
	for i := range list {
		m := submission(&company.Mail{Login: company.Victim, Recipients: []string{"partner@blocked.test"}, Message: list[i].message(), Client: "192.0.2.10"})
		if list[i].body == "" {
			if m.Data, err = os.ReadFile(list[i].name); err != nil {
				t.Fatal(err)
			}
		}
		if ids[i], err = client.Send(m); err != nil {
			t.Fatalf("%s: %v", list[i].name, err)
		}
	}
	held := make(map[string]string) // evidence by queue id
	db := s.store()
	for _, h := range s.holds(db, ledger.HoldFilter{}) {
		for _, e := range h.Record.Verdict.Evidence {
			held[h.Record.Envelope.QueueID] += e.Text + "\n"
		}
	}
	queue := s.queue()
	for i := range list {
		text := held[ids[i]]
		if !strings.Contains(text, "is blocked since") {
			t.Errorf("not held: %s", list[i].name)
		} else if strings.Count(text, "is blocked since") != 1 && !strings.HasPrefix(list[i].name, "/") {
			t.Errorf("held for several: %s: %s", list[i].name, text)
		}
		if text != "" && !strings.Contains(queue, ids[i]) {
			t.Errorf("not in the queue: %s", list[i].name)
		}
	}
	t.Logf("%d mails, %d held", len(list), len(held))
}
