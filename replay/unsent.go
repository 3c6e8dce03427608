package replay

import (
	"mime"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"hisseki/analyzer/content"
)

// What lies in a folder but was not sent, or was thrown away, must not be learned as the
// account's mail.
const (
	isDraft   = "a draft"
	isDeleted = "deleted"
	isChat    = "a chat, not a mail"
)

// maildirUnsent says why a file of a Maildir is not sent mail, by the flags in its name
// (cr.yp.to/proto/maildir.html): D is a draft, T in the trash.
//
//	1700000007.M7P1.mx,S=200:2,DS
func maildirUnsent(path string) string {
	switch flags := maildirFlags(path); {
	case strings.Contains(flags, "D"):
		return isDraft
	case strings.Contains(flags, "T"):
		return isDeleted
	}
	return ""
}

// maildirFlags returns the flags of a file in cur, with the "2," in front, or "".
func maildirFlags(path string) string {
	base := filepath.Base(path)
	i := strings.LastIndex(base, "2,")
	if i < 1 || !strings.ContainsRune(":;!", rune(base[i-1])) || // ; and ! where : is not allowed
		filepath.Base(filepath.Dir(path)) != "cur" {
		return ""
	}
	return base[i:]
}

// expunged is the bit of X-Mozilla-Status that Thunderbird sets in mail that it shows no
// more; the mail goes when the folder is compacted.
const expunged = 0x0008

// mboxUnsent says why a mail of an mbox is not sent mail, by what programs note in its
// header: X-Status T and D of UW-IMAP and Dovecot, X-Mozilla-Status, X-Gmail-Labels of
// Google Takeout.
func mboxUnsent(fields []content.Field) string {
	for _, f := range fields {
		switch strings.ToLower(f.Name) {
		case "x-status":
			switch {
			case strings.Contains(f.Value, "T"):
				return isDraft
			case strings.Contains(f.Value, "D"):
				return isDeleted
			}
		case "x-mozilla-status":
			n, err := strconv.ParseUint(strings.TrimSpace(f.Value), 16, 16)
			if err == nil && n&expunged != 0 {
				return isDeleted
			}
		case "x-gmail-labels":
			if reason := gmailUnsent(f.Value); reason != "" {
				return reason
			}
		}
	}
	return ""
}

// gmailUnsent reads the labels of a mail in a Takeout, which are in the account's
// language: "Drafts,Opened", "=?UTF-8?Q?=E4=B8=8B...?=".
func gmailUnsent(labels string) string {
	if text, err := new(mime.WordDecoder).DecodeHeader(labels); err == nil {
		labels = text
	}
	for label := range strings.SplitSeq(labels, ",") {
		label = strings.Trim(label, " \t\r\n\"")
		for _, own := range gmailLabels {
			if slices.Contains(own.names, label) {
				return own.reason
			}
		}
	}
	return ""
}

// gmailLabels are the names of Gmail's own labels, which a Takeout does not mark otherwise.
var gmailLabels = []struct {
	reason string
	names  []string
}{
	{isDraft, []string{"Drafts", "Draft", "下書き", "Entwürfe", "Brouillons", "Borradores", "Bozze",
		"Rascunhos", "Concepten", "Utkast", "Kladder", "Luonnokset", "Wersje robocze", "Robocze",
		"Koncepty", "Piszkozatok", "Mesaje nefinalizate", "Taslaklar", "Черновики", "Чернетки",
		"Πρόχειρα", "임시보관함", "草稿", "ร่างจดหมาย", "Thư nháp", "Draf", "טיוטות", "المسودات"}},
	{isDeleted, []string{"Trash", "Bin", "ゴミ箱", "Papierkorb", "Corbeille", "Papelera", "Cestino", "Lixeira",
		"Lixo", "Reciclagem", "Prullenbak", "Papperskorgen", "Papirkurv", "Roskakori", "Kosz", "Koš",
		"Kôš", "Kuka", "Coș de gunoi", "Çöp Kutusu", "Корзина", "Кошик", "Κάδος απορριμμάτων",
		"휴지통", "已删除邮件", "垃圾桶", "ถังขยะ", "Thùng rác", "Sampah", "אשפה", "المهملات"}},
	{isChat, []string{"Chat", "Chats", "チャット"}},
}

// folderData says whether the first mail of an mbox is what UW-IMAP, Dovecot and Pine keep
// there for themselves:
//
//	From: Mail System Internal Data <MAILER-DAEMON@mx.example.org>
//	Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA
//	X-IMAP: 1700000000 0000000002
func folderData(fields []content.Field) bool {
	subject, daemon := false, false
	for _, f := range fields {
		switch strings.ToLower(f.Name) {
		case "subject":
			subject = strings.Contains(f.Value, "FOLDER INTERNAL DATA")
		case "from":
			daemon = daemon || strings.Contains(strings.ToUpper(f.Value), "MAILER-DAEMON")
		case "x-imap":
			daemon = true
		}
	}
	return subject && daemon
}
