package words

import (
	"slices"

	"hisseki/analyzer"
)

// clauses are parts of the analyzer's sentences that say how known something is, or where it stands.
var clauses = map[string]string{
	"a link":                     "リンク",
	"a link in a QR code":        "QRコード内のリンク",
	"a link in an attached file": "添付ファイル内のリンク",

	"new to this account, known in the organisation":                                 "組織内では既知ですが、このアカウントでは初めてです",
	"which other accounts began to use in the last days":                             "ここ数日でほかのアカウントも使い始めたサイトです",
	"a new page on a shared host that this account uses":                             "本人が利用している共有サイト上の、初めてのページです",
	"a new page on a host where anyone can publish":                                  "誰でも公開できるサイト上の、初めてのページです",
	"another part than this account and the organisation use of a much visited site": "広く利用されているサイトのうち、このアカウントも組織も使ったことのない部分です",
	"new to this account, but a much visited site":                                   "このアカウントでは初めてですが、広く利用されているサイトです",
	"unknown to this account, to the organisation and among much visited sites":      "このアカウントにも組織にも初めてで、広く利用されているサイトでもありません",

	"an address instead of a name":               "ホスト名の代わりにIPアドレスが使われています",
	"with a user part that looks like a host":    "ホスト名に見せかけたユーザー名部分があります",
	"while the link's text shows another domain": "リンクの表示文字列は別のドメインになっています",
	"with look-alike letters":                    "紛らわしい文字が使われています",
	"under a top-level domain with much abuse":   "悪用の多いトップレベルドメインです",

	"of a kind that can run or hide a program":                         "プログラムを実行できる、または隠せる種類です",
	"of a kind that this account never sent":                           "このアカウントが送ったことのない種類です",
	"of a risky kind that this account never sent":                     "危険性のある種類で、このアカウントは送ったことがありません",
	"of a risky kind that nobody in the organisation ever sent":        "危険性のある種類で、組織内の誰も送ったことがありません",
	"that nobody in the organisation gave before":                      "組織内の誰も記載したことがありません",
	"in an attached file, that nobody in the organisation gave before": "添付ファイル内にあり、組織内の誰も記載したことがありません",
}

// tails may follow a sentence.
var tails = []form{
	{", as do others who wrote from the same place until it fell silent", "同じ場所から送信していた他のアカウントも移っており、元の場所からの送信は途絶えています。"},
	{", a country this account never sent from", "この国からの送信も初めてです。"},
	{", in a mail that speaks of paying", "支払いに触れているメールです。"},
	{" and a lockout", "ロックアウトも発生しています。"},
}

