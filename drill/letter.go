package drill

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"mime"
	"slices"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
)

// lure is what the thief wants the reader to do, in one language.
type lure struct {
	subject, hello, bye string
	lines               []string // the text, one of each in order
	link, file          string   // what stands before the link, and what replaces it with a file
}

// lures are written as thieves write: the right words in another style. They name no firm.
var lures = map[bool][]lure{
	true: {
		{
			subject: "【重要】お支払い書類の確認のお願い", hello: "お疲れ様です。いつもお世話になりましてありがとうございました。",
			lines: []string{"貴社とのお支払い書類に問題が発生しましたため、至急に確認する必要があります。",
				"24時間以内にご確認して下さい。確認しない場合は、お取引が停止される可能性があります。"},
			link: "以下のリンクを押してファイルをダウンロードして下さい。", file: "添付のファイルを開いて下さい。",
			bye: "宜しく御願い致します。",
		},
		{
			subject: "共有ドキュメントのお知らせ", hello: "拝啓、貴方様へ。",
			lines: []string{"あなたに新しい書類が共有されました。これは安全な書類です。",
				"内容を見るためには会社のメールとパスワードで本人確認が必要となっています。"},
			link: "ここで書類を表示します:", file: "書類は添付しましたので、直ちに表示して下さい。",
			bye: "ご協力を感謝致します。",
		},
	},
	false: {
		{
			subject: "Important: outstanding payment documents", hello: "Dear Sir/Madam, good day to you.",
			lines: []string{"We found a problem with the payment documents of your esteemed company " +
				"and they must be verified urgently.",
				"Kindly do the needful within 24 hours, otherwise the contract will be suspended."},
			link: "Kindly press the below link and download the file:",
			file: "Kindly open the attached file.", bye: "Thanks and God bless",
		},
		{
			subject: "A document has been shared with you", hello: "Hello user,",
			lines: []string{"You have received (1) new secured document from our office portal.",
				"To view it you are required to confirm your work e-mail and password."},
			link: "View Document Here:", file: "The document is attached, view it immediately.",
			bye: "Regards, Admin Desk",
		},
	},
}

// page is the harmless file that the recipe attachment carries.
const page = "<!DOCTYPE html><html><head><title>hisseki drill</title></head>" +
	"<body><p>This is a drill.</p></body></html>\r\n"

// letter is one mail to compose.
type letter struct {
	at      time.Time
	to      []string
	bcc     bool   // the header names nobody
	ask     ask    // zero for a harmless mail
	own     bool   // looks like the account's own
	subject string // "" takes the lure's
	answers string // Message-ID that the mail claims to answer
	serial  int
	// prepares says that the mail hurts nobody who gets it: it only makes something usual.
	prepares bool
}

// compose writes the mail: as the account's own program does, or as a thief's: UTF-8 in
// base64, few fields, a Message-ID of its own machine.
func (t *thief) compose(l letter) *analyzer.Mail {
	m := &analyzer.Mail{Envelope: analyzer.Envelope{
		Time: l.at, Host: "drill", QueueID: fmt.Sprintf("drill-%d", l.serial), Sender: t.account.Sender,
		Class: analyzer.Account, Login: t.account.Sender, MailFrom: t.account.MailFrom,
		Recipients: l.to, Client: t.client, Helo: t.helo,
	}}
	to := strings.Join(l.to, ", ")
	if l.bcc {
		to = "undisclosed-recipients:;"
	}
	p := part{encoding: "base64", kind: `text/plain; charset="utf-8"`, text: t.text(&l)}
	if l.own {
		p = t.imitate(m, &l, to)
	} else {
		t.head(m, &l, to)
	}
	m.Header = append(slices.Clone(l.ask.head), m.Header...)
	if l.ask.replyTo != "" {
		m.Header = append(m.Header, content.Field{Name: "Reply-To", Value: l.ask.replyTo})
	}
	t.body(m, &l, p)
	return m
}

