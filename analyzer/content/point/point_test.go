package point

import (
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"please call +1 555 0100 at once", "phone tel:15550100"},
		{"call +81 (0)3 1234 5678", "phone tel:12345678"},
		{"電話：０３－１２３４－５６７８まで", "phone tel:12345678"},
		{"TEL 03-1234-5678 FAX 03-1234-5679", "phone tel:12345678; phone tel:12345679"},
		{"TEL:0312345678", "phone tel:12345678"},
		{"携帯 090（1234）5678", "phone tel:12345678"},
		{"(555) 010-0199 or 555.010.0188", "phone tel:50100199; phone tel:50100188"},
		{"toll free 1-800-555-0100", "phone tel:05550100"},
		{"+49 30 901820-17", "phone tel:90182017"},
		{"Phone: 5550 1234", "phone tel:55501234"},

		{"IBAN DE89 3704 0044 0532 0130 00.", "account iban:DE89370400440532013000"},
		{"gb82west12345698765432", "account iban:GB82WEST12345698765432"},
		{"GB83 WEST 1234 5698 7654 32", ""},
		{"みどり銀行 本店営業部 普通 1234567", "account account:1234567"},
		{"当座預金　口座番号：００１２３４５", "account account:0012345"},
		{"ゆうちょ銀行 記号 12340 番号 12345671", "account account:12345671"},
		{"Account number: 12345678, sort code 20-00-00", "account account:12345678"},
		{"账号：6222 0212 3456 7890 123", "account account:6222021234567890123"},

		{"send to 1BoatSLRHtKNngkdXEeobR76b53LETtpyT now", "wallet wallet:1BoatSLRHtKNngkdXEeobR76b53LETtpyT"},
		{"1BoatSLRHtKNngkdXEeobR76b53LETtpyU", ""},
		{"bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "wallet wallet:bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"},
		{"bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mda", ""},
		{"0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BAe", "wallet wallet:0xde0b295669a9fd93d5f28d9ec85e40f4cb697bae"},

		{"write me on Telegram: @acc_dept, please", "handle handle:telegram:acc_dept"},
		{"LINEで連絡ください。LINE ID：kaikei88 です", "handle handle:line id:kaikei88"},
		{"my Skype id is office.desk7.", "handle handle:skype:office.desk7"},
		{"微信：BeiJi008", "handle handle:微信:beiji008"},
		{"WhatsApp: +44 7700 900123", "phone tel:00900123"},
		{"Telegram: the news of today, a signal: none, line identity, telegrams @noon", ""},
		{"signal: SIG_DFL, signal-safety.7, signal(SIGUSR1)", ""},
		{"Signal 11 (core dumped), skype @ 9.30, discord - later", ""},

		{"please answer to Acc.Dept+1@Mail.example.org.", "address address:acc.dept+1@mail.example.org"},
		{"返信はkeiri＠example.jpまで、<a@b.example.org>; mailto:c@example.org", "address address:keiri@example.jp; address address:a@b.example.org; address address:c@example.org"},
		{"accounts [at] example.org or x(at)example.org", "address address:accounts@example.org; address address:x@example.org"},
		{"https://user@example.org/ ssh://u:p@example.org git@example.org:x.git list/4711@example.org", ""},
		{"a=b@example.org user@host @example.org a@ .@example.org 5 @ example.org a@10.0.0.1 (attn) [a]", ""},

		{"on 2026-03-02 10:15, 01-02-2003 and 2026/03/02", ""},
		{"02/06/2025 09:15 and 2025/06/02 19:15 (call)", ""},
		{"Mon Aug 31 19:10:08 2020 -0400", ""},
		{"Call Trace:\n [  547.799046]  <TASK>", ""},
		{"call 555.0100 now", "phone tel:5550100"},
		{"192.168.100.200, v1.2.3.4, 10.0.0.0/8", ""},
		{"order 4711-0815, ISBN 0-306-40615-2, 〒100-0001, 1,234,567", ""},
		{"0312345678 without a word, 1234567890123", ""},
		{"commit 0123456789abcdef0123456789abcdef01234567", ""},
		{"/srv/0120-123-456/x https://example.org/03-1234-5678", ""},
		{"12345678901234567890123456789 and ５", ""},
	} {
		var got []string
		Find(tt.text, func(h Hit) {
			got = append(got, string(h.Kind)+" "+h.Value)
			if h.Shown == "" || !strings.HasPrefix(tt.text[h.At:], h.Shown) {
				t.Errorf("%q: shows %q at %d", tt.text, h.Shown, h.At)
			}
		})
		if all := strings.Join(got, "; "); all != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, all, tt.want)
		}
	}
}

// FuzzFind holds that any text is read, and that what is found stands in it.
func FuzzFind(f *testing.F) {
	f.Add("call +81 3-1234-5678, DE89 3704 0044 0532 0130 00")
	f.Fuzz(func(t *testing.T, text string) {
		last := -1
		Find(text, func(h Hit) {
			if h.At < last || !strings.HasPrefix(text[h.At:], h.Shown) || h.Value == "" {
				t.Errorf("%+v in %q", h, text)
			}
			last = h.At
		})
	})
}

func BenchmarkFind(b *testing.B) {
	text := strings.Repeat("Dear Mr Suzuki, the quotation is at the place as we said on 2026-03-02. "+
		"Figures for May (12,345 of them) follow next week. TEL 03-1234-5678\n", 60)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Find(text, func(Hit) {})
	}
}
