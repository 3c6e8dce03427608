package company

import "time"

// spread returns n partner indexes from first on, around the list.
func spread(first, n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = (first + i) % len(partnerNames)
	}
	return list
}

func people() []person {
	return []person{
		{
			login: Victim, name: "坂東 雅彦", part: "営業部長", perDay: 16,
			starts: 8*time.Hour + 30*time.Minute, works: 10 * time.Hour,
			mailer: "Microsoft Outlook 16.0", charset: "iso-2022-jp",
			office: "192.0.2.10", home: "198.51.100.23", partners: spread(0, 44),
			greet: []string{"いつもお世話になっております。みどり精機の坂東です。", "お世話になっております。坂東です。",
				"先日はご来社いただき、ありがとうございました。"},
			open: []string{"標記の件、取り急ぎご連絡いたします。", "ご依頼の件につきまして回答いたします。",
				"日程の件、承知しました。", "見積の件でご相談があります。"},
			close: []string{"以上、よろしくお願いいたします。", "引き続きよろしくお願い申し上げます。",
				"ご確認のほど、お願いいたします。"},
			subjects: []string{"打合せの日程について", "見積書の件", "納期のご相談", "来週の訪問について", "図面の件",
				"ご回答のお礼"},
			lines: []string{"来週でしたら火曜と木曜の午後が空いています。", "数量は前回と同じ二百個で考えています。",
				"納期は月末までにお願いできれば助かります。", "図面は技術の田中からお送りします。",
				"単価については社内で再度検討しますので、少しお時間をください。", "当日は私と鈴木の二名で伺います。",
				"現場の写真を拝見しましたが、特に問題はないと思います。", "検収は先週末に終わっております。"},
			sites:     []string{"www.example.jp/products", "maps.test/place"},
			signature: "--\nみどり精機株式会社 営業部長\n坂東 雅彦\nTEL 03-0000-0010\nhttps://www.example.jp/\n",
		},
		{
			login: "suzuki@example.jp", name: "鈴木 加奈", part: "営業", perDay: 12,
			starts: 9 * time.Hour, works: 9 * time.Hour,
			mailer: "Mozilla Thunderbird", charset: "utf-8",
			office: "192.0.2.11", partners: spread(6, 18),
			greet: []string{"お世話になっております。みどり精機、営業の鈴木でございます。",
				"いつも大変お世話になっております。鈴木です!"},
			open: []string{"早速のご返信ありがとうございます!", "お電話でお話しした件、メールでもお送りします。",
				"資料の準備ができましたのでお知らせします。"},
			close:    []string{"ご不明な点がございましたら、お気軽にご連絡くださいませ。", "どうぞよろしくお願いいたします!"},
			subjects: []string{"資料送付のご案内", "お電話の件", "サンプルについて", "展示会のご案内"},
			lines: []string{"サンプルは明日の午前中に届く予定です。", "カタログの最新版は下記からご覧いただけます。",
				"ご希望の色がございましたらお知らせくださいませ。", "展示会では新しい治具もご覧いただけます。",
				"在庫は十分にございますのでご安心ください。"},
			sites:     []string{"www.example.jp/catalog", "tenjikai.test/booth"},
			signature: "━━━━━━━━━━━━━━\nみどり精機株式会社 営業部\n鈴木 加奈(すずき かな)\n━━━━━━━━━━━━━━\n",
		},
		{
			login: "takahashi@example.jp", name: "高橋 誠", part: "経理", perDay: 10,
			starts: 9 * time.Hour, works: 8 * time.Hour,
			mailer: "Becky! ver. 2.81", charset: "iso-2022-jp",
			office: "192.0.2.12", partners: spread(20, 22),
			greet: []string{"お世話になっております。みどり精機 経理の高橋と申します。"},
			open: []string{"今月分の請求につきましてご案内申し上げます。", "お支払いの予定をご連絡申し上げます。",
				"ご請求書を拝受いたしました。"},
			close:    []string{"何卒よろしくお願い申し上げます。", "ご査収くださいますようお願い申し上げます。"},
			subjects: []string{"ご請求の件", "お支払予定のご連絡", "請求書拝受のお知らせ"},
			lines: []string{"お支払いは翌月末日に指定口座へお振込みいたします。", "金額に相違がある場合は今週中にお知らせください。",
				"原本は本日郵送いたしました。", "消費税の端数は切り捨てで計算しております。"},
			signature: "****************************\nみどり精機(株) 管理部 経理課 高橋\n****************************\n",
		},
		{
			login: "tanaka@example.jp", name: "田中 亮", part: "技術", perDay: 8,
			starts: 10 * time.Hour, works: 10 * time.Hour,
			mailer: "Mozilla Thunderbird", charset: "utf-8",
			office: "192.0.2.13", home: "198.51.100.140", partners: spread(2, 12),
			greet:    []string{"田中です。", "お世話になります。技術の田中です。"},
			open:     []string{"図面の件です。", "ご質問について調べました。", "試作の結果が出ました。"},
			close:    []string{"よろしくお願いします。", "以上です。"},
			subjects: []string{"図面 rev.2", "試作結果", "公差について", "Re: 材質の件"},
			lines: []string{"公差は±0.02で問題ありません。", "材質はSUS304に変更しました。",
				"測定データは共有フォルダに置きました。", "穴位置のみ修正しています。", "表面処理は前回と同じです。"},
			sites:     []string{"share.example.jp/d"},
			signature: "--\n田中 亮 / みどり精機 技術部\n",
		},
	}
}
