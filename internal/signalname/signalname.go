// Package signalname names signals for readers of Japanese. In English the evidence has a
// sentence of its own.
package signalname

// Japanese returns the name of a signal, "" where there is none.
func Japanese(signal string) string { return japanese[signal] }

var japanese = map[string]string{
	"recipients-new":        "初めての宛先",
	"recipient-domains-new": "初めての宛先ドメイン",
	"recipients-many":       "宛先が普段より多い",
	"recipients-new-day":    "1日の新規宛先が多い",
	"volume-10min":          "10分間の送信数が多い",
	"volume-hour":           "1時間の送信数が多い",
	"volume-day":            "1日の送信数が多い",
	"url-unknown":           "組織の誰も使ったことのないリンク",
	"url-blocked":           "遮断対象のリンク",
	"sender-held":           "管理者がこの送信者を保留中",
	"network-new":           "初めての接続元ネットワーク",
	"mailer-new":            "初めてのメールソフト",
	"message-id-new":        "普段と異なるMessage-IDの形式",
	"header-new":            "普段と異なるヘッダー構成",
	"encoding-new":          "普段と異なる文字コード・形式",
	"zone-new":              "普段と異なるタイムゾーン",
	"from-new":              "普段と異なる差出人表記",
	"reply-to-new":          "普段と異なる返信先",
	"file-new":              "普段送らない種類の添付ファイル",
	"mail-broken":           "形式の崩れたメール",
	"reply-without-thread":  "やりとりのない相手への返信の体裁",
	"style":                 "文体が本人の普段と異なる",
	"phrase-new":            "普段使わない書き出し・結び",
	"hour-new":              "普段送らない時間帯",
	"mail-link-new":         "初めての宛先への返信リンク",
	"campaign":              "同じ不審なリンク・添付の反復",
	"same-text":             "ほぼ同じ本文の反復",
	"login-after-failures":  "多数の失敗の後のログイン",
}