// head writes the header of a thief's program.
func (t *thief) head(m *analyzer.Mail, l *letter, to string) {
	field := func(name, value string) {
		m.Header = append(m.Header, content.Field{Name: name, Value: value})
	}
	subject := cmp.Or(l.subject, t.lure.subject)
	if l.ask.subject != "" {
		subject += " " + l.ask.subject
	}
	field("MIME-Version", "1.0")
	field("From", t.account.From)
	field("To", to)
	field("Subject", mime.BEncoding.Encode("utf-8", subject))
	field("Date", l.at.Format(time.RFC1123Z))
	field("Message-ID", fmt.Sprintf("<%016x.%d@%s>", t.rand.Uint64(), l.serial, thiefMachine))
	if l.answers != "" {
		field("In-Reply-To", "<"+l.answers+">")
		field("References", "<"+l.answers+">")
	}
}

// text is the thief's own text: greeting, lure, what he asks for. What varies from mail to
// mail is the token in a link, as in life.
func (t *thief) text(l *letter) string {
	lines := append([]string{t.lure.hello, ""}, t.lure.lines...)
	switch {
	case l.ask.file != nil:
		lines = append(lines, t.lure.file)
	case strings.HasPrefix(l.ask.text, "https://"):
		lines = append(lines, t.lure.link)
	}
	if l.ask.text != "" && !l.ask.quoted {
		lines = append(lines, l.ask.text)
	}
	return strings.Join(append(lines, "", t.lure.bye, ""), "\r\n") + l.quote()
}

// quote is the answered mail, as if the partner had asked.
func (l *letter) quote() string {
	if !l.ask.quoted {
		return ""
	}
	return "\r\nOn Monday, A. Partner wrote:\r\n> please see " + l.ask.text + "\r\n"
}

// part is a mail's text as it is written.
type part struct {
	kind     string // Content-Type
	encoding string
	text     string // encoded with base64 only
}

// body writes what follows the header, and the fields that describe it.
func (t *thief) body(m *analyzer.Mail, l *letter, p part) {
	if l.ask.html != "" {
		p.kind = strings.Replace(p.kind, "text/plain", "text/html", 1)
		p.text = "<p>" + strings.ReplaceAll(p.text, "\r\n", "<br>\r\n") + "</p>" + l.ask.html
	}
	text, kind, encoding := p.text, p.kind, p.encoding
	if encoding == "base64" {
		text = encode(text)
	}
	if l.ask.double {
		text, encoding = encode(p.text), "base64"
	}
	if f := l.ask.file; f != nil {
		text = "--" + boundary + "\r\nContent-Type: " + kind + "\r\nContent-Transfer-Encoding: " +
			encoding + "\r\n\r\n" + text + "\r\n--" + boundary + "\r\nContent-Type: " + f.kind +
			`; name="` + f.name + "\"\r\nContent-Disposition: attachment; filename=\"" + f.name +
			"\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encode(string(f.data)) +
			"--" + boundary + "--\r\n"
		kind, encoding = `multipart/mixed; boundary="`+boundary+`"`, "7bit"
	}
	setField(m, "Content-Type", kind)
	if l.ask.double { // what many programs read, and then the truth
		setField(m, "Content-Transfer-Encoding", "7bit")
		m.Header = append(m.Header, content.Field{Name: "Content-Transfer-Encoding", Value: encoding})
	} else if encoding != "7bit" || field(m.Source, "Content-Transfer-Encoding") != "" {
		setField(m, "Content-Transfer-Encoding", encoding)
	}
	m.Body, m.BodySize = []byte(text), int64(len(text))
}

const boundary = "=_drill_7f3a"

// encode writes base64 in lines of 76 characters (RFC 2045 section 6.8).
func encode(text string) string {
	var b strings.Builder
	for s := base64.StdEncoding.EncodeToString([]byte(text)); s != ""; {
		n := min(76, len(s))
		b.WriteString(s[:n] + "\r\n")
		s = s[n:]
	}
	return b.String()
}