// sentences are those of every signal. The last one of each fits every text.
var sentences = map[analyzer.Signal][]form{
	analyzer.URLUnknown: {
		{"%c to %o, unknown to this account and the organisation, %c", "{seen} への{1}です。このアカウントにも組織にも初めてで、{2}。"},
		{"%c to %o, %c", "{seen} への{1}です。{2}。"},
		{"", "{seen} へのリンクは、このアカウントでは初めてです。"}},
	analyzer.NetworkNew: {
		{"sent from %o, a new network of a known provider", "{seen} から送信されました。利用中のプロバイダーですが、初めてのネットワークです。"},
		{"sent from %o, new to this account", "{seen} から送信されました。このアカウントには初めての接続元です。"},
		{"sent from %o, new to the whole organisation", "{seen} から送信されました。組織全体でも初めての接続元です。"},
		{"", "{seen} から送信されました。このアカウントには初めての接続元です。"}},
	analyzer.NewcomerPlace: only("an account without habits writes from where, or with what, nobody in the organisation does",
		"送信履歴の少ないアカウントが、組織の誰も使わない接続元またはメールソフトから送信しました({seen})。"),
	analyzer.HourNew: only("sent in a part of the week in which this account never sends",
		"{seen}の送信です。このアカウントは普段、この時間帯に送信しません。"),

	analyzer.MailerNew:    shape("a mail program", "メールソフト「{seen}」は"),
	analyzer.MessageIDNew: shape("a form of Message-ID", "Message-ID の形式「{seen}」は"),
	analyzer.HeaderNew:    shape("an order of header fields", "ヘッダー項目の並び({seen})は"),
	analyzer.EncodingNew:  shape("a text encoding", "文字コードと形式「{seen}」は"),
	analyzer.ZoneNew:      shape("a time zone", "タイムゾーン「{seen}」は"),
	analyzer.FromNew:      shape("a From address with this MAIL FROM", "この MAIL FROM での差出人アドレス「{seen}」は"),
	analyzer.ReplyToNew:   shape("a Reply-To domain", "Reply-To のドメイン「{seen}」は"),

	analyzer.PhoneNew: append([]form{{"a name in a messenger, %o, %c", "メッセンジャーの名前「{seen}」は、{1}。"}},
		contact("a telephone number", "電話番号「{seen}」は")...),
	analyzer.AccountNew:       contact("an account to pay to", "振込先・ウォレット「{seen}」は"),
	analyzer.AnswerAddressNew: contact("an address to answer to", "返信先アドレス「{seen}」は"),
	analyzer.AddressLookalike: {
		{"the address %o looks like one of %s", "アドレス {seen} は、{1} のものと紛らわしい表記です。"},
		{"", "アドレス {seen} は、ほかのドメインのものと紛らわしい表記です。"}},
	analyzer.MailLinkNew: only("a link that writes to an address new to this account and the organisation",
		"{seen} あてのメールを作成するリンクがあります。このアカウントにも組織にも初めてのアドレスです。"),
	analyzer.FileNew: {
		{"an attachment (%o) %c", "添付ファイル({seen})があります。{1}。"},
		{"", "添付ファイル({seen})は、このアカウントが普段送らない種類です。"}},
	analyzer.Unread: only("a part of the mail that could not be read: %o",
		"メールに読み取れない部分があります({seen})。"),
	analyzer.MailBroken: only("the mail's form is broken or hides text, which can keep content from a filter",
		"形式が崩れているか文字が隠されているメールで、フィルターが内容を見落とすおそれがあります({seen})。"),
	analyzer.ReplyWithoutThread: only("the subject says it is an answer, but no answered mail is named",
		"件名は返信の体裁ですが、返信元のメールが示されていません。"),

	analyzer.Campaign: only("the same unknown link or file went to other people in the last days",
		"同じ見慣れないリンクまたは添付ファイルが、ここ数日でほかの宛先にも送られています({seen})。"),
	analyzer.TextRepeated: {
		{"nearly the same text as %s to other people on the last day", "この1日にほかの宛先へ送られたメールと、本文がほぼ同じです({seen})。"},
		{"", "ほかの宛先へ送られたメールと、本文がほぼ同じです({seen})。"}},
	analyzer.LuresRepeated: {
		{"%s of the last day brought other people something unusual to open too", "この1日に、ほかの宛先にも見慣れないリンクや添付ファイルなどが送られています({seen})。"},
		{"", "ほかの宛先にも見慣れないリンクや添付ファイルなどが送られています({seen})。"}},

	analyzer.StyleUnlike: only("the wording and layout fit other people's mail better than this account's",
		"文面と体裁が、このアカウントよりもほかの人のメールに近くなっています({seen})。"),
	analyzer.StyleBurst: only("the mails of the last hours together read like somebody else's",
		"ここ数時間のメールは、まとめて見ると別人が書いたように読めます({seen})。"),
	analyzer.PhraseNew: only("the first and last lines are not those this account uses",
		"書き出しと結びが、このアカウントの普段のものと異なります({seen})。"),

	analyzer.LoginAfterFailures: only("logged in from a new network after failures from many others",
		"多数のネットワークからのログイン失敗の後、新しいネットワークからログインがありました({seen})。"),
	analyzer.AccountChanged: only("a rule that hides or forwards mail was set from a network new to this account",
		"このアカウントに初めてのネットワークから、メールを隠す、または転送する設定が行われました({seen})。"),
	analyzer.SigninOdd: {
		{"signed in from a new network by a protocol that knows no second factor and on a device new to this account",
			"新しいネットワークから、多要素認証のないプロトコルで、初めての端末によるサインインがありました({seen})。"},
		{"signed in from a new network by a protocol that knows no second factor",
			"新しいネットワークから、多要素認証のないプロトコルでサインインがありました({seen})。"},
		{"signed in from a new network on a device new to this account",
			"新しいネットワークから、このアカウントに初めての端末でサインインがありました({seen})。"},
		{"", "新しいネットワークから、普段と異なるサインインがありました({seen})。"}},

	analyzer.ReachMail: only("one mail to %s people", "1通のメールの宛先が{seen}です。"),
	analyzer.ReachDay: only("within 24 hours %s people were written to beside those of the mail to most",
		"24時間の宛先が{seen}です(宛先の最も多い1通を除く)。"),
	analyzer.ReachHour: only("within an hour %s people were written to beside those of the mail to most",
		"1時間の宛先が{seen}です(宛先の最も多い1通を除く)。"),
	analyzer.ReachNewDay: only("within 24 hours %s people were written to for the first time beside those of the mail to most",
		"24時間の初めての宛先が{seen}です(宛先の最も多い1通を除く)。"),
	analyzer.ReachNewHour: only("within an hour %s people were written to for the first time beside those of the mail to most",
		"1時間の初めての宛先が{seen}です(宛先の最も多い1通を除く)。"),

	// an admin's rules, habits and ceilings
	analyzer.URLBlocked: {
		{"the link to %o is blocked since %s, by %s, because: %s", "{seen} へのリンクは {2} が {1} から遮断しています(理由: {3})。"},
		{"the link to %o is blocked since %s, by %s", "{seen} へのリンクは {2} が {1} から遮断しています。"},
		{"", "{seen} へのリンクは遮断対象です。"}},
	analyzer.URLUndecided: only("links are blocked here, and whether the mail has one is not known: %o",
		"遮断対象のリンクが登録されていますが、このメールに含まれるかどうか確認できません({seen})。"),
	analyzer.SenderHeld: {
		{"all mail of this sender is held, by %s, because: %s", "この送信者のメールはすべて保留する設定です(設定者: {1}、理由: {2})。"},
		{"all mail of this sender is held, by %s", "この送信者のメールはすべて保留する設定です(設定者: {1})。"},
		{"", "この送信者のメールはすべて保留する設定です。"}},
	analyzer.HabitOutside: slices.Concat(
		habit("sent ", "送信({seen})が"),
		habit("written with the program ", "メールソフト({seen})が"),
		habit("signed in on the device ", "サインインした端末({seen})が"),
		[]form{{"", "{seen} は、申告された利用範囲の外です。"}}),
	analyzer.ReachLimit: {
		{"within an hour %s people were written to, the admin allows %s", "1時間の宛先が{seen}となり、管理者の定めた上限の{2}名を超えました。"},
		{"within 24 hours %s people were written to, the admin allows %s", "24時間の宛先が{seen}となり、管理者の定めた上限の{2}名を超えました。"},
		{"for the first time, within an hour %s people were written to, the admin allows %s",
			"1時間の初めての宛先が{seen}となり、管理者の定めた上限の{2}名を超えました。"},
		{"for the first time, within 24 hours %s people were written to, the admin allows %s",
			"24時間の初めての宛先が{seen}となり、管理者の定めた上限の{2}名を超えました。"},
		{"", "宛先が{seen}となり、管理者の定めた上限を超えました。"}},

	// no longer measured: journals still have them
	analyzer.RecipientsNew:    {{"", "初めての宛先があります({seen})。"}},
	analyzer.DomainsNew:       {{"", "初めての宛先ドメインがあります({seen})。"}},
	analyzer.RecipientsMany:   {{"", "宛先が普段より多くなっています({seen})。"}},
	analyzer.RecipientsNewDay: {{"", "1日の新規宛先が普段より多くなっています({seen})。"}},
	analyzer.Volume10Min:      {{"", "10分間の送信数が普段より多くなっています({seen})。"}},
	analyzer.VolumeHour:       {{"", "1時間の送信数が普段より多くなっています({seen})。"}},
	analyzer.VolumeDay:        {{"", "1日の送信数が普段より多くなっています({seen})。"}},
}

