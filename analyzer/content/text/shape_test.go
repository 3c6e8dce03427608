package text

import (
	"strings"
	"testing"
)

// TestHeaderBlocksByShape holds that what Outlook prints above an older mail is found in
// languages of which no word is known, and that lists in a letter are not taken for it.
func TestHeaderBlocksByShape(t *testing.T) {
	const own = "OK, thank you.\n\n"
	for name, block := range map[string]string{
		"Polish":     "Od: Partner <partner@example.org>\nWysłano: 22 listopada 2026 10:00\nDo: Sato <sato@example.jp>\nTemat: Re: faktura\n",
		"Czech":      "Od: Partner <partner@example.org>\nOdesláno: neděle 22. listopadu 2026 10:00\nKomu: Sato <sato@example.jp>\nPředmět: Re: faktura\n",
		"Finnish":    "Lähettäjä: Partner <partner@example.org>\nLähetetty: sunnuntai 22. marraskuuta 2026 10.00\nVastaanottaja: Sato <sato@example.jp>\nAihe: Re: lasku\n",
		"Hungarian":  "Feladó: Partner <partner@example.org>\nElküldve: 2026. november 22., vasárnap 10:00\nCímzett: Sato\nTárgy: Re: számla\n",
		"Turkish":    "Kimden: Partner [mailto:partner@example.org]\nGönderilme Tarihi: 22 Kasım 2026 Pazar 10:00\nKime: Sato\nKonu: Re: fatura\n",
		"Romanian":   "De la: Partner <partner@example.org>\nTrimis: duminică, 22 noiembrie 2026 10:00\nCătre: Sato <sato@example.jp>\nSubiect: Re: factura\n",
		"Thai":       "จาก: Partner <partner@example.org>\nส่ง: 22 พฤศจิกายน 2569 10:00\nถึง: Sato <sato@example.jp>\nเรื่อง: Re: invoice\n",
		"Vietnamese": "Từ: Partner <partner@example.org>\nĐã gửi: 22 Tháng Mười Một 2026 10:00 SA\nĐến: Sato <sato@example.jp>\nChủ đề: Re: hóa đơn\n",
		"Indonesian": "Dari: Partner <partner@example.org>\nTerkirim: Minggu, 22 November 2026 10:00\nKepada: Sato <sato@example.jp>\nCc: Tanaka <tanaka@example.jp>\nSubjek: Re: faktur\n",
		"Greek":      "Από: Partner <partner@example.org>\nΑπεσταλμένα: Κυριακή, 22 Νοεμβρίου 2026 10:00 πμ\nΠρος: Sato <sato@example.jp>\nΘέμα: Re: τιμολόγιο\n",
		"wrapped":    "Od: Partner <partner@example.org>\nWysłano: 22 listopada 2026 10:00\nDo: Sato <sato@example.jp>;\n Tanaka <tanaka@example.jp>;\n Suzuki\nTemat: Re: faktura\n",
		"bold":       "*Od:* Partner <partner@example.org>\n*Wysłano:* 2026-11-22 10:00\n*Do:* Sato <sato@example.jp>\n*Temat:* Re: faktura\n",
	} {
		text := own + block + "\nPlease see https://partner.example.org/doc\n"
		l := Classify(text, nil, false)
		if got, _ := l.Own(len(text)); got != strings.TrimSpace(own) {
			t.Errorf("%s: own text is %q", name, got)
		}
		if !l.QuotedAt(strings.Index(text, "https")) {
			t.Errorf("%s: the older mail's link is not quoted", name)
		}
	}
	for name, text := range map[string]string{
		"a meeting":      "日時: 2026/11/22 10:00\n場所: 会議室\n担当: 佐藤 <sato@example.jp>\n議題: 見積\n",
		"a contact":      "Tel: 03-0000-0000\nMail: sato@example.jp\nFax: 03-0000-0001\nWeb: https://example.jp\n",
		"a person":       "Contact: Sato <sato@example.jp>\nRoom: 12\nFrom: 2026/11/22 10:00\nPurpose: visit\n",
		"a commit":       "Commit: 0123\nAuthor: A <a@example.org>\nAuthorDate: 2026-11-22 10:00\nCommitter: B <b@example.org>\nCommitterDate: 2026-11-22 11:00\n",
		"a commit below": "commit 0123\nAuthor: A <a@example.org>\nDate: 2026-11-22 10:00\nReviewer: B <b@example.org>\nTopic: x\n",
		"text at once":   "Name: Sato <sato@example.jp>\nTime: 2026/11/22 10:00\nPlace: Tokyo\nTopic: sale\nPlease come.\n",
		"trailers":       "Signed-off-by: A <a@example.org>\nReviewed-by: B <b@example.org>\nTested-by: C <c@example.org>\n",
		"one and a date": "Reporter: A <a@example.org>\nDate: 2026/11/22 10:00\n",
	} {
		l := Classify("Hello,\n\n"+text+"\nBye\n", nil, false)
		if l.Quoted() || l.Forwarded() {
			t.Errorf("%s is taken for an older mail's header", name)
		}
	}
}
