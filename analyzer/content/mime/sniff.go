package mime

import (
	"bytes"
	"net/http"
	"strings"
)

// magics are the beginnings of files that matter here. http.DetectContentType
// knows pictures and documents; it knows few of what attackers send.
var magics = []struct {
	at    int
	bytes string
	media string
	kind  Kind
}{
	{0, "MZ", "application/vnd.microsoft.portable-executable", Executable},
	{0, "\x7fELF", "application/x-executable", Executable},
	{0, "\xca\xfe\xba\xbe", "application/x-mach-binary", Executable},
	{0, "\xcf\xfa\xed\xfe", "application/x-mach-binary", Executable},
	{0, "\xce\xfa\xed\xfe", "application/x-mach-binary", Executable},
	{0, "#!", "text/x-script", Executable},
	{0, "L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut", Shortcut},
	{0, "[InternetShortcut]", "application/x-mswinurl", Shortcut},
	{0, "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed", Archive},
	{0, "Rar!\x1a\x07", "application/vnd.rar", Archive},
	{0, "\x1f\x8b", "application/gzip", Archive},
	{0, "BZh", "application/x-bzip2", Archive},
	{0, "\xfd7zXZ\x00", "application/x-xz", Archive},
	{0, "\x28\xb5\x2f\xfd", "application/zstd", Archive},
	{0, "MSCF", "application/vnd.ms-cab-compressed", Archive},
	{0, "ISc(", "application/x-installshield", Archive},
	{0, "\x60\xea", "application/x-arj", Archive},
	{257, "ustar", "application/x-tar", Archive},
	{32769, "CD001", "application/x-iso9660-image", DiskImage},
	{34817, "CD001", "application/x-iso9660-image", DiskImage},
	{0, "conectix", "application/x-vhd", DiskImage},
	{0, "vhdxfile", "application/x-vhdx", DiskImage},
	{0, "KDMV", "application/x-vmdk", DiskImage},
	{0, "QFI\xfb", "application/x-qcow2", DiskImage},
	{0, "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "application/onenote", Macro},
	{0, "\x78\x9f\x3e\x22", "application/ms-tnef", OtherFile},
	{0, "ITSF", "application/vnd.ms-htmlhelp", Executable},
	{0, "%PDF-", "application/pdf", Document},
	{0, "{\\rtf", "application/rtf", Document},
	{0, "BEGIN:VCALENDAR", "text/calendar", Calendar},
	{0, "BEGIN:VCARD", "text/vcard", TextFile},
	{0, "\x89PNG", "image/png", Picture},
	{0, "\xff\xd8\xff", "image/jpeg", Picture},
	{0, "GIF8", "image/gif", Picture},
}

// Sniff says what a file within a file is by its content, and what it is to the person who
// opens it.
func Sniff(data []byte, name, claimed string) (media string, kind Kind) {
	return sniff(data, name, claimed)
}

// sniff says what a file is by its content, and what it is to the person who opens
// it: there the extension counts as well, since it decides what opens the file.
func sniff(data []byte, name, claimed string) (media string, kind Kind) {
	media, kind = sniffContent(data, claimed)
	if isSignature(data, claimed) {
		return media, SignedBy
	}
	byName := kindByName(name)
	switch {
	case kind == TextFile && isMailName(name) && !isPatch(data): // however its header begins
		media, kind = openedMail(byName, MailType)
	case kind == TextFile && byName == "" && isPageType(claimed):
		kind = HTMLFile
	case byName == "", kind == Executable:
	case media == MailType:
		media, kind = openedMail(byName, claimed)
	default:
		kind = openedAs(kind, byName)
	}
	if kind == OtherFile {
		kind = kindByClaim(claimed)
	}
	return media, kind
}

// isMailName says whether programs read a file as mail by its name.
func isMailName(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".eml") || strings.HasSuffix(name, ".emlx") || strings.HasSuffix(name, ".mht") ||
		strings.HasSuffix(name, ".mhtml") || strings.HasSuffix(name, ".mbox")
}

// isPageType says whether a file without a name opens as a page by its label.
func isPageType(claimed string) bool {
	return claimed == "text/html" || claimed == "application/xhtml+xml" || claimed == "image/svg+xml"
}

