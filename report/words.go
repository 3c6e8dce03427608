package report

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/signalname"
	"hisseki/ledger"
)

// Lang is the language of a report.
type Lang string

// Languages.
const (
	English  Lang = "en"
	Japanese Lang = "ja"
)

// words are the report's texts by key: English, Japanese.
var words = map[string][2]string{
	"title":     {"Incident report", "インシデント報告書"},
	"accounts":  {"Account", "対象アカウント"},
	"made":      {"as of", "作成"},
	"relays":    {"account named by relay", "アカウントの確認元(中継サーバー)"},
	"began":     {"First mail", "最初のメール"},
	"last":      {"Last mail", "最後のメール"},
	"noticed":   {"How it was noticed", "検知の経緯"},
	"chart":     {"What left, and when", "送信の推移"},
	"logins":    {"Logins", "ログイン履歴"},
	"login":     {"logins", "ログイン"},
	"companies": {"Who got what", "宛先別の状況"},
	"freed":     {"Let go by a reviewer", "担当者が問題なしとして送信したメール"},
	"suspects":  {"Mail that may belong to it", "関連が疑われるメール"},
	"notes":     {"What hooks did and found", "フックの実行結果"},
	"event":     {"on", "契機"},
	"hook":      {"hook", "フック"},
	"said":      {"result", "結果"},
	"block":     {"To block and to look for", "遮断・調査の対象"},
	"next":      {"What to do next", "今後の対応"},
	"drafts":    {"Drafts", "連絡文の案"},
	"partner":   {"Notice to the recipients", "取引先への連絡文(案)"},
	"internal":  {"Internal notice", "社内への連絡文(案)"},

	"reached": {"got through", "届いた"},
	"open":    {"open", "未確定"},
	"stopped": {"stopped", "止めた"},
	"refused": {"refused", "届かなかった"},

	"mails":   {"mails", "メール"},
	"unit":    {"mails", "通"},
	"rcpts":   {"recipients", "宛先"},
	"own":     {"own organisation", "自組織"},
	"time":    {"time", "日時"},
	"subject": {"subject", "件名"},
	"links":   {"links", "リンク"},
	"fate":    {"what became of it", "結果"},
	"person":  {"recipient", "宛先"},
	"sender":  {"account", "アカウント"},
	"client":  {"from", "接続元"},
	"result":  {"result", "結果"},
	"count":   {"times", "回数"},
	"shares":  {"shares", "共通点"},
	"points":  {"points then / now", "当時 / 現在の点数"},
	"kind":    {"kind", "種類"},
	"value":   {"value", "値"},
	"sign":    {"sign", "兆候"},
	"seen":    {"observed", "今回"},
	"usual":   {"usual", "普段"},
	"weight":  {"points", "点数"},
	"none":    {"none known", "なし"},
	"no-logins": {"none known; hisseki maillog reads them from the mail server's logs",
		"記録なし(ログの取り込みは hisseki maillog を参照)"},

	"state-open":      {"under investigation", "対応中"},
	"state-confirmed": {"confirmed compromise", "不正利用と判断"},
	"state-dismissed": {"dismissed: the owner's own mail", "問題なし(本人の送信)"},
	"state-ended":     {"ended undecided", "判断なしで終了"},

	"event-opened":    {"opened", "発生"},
	"event-confirmed": {"confirmed", "不正利用と判断"},
	"event-dismissed": {"dismissed", "問題なしと判断"},
	"event-ended":     {"ended", "終了"},
	"event-reopened":  {"reopened", "再開"},

	"fate-delivered": {"delivered", "配送済み"},
	"fate-deferred":  {"deferred, still tried", "再送待ち"},
	"fate-bounced":   {"bounced", "不達"},
	"fate-expired":   {"given up", "配送断念"},
	"fate-delayed":   {"waits", "一時保留"},
	"fate-held":      {"held", "保留中"},
	"fate-recalled":  {"recalled, held", "回収して保留中"},
	"fate-released":  {"let go, no word since", "保留解除(結果不明)"},
	"fate-discarded": {"discarded", "破棄済み"},
	"fate-rejected":  {"rejected", "受信拒否"},
	"fate-unknown":   {"let go, not known", "送信済み(結果不明)"},

	"fate-held-by-postfix": {"held by Postfix", "Postfixで保留中"},

	"login-failure": {"failed", "失敗"},
	"login-lockout": {"locked out", "ロックアウト"},
	"login-success": {"succeeded", "成功"},

	"trait-link":     {"the same link or file", "同じリンクまたは添付"},
	"trait-text":     {"nearly the same text", "ほぼ同じ本文"},
	"trait-network":  {"the same new network", "同じ不審な接続元"},
	"trait-unjudged": {"passed unjudged", "判定されずに通過"},

	"kind-host":   {"site", "サイト"},
	"kind-url":    {"link", "リンク"},
	"kind-client": {"client address", "接続元アドレス"},
	"kind-sha256": {"file, SHA-256", "添付ファイル(SHA-256)"},

	"chart-usual": {"usual for the account: at most %d in %s", "普段: %[2]sあたり最大%[1]d通"},
	"chart-new":   {"no earlier mail to compare with", "比較できる過去の送信なし"},
	"chart-per":   {"mails in %s", "%sあたりの通数"},
	"unlogged": {"The MTA's log has no line on some mail that had been let go: count it as " +
		"received until it does.",
		"配送ログで結果を確認できないメールがあります。確認できるまでは届いたものとして扱ってください。"},
	"first-hold": {"The first mail was held on %s: %s points.",
		"%s に最初のメールを保留しました(%s点)。"},
	"first-passed": {"The first mail that mode enforce would have held was sent on %s: %s points.",
		"%s に、enforce モードであれば保留する最初のメールが送信されました(%s点)。"},
	"no-hold": {"No mail was held as judged.", "判定により保留したメールはありません。"},
	"likely": {"These mails were let go and no hold keeps them. They share something with the " +
		"attack; look whether the attacker was inside earlier: hisseki incident confirm --since.",
		"以下のメールは保留されずに送信されましたが、攻撃メールと共通点があります。" +
			"より早い時期から侵入されていなかったか確認してください(hisseki incident confirm --since)。"},
	"freed-note": {"A person took this mail for the sender's own. It is in none of the figures above.",
		"担当者が本人のメールと判断したものです。上の集計には含みません。"},
	"harmless": {"Links are written so that they cannot be clicked: hxxp is http, [.] is a dot.",
		"リンクはクリックできない表記にしています(hxxp は http、[.] はドット)。"},
	"drafts-note": {"Drafts made from the figures above. Check them before you send anything.",
		"上記の集計から作成した案です。送付前に必ず内容を確認してください。"},
}

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
}

