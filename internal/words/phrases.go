package words

// phrases are what the analyzer observed and found usual, in Japanese; # stands for its
// figures. What is not here stays as it is.
var phrases = map[string]string{
	"# known networks":                     "既知のネットワーク #1 件",
	"# known sites":                        "既知のサイト #1 件",
	"# known recipients":                   "既知の宛先 #1 件",
	"# known domains":                      "既知のドメイン #1 件",
	"# known kinds":                        "既知の種類 #1 件",
	"# known lines":                        "既知の書き出し・結び #1 件",
	"# known":                              "既知 #1 件",
	"# parts of the week":                  "送信する時間帯 #1 区分",
	"working day, # to # h UTC":            "平日 #1〜#2時 (UTC)",
	"weekend, # to # h UTC":                "週末 #1〜#2時 (UTC)",
	"so in # of this account's # mails":    "本人の #2 通中 #1 通",
	"links to known addresses":             "既知の宛先へのリンク",
	"well-formed mail":                     "正しい形式のメール",
	"# earlier mails, # of other accounts": "以前のメール #1 通(うち他アカウント #2 通)",
	"# alike in # h":                       "#2 時間に類似 #1 通",
	"# of # recipients new":                "宛先 #2 件中 #1 件が初めて",
	"# of # domains new":                   "ドメイン #2 件中 #1 件が初めて",
	"# recipient":                          "宛先 #1 件",
	"# recipients":                         "宛先 #1 件",
	"# first-time recipients in # h":       "#2 時間に初めての宛先 #1 件",
	"# of # lines new":                     "#2 行中 #1 行が初めて",
	"# failures from # new networks":       "#2 の新しいネットワークから失敗 #1 回",
	"Re: without In-Reply-To":              "返信元情報のない Re:",
	"(none)":                               "なし",
	"# fields":                             "#1 項目",
	"fit #":                                "一致度 #1",

	// what a signal lacks, and what would let a mail pass
	"only # mail of history, habits need # at # times of day":                                      "履歴 #1 通のみ(判定には #3 つの時間帯に #2 通必要)",
	"only # mails of history, habits need # at # times of day":                                     "履歴 #1 通のみ(判定には #3 つの時間帯に #2 通必要)",
	"# mail with enough text, style needs #":                                                       "本文が十分なメール #1 通(文体の判定には #2 通必要)",
	"# mails with enough text, style needs #":                                                      "本文が十分なメール #1 通(文体の判定には #2 通必要)",
	"no client address was ever told":                                                              "接続元アドレスの記録なし",
	"no country is known of any client":                                                            "接続元の国の記録なし",
	"too little history to compare the writing: # mail of #":                                       "文体を比べるには履歴が不足(#2 通中 #1 通)",
	"too little history to compare the writing: # mails of #":                                      "文体を比べるには履歴が不足(#2 通中 #1 通)",
	"would pass if it were sent as the declared habit says":                                        "申告された利用範囲内の送信であれば通過します",
	"would pass if the account had sent no other unusual mail in the hours before (sum #, line #)": "直前の数時間に他の普段と異なるメールがなければ通過します(合計 #1、基準 #2)",
}
