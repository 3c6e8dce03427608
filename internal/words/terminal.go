package words

import (
	"strings"

	"hisseki/ledger"
)

// FromLocale is the language that the environment asks for (POSIX: LC_ALL before LC_MESSAGES before
// LANG): Japanese for "ja" and "ja_JP.UTF-8". A terminal of another encoding, as for "ja_JP.eucJP",
// cannot show it and is written to in English.
func FromLocale(env func(string) string) Lang {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		value := env(name)
		if value == "" {
			continue
		}
		tag, charset, named := strings.Cut(strings.ToLower(value), ".")
		charset, _, _ = strings.Cut(charset, "@")
		language, _, _ := strings.Cut(tag, "_")
		if language == string(Japanese) && (!named || strings.ReplaceAll(charset, "-", "") == "utf8") {
			return Japanese
		}
		return English
	}
	return English
}

// Later is how a mail came to be held after it had been delayed or let go, "" for one that was held
// at once.
func (t Reader) Later(h *ledger.Hold) string {
	incident := "I" + itoa(int(h.Incident))
	switch {
	case t.Late(h.Record) != "":
		return t.Late(h.Record)
	case h.Incident == 0:
		return ""
	case !h.Recalled.IsZero():
		return t.W("later-recalled", incident)
	case !h.Promoted.IsZero():
		return t.W("later-promoted", incident)
	}
	return ""
}

// ofTerminal are the texts of commands by key: English, Japanese.
var ofTerminal = map[string][2]string{
	"cli-id":         {"id", "番号"},
	"cli-hold":       {"hold", "保留"},
	"cli-incident":   {"incident", "インシデント"},
	"cli-time":       {"time", "日時"},
	"cli-sender":     {"sender", "送信者"},
	"cli-named by":   {"named by", "確認元"},
	"cli-mail from":  {"mail from", "送信元"},
	"cli-from":       {"from", "差出人"},
	"cli-subject":    {"subject", "件名"},
	"cli-client":     {"client", "接続元"},
	"cli-queue id":   {"queue id", "キューID"},
	"cli-leaves":     {"leaves", "送信予定"},
	"cli-later":      {"later", "経緯"},
	"cli-decided":    {"decided", "判断"},
	"cli-by":         {"by", "担当者"},
	"cli-error":      {"error", "エラー"},
	"cli-recipients": {"recipients", "宛先"},
	"cli-links":      {"links", "リンク"},
	"cli-link":       {"link", "リンク"},
	"cli-files":      {"files", "添付"},
	"cli-case":       {"case", "案件"},
	"cli-mail":       {"mail", "メール"},
	"cli-ended":      {"ended", "終了"},
	"cli-noticed":    {"noticed", "検知"},
	"cli-state":      {"state", "状態"},
	"cli-points":     {"points", "点数"},
	"cli-because":    {"because", "理由"},
	"cli-opened":     {"opened", "発生"},
	"cli-excerpt":    {"excerpt", "抜粋"},
	"cli-verdict":    {"verdict", "判定"},
	"cli-suspects":   {"suspects", "疑わしいメール"},
	"cli-then":       {"points then", "当時の点数"},
	"cli-now":        {"now", "現在"},
	"cli-shares":     {"shares", "共通点"},
	"cli-owner":      {"owner", "本人"},
	"cli-hook":       {"hook", "フック"},
	"cli-milter":     {"milter", "判定"},
	"cli-agent":      {"agent", "エージェント"},
	"cli-store":      {"store", "データベース"},
	"cli-day":        {"24 hours", "24時間"},
	"cli-incidents":  {"incidents", "インシデント"},
	"cli-queue":      {"queue", "キュー"},
	"cli-waiting":    {"waiting", "最古の保留"},
	"cli-tables":     {"tables", "テーブル"},

	"cli-on":           {"%s on %s", "%s(ホスト %s)"},
	"cli-more-follows": {"%s unless more follows", "%s(不審なメールが続かなければ)"},
	"cli-points-sum":   {"%s: %s points, sum %s", "%s: %s 点、合計 %s 点"},
	"cli-was-done":     {" (what was done: %s)", "(実際の処理: %s)"},
	"cli-observed":     {"observed: %s", "今回: %s"},
	"cli-usual":        {"usual:    %s", "普段: %s"},
	"cli-not-shown":    {"not shown: %s", "表示できません: %s"},
	"cli-source":       {"(the source: --raw)", "(ソースは --raw で表示)"},
	"cli-span":         {"%s to %s: %s", "%s から %s まで: %s"},
	"cli-reached":      {"%s got mail; %d deliveries stopped, %d open, %d refused", "届いた宛先 %s。止めた配送 %d、未確定 %d、届かなかった %d"},
	"cli-reached-of":   {"%d at %d", "%d 名(%d 社)"},
	"cli-elsewhere":    {" (others sent it before)", "(以前に他者も送信)"},
	"cli-noticed-at":   {"%s %s, %s points", "%s %s、%s 点"},
	"cli-case-with":    {"%s with %s", "%s(同じ攻撃: %s)"},
	"cli-suspects-of":  {"%d mails not held that share something with it", "保留されずに送信され、攻撃メールと共通点のあるメール %d 通"},
	"cli-and-more":     {"  and %d more, see the report", "  ほか %d 通。報告書を参照してください"},
	"cli-case-more":    {", and older ones", "、ほかにさらに古いもの"},
	"cli-unread":       {"read here: the oldest and the newest, %d of %d mails; the report reads all", "古いものと新しいもの計 %d 通(全 %d 通)からの集計です。全体は報告書を参照してください"},
	"cli-at-least":     {" at least; the report looks further", "以上。報告書ではさらに広く調べます"},
	"cli-lures-unread": {"whether others sent these links before was asked of their latest mail only", "他者が以前に同じリンクを送信したかは、最近のメールの範囲でのみ確認しました"},
	"cli-is-thief":     {"it was stolen:    ", "不正利用の場合:   "},
	"cli-is-owner":     {"it was the owner: ", "本人の送信の場合: "},
	"cli-take-back":    {"take it back:     ", "判断を取り消す:   "},
	"cli-its-mail":     {"its mail:         ", "対象のメール:     "},
	"cli-who-got":      {"who got what:     ", "届いた宛先:       "},

	"cli-never-seen":   {"never seen", "未確認"},
	"cli-seen-ago":     {"seen %s ago", "最終確認 %s前"},
	"cli-stale":        {", stale: nothing is delayed, released or discarded", "、応答なし: 一時保留・送信・破棄が実行されません"},
	"cli-open-n":       {"%d open", "対応中 %d 件"},
	"cli-oldest":       {", the oldest since %s", "、最も古いもの %s前から"},
	"cli-day-of":       {"%d passed, %d delayed, %d held (enforce: %d delayed, %d held)", "通過 %d、一時保留 %d、保留 %d(enforce の場合: 一時保留 %d、保留 %d)"},
	"cli-unjudged":     {"; %d NOT JUDGED", "、未判定 %d"},
	"cli-judged-later": {", %d to be judged later", "、うち後で判定 %d"},
	"cli-queue-of":     {"%d held, %d delayed, %d recalling, %d releasing, %d discarding", "保留 %d、一時保留 %d、回収中 %d、送信処理中 %d、破棄処理中 %d"},
	"cli-held-since":   {"the oldest held mail since %s", "%s前から"},
	"cli-good":         {"answers", "正常"},
	"cli-dead":         {" (%d dead rows)", "(不要な行 %d)"},
	"cli-recalled":     {" recalled", " 回収済み"},
	"cli-run":          {" (run %d)", "(%d 回目)"},
}
