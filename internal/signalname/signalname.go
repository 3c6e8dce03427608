// Package signalname puts evidence into the words of its readers: the names of signals in
// Japanese, where English has the evidence's own sentence, and what was observed where the
// record has a short form of it.
package signalname

import (
	"fmt"

	"hisseki/analyzer"
)

// Observed is what a mail showed, for people: "weekend, 0 to 6 h UTC" for "week end 0".
func Observed(e *analyzer.Evidence) string {
	var quarter int
	if e.Signal != analyzer.HourNew {
		return e.Observed
	}
	for short, long := range map[string]string{"week end %d": "weekend", "working day %d": "working day"} {
		if n, err := fmt.Sscanf(e.Observed, short, &quarter); n == 1 && err == nil {
			return fmt.Sprintf("%s, %d to %d h UTC", long, quarter*6, quarter*6+6)
		}
	}
	return e.Observed
}

// Japanese returns the name of a signal, "" where there is none.
func Japanese(signal analyzer.Signal) string { return japanese[signal] }

var japanese = map[analyzer.Signal]string{
	analyzer.RecipientsNew:      "初めての宛先",
	analyzer.DomainsNew:         "初めての宛先ドメイン",
	analyzer.RecipientsMany:     "宛先が普段より多い",
	analyzer.RecipientsNewDay:   "1日の新規宛先が多い",
	analyzer.Volume10Min:        "10分間の送信数が多い",
	analyzer.VolumeHour:         "1時間の送信数が多い",
	analyzer.VolumeDay:          "1日の送信数が多い",
	analyzer.URLUnknown:         "組織の誰も使ったことのないリンク",
	analyzer.URLBlocked:         "遮断対象のリンク",
	analyzer.URLUndecided:       "読み取れない部分に遮断対象のリンクがあるかどうか不明",
	analyzer.SenderHeld:         "管理者がこの送信者を保留中",
	analyzer.NetworkNew:         "初めての接続元ネットワーク",
	analyzer.MailerNew:          "初めてのメールソフト",
	analyzer.MessageIDNew:       "普段と異なるMessage-IDの形式",
	analyzer.HeaderNew:          "普段と異なるヘッダー構成",
	analyzer.EncodingNew:        "普段と異なる文字コード・形式",
	analyzer.ZoneNew:            "普段と異なるタイムゾーン",
	analyzer.FromNew:            "普段と異なる差出人表記",
	analyzer.ReplyToNew:         "普段と異なる返信先",
	analyzer.FileNew:            "普段送らない種類の添付ファイル",
	analyzer.MailBroken:         "形式の崩れたメール",
	analyzer.ReplyWithoutThread: "やりとりのない相手への返信の体裁",
	analyzer.StyleUnlike:        "文体が本人の普段と異なる",
	analyzer.PhraseNew:          "普段使わない書き出し・結び",
	analyzer.HourNew:            "普段送らない時間帯",
	analyzer.MailLinkNew:        "初めての宛先への返信リンク",
	analyzer.Campaign:           "同じ不審なリンク・添付の反復",
	analyzer.TextRepeated:       "ほぼ同じ本文の反復",
	analyzer.LoginAfterFailures: "多数の失敗の後のログイン",
	analyzer.AccountChanged:     "不審な接続元からの転送・振り分け設定",
	analyzer.SigninOdd:          "新しい端末・旧式プロトコルでのサインイン",
	analyzer.StyleBurst:         "数時間の文体がまとめて本人と異なる",
	analyzer.ReachMail:          "1通の宛先が普段より多い",
	analyzer.ReachDay:           "1日の宛先数が普段より多い",
	analyzer.ReachHour:          "1時間の宛先数が普段より多い",
	analyzer.ReachNewDay:        "1日の初めての宛先数が普段より多い",
	analyzer.ReachNewHour:       "1時間の初めての宛先数が普段より多い",
	analyzer.PhoneNew:           "初めての電話番号",
	analyzer.AccountNew:         "初めての振込先・ウォレット",
	analyzer.AnswerAddressNew:   "初めての返信先アドレス",
	analyzer.AddressLookalike:   "本物に似せたアドレス",
	analyzer.NewcomerPlace:      "新しいアカウントの組織外からの送信",
	analyzer.LuresRepeated:      "複数の相手に次々と新しいリンク・添付",
	analyzer.Unread:             "読み取れない部分のあるメール",
	analyzer.HabitOutside:       "申告された利用範囲の外",
	analyzer.ReachLimit:         "管理者が定めた宛先数の上限を超過",
}
