package words

// ofOwner are the texts about asking an account's owner, by key: English, Japanese.
var ofOwner = map[string][2]string{
	"owner-title": {"Was that you?", "ご本人による送信ですか"},
	"owner-ask": {"Your mail server holds mail that was sent as %s, for it is unusual. Say whether you sent it.",
		"%s から送信された普段と異なるメールを、メールサーバーで保留しています。ご自身で送信したものかどうかお答えください。"},
	"owner-mail":          {"Mails: %d, recipients: %d", "メール %d 通、宛先 %d 件"},
	"owner-not-mine":      {"It was not me", "自分ではない"},
	"owner-mine":          {"It was me", "自分が送信した"},
	"owner-note":          {"\"It was not me\" keeps the mail on hold and alarms those who look after the server. After \"it was me\" they look at the mail before it is sent.", "「自分ではない」を選ぶと、メールは保留されたまま、管理者に通知されます。「自分が送信した」を選んだ場合は、管理者が確認してから送信します。"},
	"owner-until":         {"This link answers until", "このリンクの有効期限:"},
	"owner-over":          {"There is nothing to answer: the link is too old, or the mail has been seen to.", "回答が必要なものはありません。リンクの期限が切れたか、すでに対応済みです。"},
	"owner-denied":        {"You said that it was not you. The mail stays on hold, and those who look after the server have been told.", "「自分ではない」との回答を受け付けました。メールは保留したまま、管理者に通知しました。"},
	"owner-claimed":       {"You said that it was you. Somebody looks at the mail before it is sent. If it was not you after all, say so.", "「自分が送信した」との回答を受け付けました。管理者が確認してから送信します。身に覚えがない場合は、下のボタンでお知らせください。"},
	"owner-step-password": {"Change your password, on a computer that you trust.", "信頼できる端末でパスワードを変更してください。"},
	"owner-step-desk":     {"Call your help desk, by a number that you know.", "ご存じの電話番号でヘルプデスクに連絡してください。"},

	"answer-denied":  {"The owner says: it was not me.", "本人の回答: 自分ではない"},
	"answer-claimed": {"The owner says: it was me. Whoever has the link can say so: ask him yourself before you decide.", "本人の回答: 自分が送信した(リンクを持つ人なら誰でも回答できます。判断の前に本人へ直接確認してください)"},
	"card-denied":    {"owner: not me", "本人: 自分ではない"},
	"card-claimed":   {"owner: it was me", "本人: 自分が送信"},
	"event-denied":   {"owner: it was not me", "本人の回答: 自分ではない"},
	"event-claimed":  {"owner: it was me", "本人の回答: 自分が送信した"},
	"told-answer":    {"answer", "回答"},
	"verb-ask":       {"ask the owner", "本人への確認"},
	"verb-deny":      {"owner: not me", "本人の回答: 自分ではない"},
	"verb-claim":     {"owner: it was me", "本人の回答: 自分が送信した"},
}