// only is a signal with one sentence, which Japanese says whatever English said.
func only(en, ja string) []form { return []form{{en, ja}, {"", ja}} }

// shape is what a mail program shows.
func shape(en, ja string) []form {
	return []form{
		{en + " that this account never used, though colleagues do", ja + "、同僚は使っていますが、このアカウントでは初めてです。"},
		{en + " that nobody in the organisation used before", ja + "、組織内の誰も使ったことがありません。"},
		{"", ja + "、このアカウントの普段のものと異なります。"}}
}

// contact is what a reader calls, pays to or answers to.
func contact(en, ja string) []form {
	return []form{{en + ", %o, %c", ja + "、{1}。"}, {"", ja + "、このアカウントでは初めてです。"}}
}

// habit is what lies outside a declared habit: its name, what it declares, and why it is declared.
func habit(en, ja string) []form {
	return []form{
		{en + `%o, outside the declared habit "%s" (%s), because: %s`, ja + "、申告された利用範囲「{1}」の外です(申告: {2}、理由: {3})。"},
		{en + `%o, outside the declared habit "%s" (%s)`, ja + "、申告された利用範囲「{1}」の外です(申告: {2})。"}}
}

// seenForms are what was observed where it is put together from names.
var seenForms = map[analyzer.Signal][]form{
	analyzer.NetworkNew: {{"%s in %s", "{1}(国: {2})"}},
	analyzer.HabitOutside: {{"from an unknown address in %s", "接続元不明、国: {1}"}, {"from an unknown address", "接続元不明"},
		{"from %s in %s", "{1}、国: {2}"}, {"from %s", "{1}"}},
	analyzer.AccountChanged: {
		{"rule from %s: %s", "{1} からの受信ルールの設定: {2}"}, {"forwarding from %s: %s", "{1} からの転送の設定: {2}"}},
	analyzer.MailBroken: {{"1 kind of defect, %s hidden characters", "形式の崩れ 1 種類、隠れた文字 {1} 字"}, {"%s kinds of defect, %s hidden characters", "形式の崩れ {1} 種類、隠れた文字 {2} 字"}},
}

// usualForms are what is usual where it is put together from names.
var usualForms = []form{
	{"blocked: %s", "遮断対象: {1}"}, {"declared: %s", "申告: {1}"}, {"held until %s", "{1} まで保留"},
	{"allowed: %s", "許可: {1}名"},
	{"too little text to compare the writing: %s letters", "文体を比べるには本文が不足({1} 文字)"},
	{"too little text to compare the writing: %s letter", "文体を比べるには本文が不足({1} 文字)"},
}