// openedMail returns what a mail is to the person who opens it by a name of kind byName.
func openedMail(byName Kind, claimed string) (media string, kind Kind) {
	switch {
	case byName == HTMLFile, byName == Macro, byName == Document: // a saved page (.mht, or .doc to Word)
		return MailType, byName
	case byName != Message && claimed != MailType: // a patch opens as text
		return "text/plain", byName
	}
	return MailType, openedAs(Message, byName)
}

// openedAs returns what a file whose content is of one kind is to the person who opens it by
// a name of another.
func openedAs(kind, byName Kind) Kind {
	switch {
	case byName == Executable, byName == Shortcut, byName == DiskImage, byName == HTMLFile:
		return byName // a jar is a zip, a script is text, a disk and a page may begin with anything
	case byName == Archive && kind == Document: // a zip with a folder "word"
		return Archive
	case kind == OtherFile, kind == TextFile && byName != Document && byName != Picture:
		return byName // a text "a.csv", but not a text "a.pdf"
	case byName == Macro && (kind == Document || kind == Archive): // "a.docm" is a zip
		return Macro
	}
	return kind
}

// isSignature says whether a file is a detached signature (RFC 3156 section 5, RFC 8551
// section 3.5.3): mail programs check it and offer nothing to open. The label alone is
// not believed.
func isSignature(data []byte, claimed string) bool {
	switch claimed {
	case "application/pgp-signature":
		return bytes.HasPrefix(bytes.TrimSpace(data), []byte("-----BEGIN PGP SIGNATURE-----"))
	case "application/pkcs7-signature", "application/x-pkcs7-signature":
		return bytes.HasPrefix(data, []byte{0x30, 0x80}) || bytes.HasPrefix(data, []byte{0x30, 0x82})
	}
	return false
}

// MailType is the media type of a mail.
const MailType = "message/rfc822"

func sniffContent(data []byte, claimed string) (string, Kind) {
	if claimed == MailType || claimed == "message/global" {
		return MailType, Message
	}
	if len(data) == 0 {
		return "application/x-empty", OtherFile
	}
	for _, m := range magics {
		if len(data) >= m.at+len(m.bytes) && string(data[m.at:m.at+len(m.bytes)]) == m.bytes {
			return m.media, m.kind
		}
	}
	if looksMail(data) {
		return MailType, Message
	}
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte("PK\x05\x06")):
		return sniffZip(data)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return sniffOLE(data)
	}
	media, _, _ := strings.Cut(http.DetectContentType(data), ";")
	switch {
	case media == "text/html" || looksHTML(data):
		return "text/html", HTMLFile
	case strings.HasPrefix(media, "image/"):
		return media, Picture
	case strings.HasPrefix(media, "text/"):
		return media, TextFile
	}
	return media, OtherFile
}

// mailFields begin mails, in lower case.
var mailFields = map[string]bool{
	"from": true, "to": true, "subject": true, "date": true, "received": true, "return-path": true,
	"message-id": true, "mime-version": true, "content-type": true, "delivered-to": true,
	"reply-to": true, "cc": true, "snapshot-content-location": true, "dkim-signature": true,
	"content-transfer-encoding": true,
}

// looksMail says whether a file is a mail: its first lines are fields, and at least two of
// them such as mails have.
func looksMail(data []byte) bool {
	known := 0
	b := bytes.TrimLeft(data[:min(len(data), 16<<10)], "\r\n")
	if line, rest := cutLine(b); isCount(line) {
		b = rest // of Apple's
	}
	if isPatch(b) {
		return false
	}
	for n := 0; len(b) > 0 && n < 60; n++ {
		var line []byte
		line, b = cutLine(b)
		if len(line) == 0 {
			return known >= 2
		}
		if line[0] == ' ' || line[0] == '\t' || n == 0 && bytes.HasPrefix(line, []byte("From ")) {
			continue
		}
		colon := bytes.IndexByte(line, ':')
		if colon <= 0 || !isFieldName(line[:colon]) {
			return false
		}
		if mailFields[strings.ToLower(string(bytes.TrimRight(line[:colon], " \t")))] {
			known++
		}
	}
	return known >= 2
}

// isCount says whether a line is nothing but a number.
func isCount(line []byte) bool {
	line = bytes.TrimRight(line, " ")
	return len(line) > 0 && len(line) < 12 && len(bytes.Trim(line, "0123456789")) == 0
}

// isPatch says whether a mail is one only in form: git writes patches with a first line
// "From COMMIT Mon Sep 17 00:00:00 2001", whenever that was.
func isPatch(b []byte) bool {
	line, _ := cutLine(b)
	return bytes.HasPrefix(line, []byte("From ")) &&
		bytes.HasSuffix(line, []byte(" Mon Sep 17 00:00:00 2001"))
}