var figures = regexp.MustCompile(`-?[0-9]+(?:\.[0-9]+)?`)

// Phrase is something observed or usual, in words.
func (t text) Phrase(s string) string {
	ja, ok := phrases[figures.ReplaceAllString(s, "#")]
	if !ok || t.lang != Japanese {
		return unlink(s)
	}
	for i, n := range figures.FindAllString(s, -1) {
		ja = strings.ReplaceAll(ja, "#"+itoa(i+1), n)
	}
	return ja
}

// text is the words in one language, and how it writes times and figures.
type text struct {
	lang Lang
	zone *time.Location
}

func (t text) index() int {
	if t.lang == Japanese {
		return 1
	}
	return 0
}

// W returns a word or sentence by key. A key that is none is a mistake of the program.
func (t text) W(key string, args ...any) string {
	w, ok := words[key]
	if !ok {
		panic("report: no words for " + key)
	}
	if len(args) == 0 {
		return w[t.index()]
	}
	return fmt.Sprintf(w[t.index()], args...)
}

// Named returns the word for something that the store names, such as a state. What it does
// not know it shows as it is, harmless: a store may be damaged, or written by an enemy.
func (t text) Named(kind, name string) string {
	if _, ok := words[kind+name]; ok {
		return t.W(kind + name)
	}
	return unlink(name)
}

// Lang is the language's code for HTML.
func (t text) Lang() string { return string(t.lang) }

// Time is a time to the minute.
func (t text) Time(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(t.zone).Format("2006-01-02 15:04")
}

// Second is a time to the second.
func (t text) Second(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(t.zone).Format("2006-01-02 15:04:05")
}

// Between is a span of time, without its end when it is a moment.
func (t text) Between(from, to time.Time) string {
	switch {
	case !to.After(from):
		return t.Second(from)
	case t.Second(from)[:10] == t.Second(to)[:10]: // the same day
		return t.Second(from) + " – " + t.Second(to)[11:]
	}
	return t.Second(from) + " – " + t.Second(to)
}

// Zone is the name of the time zone.
func (t text) Zone(at time.Time) string { return at.In(t.zone).Format("MST -07:00") }