// looksHTML finds pages that begin with blanks, comments or text.
func looksHTML(data []byte) bool {
	head := bytes.ToLower(data[:min(len(data), 1024)])
	if bytes.IndexByte(head, 0) >= 0 && !bytes.HasPrefix(head, []byte("\xff\xfe")) {
		return false
	}
	for _, tag := range []string{
		"<!doctype html", "<html", "<script", "<body", "<svg", "<meta http-equiv",
	} {
		if bytes.Contains(head, []byte(tag)) {
			return true
		}
	}
	return false
}

// sniffOLE looks into an OLE2 compound file for the names of its storages, which
// stand in UTF-16 in its directory. Macros live in "VBA", "Macros" or
// "_VBA_PROJECT"; encryption leaves "EncryptedPackage".
func sniffOLE(data []byte) (string, Kind) {
	const media = "application/x-ole-storage"
	for _, name := range []string{"_VBA_PROJECT", "Macros", "VBA"} {
		if bytes.Contains(data, wide(name)) {
			return media, Macro
		}
	}
	if bytes.Contains(data, wide("EncryptedPackage")) {
		return media, Encrypted
	}
	if bytes.Contains(data, wide("__substg1.0_")) {
		return "application/vnd.ms-outlook", Message
	}
	return media, Document
}

// wide encodes an ASCII name as a directory entry begins with it: UTF-16LE, ended.
func wide(name string) []byte {
	out := make([]byte, 0, 2*len(name)+2)
	for i := 0; i < len(name); i++ {
		out = append(out, name[i], 0)
	}
	if strings.HasPrefix(name, "__") {
		return out // the prefix of many names
	}
	return append(out, 0, 0)
}

// extensions groups file name extensions by what opening them does.
var extensions = func() map[string]Kind {
	byKind := map[Kind]string{
		Executable: "exe scr com bat cmd pif cpl dll msi msp msix appx appxbundle jar js jse " +
			"vbs vbe wsf wsh ws hta ps1 psm1 psd1 reg sct chm hlp apk app dmg pkg deb rpm run " +
			"elf sh bash command py pyw pl rb application appinstaller appref-ms gadget inf msc xll wll ade adp jnlp " +
			"vb csh ksh",
		DiskImage: "iso img vhd vhdx vmdk udf nrg mdf wim cue toast",
		Shortcut: "lnk url website desktop webloc scf library-ms search-ms settingcontent-ms " +
			"rdp rdpx ica vnc diagcab",
		Macro:    "docm dotm xlsm xltm xlam xlsb pptm potm ppam ppsm sldm one onepkg mht",
		HTMLFile: "html htm xhtml shtml mhtml svg xht",
		Archive:  "zip rar 7z gz tgz bz2 xz tar cab arj lzh lha ace z zst uue r00 001 gzip",
		Calendar: "ics ical vcs",
		Message:  "eml emlx msg mbox",
		Document: "doc docx dot dotx xls xlsx xlt xltx ppt pptx pps ppsx pdf rtf odt ods odp " +
			"pages numbers key jtd csv xps",
		Picture:  "png jpg jpeg gif bmp tif tiff webp heic ico psd ai",
		TextFile: "txt log md patch diff xml json yaml yml ini vcf asc",
	}
	all := make(map[string]Kind)
	for kind, list := range byKind {
		for _, ext := range strings.Fields(list) {
			all[ext] = kind
		}
	}
	return all
}()

// kindByName returns the kind that the extension stands for, "" when it is not known.
func kindByName(name string) Kind {
	name = strings.TrimRight(strings.ToLower(name), ". \u00a0")
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return ""
	}
	return extensions[name[i+1:]]
}

// kindByClaim is the last resort: the label.
func kindByClaim(claimed string) Kind {
	switch {
	case strings.HasPrefix(claimed, "image/"):
		return Picture
	case claimed == "text/calendar":
		return Calendar
	case claimed == "text/html":
		return HTMLFile
	case strings.HasPrefix(claimed, "text/"):
		return TextFile
	case claimed == "application/pdf", strings.Contains(claimed, "officedocument"),
		claimed == "application/msword", strings.HasPrefix(claimed, "application/vnd.ms-"):
		return Document
	}
	return OtherFile
}