// Span is a bucket's width in words.
func (t text) Span(d time.Duration) string {
	n, unit := int(d/time.Minute), [2]string{"min", "分"}
	switch {
	case d >= 24*time.Hour:
		n, unit = int(d/(24*time.Hour)), [2]string{"d", "日"}
	case d >= time.Hour:
		n, unit = int(d/time.Hour), [2]string{"h", "時間"}
	}
	if t.lang == Japanese {
		return itoa(n) + unit[1]
	}
	return itoa(n) + " " + unit[0]
}

// Fate is a fate in words.
func (t text) Fate(f ledger.Fate) string { return t.Named("fate-", string(f)) }

// Sign is a signal in words.
func (t text) Sign(e analyzer.Evidence) string {
	if s := signalname.Japanese(e.Signal); t.lang == Japanese && s != "" {
		return s
	}
	return sentence(e)
}

// sentence is an evidence's own sentence, without a link.
func sentence(e analyzer.Evidence) string {
	if e.Observed == "" {
		return unlink(e.Text)
	}
	return unlink(strings.ReplaceAll(e.Text, e.Observed, observed(e)))
}

// Observed is what a mail showed, in words.
func (t text) Observed(e analyzer.Evidence) string { return t.Phrase(observed(e)) }

// observed is what a mail showed; a link's site is defanged.
func observed(e analyzer.Evidence) string {
	if e.Observed != "" && e.Signal.NamesLink() {
		return Defang(e.Observed)
	}
	return signalname.Observed(&e)
}

// Parts are the figures of a count that are not zero.
func (t text) Parts(c Count) string {
	var out []string
	for _, p := range []struct {
		n   int
		key string
	}{{c.Reached, "reached"}, {c.Open, "open"}, {c.Stopped, "stopped"}, {c.Refused, "refused"}} {
		if p.n > 0 {
			out = append(out, itoa(p.n)+" "+t.W(p.key))
		}
	}
	if len(out) == 0 {
		return "0"
	}
	return strings.Join(out, ", ")
}

// Traits are what a suspect shares, in words.
func (t text) Traits(list []analyzer.Trait) string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = t.Named("trait-", string(x))
	}
	if t.lang == Japanese {
		return strings.Join(out, "、")
	}
	return strings.Join(out, ", ")
}

// Headline is the report in one sentence.
func (t text) Headline(r *Report) string {
	if t.lang == Japanese {
		return japaneseHeadline(r)
	}
	s := fmt.Sprintf("%s to %s in %s got through; %s stopped.",
		many(r.Mails.Reached, "mail", "mails"), many(r.Reached.People, "person", "people"),
		many(r.Reached.Companies, "company", "companies"),
		many(r.Mails.Stopped, "mail was", "mails were"))
	if r.Mails.Reached == 0 {
		s = fmt.Sprintf("No mail is known to have got through; %s stopped.",
			many(r.Mails.Stopped, "mail was", "mails were"))
	}
	if r.Total.Open > 0 {
		s += fmt.Sprintf(" Of %s to %s in %s it is not known yet: count them as received.",
			many(r.Total.Open, "delivery", "deliveries"), many(r.Maybe.People, "person", "people"),
			many(r.Maybe.Companies, "company", "companies"))
	}
	if r.Mails.Refused > 0 {
		s += fmt.Sprintf(" %s refused by the other side.", many(r.Mails.Refused, "was", "were"))
	}
	if n := r.Reached.Colleagues; n > 0 {
		s += fmt.Sprintf(" %s of those reached %s in the own organisation.", itoa(n), isAre(n))
	}
	return s
}

func japaneseHeadline(r *Report) string {
	s := fmt.Sprintf("%d社・%d名の宛先に%d通が届きました。%d通は送信を止めました。",
		r.Reached.Companies, r.Reached.People, r.Mails.Reached, r.Mails.Stopped)
	if r.Mails.Reached == 0 {
		s = fmt.Sprintf("届いたことを確認したメールはありません。%d通は送信を止めました。", r.Mails.Stopped)
	}
	if r.Total.Open > 0 {
		s += fmt.Sprintf("%d社・%d名あての延べ%d件は結果が未確定です(届いたものとして扱ってください)。",
			r.Maybe.Companies, r.Maybe.People, r.Total.Open)
	}
	if r.Mails.Refused > 0 {
		s += fmt.Sprintf("%d通は相手側で受け取られませんでした。", r.Mails.Refused)
	}
	if n := r.Reached.Colleagues; n > 0 {
		s += fmt.Sprintf("届いた宛先のうち%d名は自組織です。", n)
	}
	return s
}

func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return itoa(n) + " " + more
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func itoa(n int) string { return strconv.Itoa(n) }
