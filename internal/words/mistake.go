package words

import (
	"regexp"
	"strings"
)

// mistakes are what packages review, ledger and config say of what a person wrote, with what a
// Japanese reader is told. The value that he wrote is $1.
var mistakes = []struct {
	english *regexp.Regexp
	ja      string
}{
	{regexp.MustCompile(`(".*") is not a time: write .*`), "$1 は日時ではありません(例: 2h、3d、2026-11-17、2026-11-17 10:00)"},
	{regexp.MustCompile(`(".*") is over: .*`), "$1 は過ぎています。今より後の期限にしてください"},
	{regexp.MustCompile(`(".*") is not an id such as (\w+)`), "$1 は番号ではありません(例: $2)"},
	{regexp.MustCompile(`(\S+) is not an id$`), "$1 は番号ではありません"},
	{regexp.MustCompile(`(\S+) is not a number of points such as (\S+)`), "$1 は点数ではありません(例: $2)"},
	{regexp.MustCompile(`(".*") is not one of: (.*)`), "$1 は次のいずれでもありません: $2"},
	{regexp.MustCompile(`(".*") is not an event`), "$1 は通知の番号ではありません"},
	{regexp.MustCompile(`the account is blank: .*`), "アカウントが空です(例: alice@example.org)"},
	{regexp.MustCompile(`(".*") is not a country code such as (".*")`), "$1 は国コードではありません(例: $2)"},
	{regexp.MustCompile(`(".*") is not the code that databases use, write (".*")`), "$1 ではなく $2 と書いてください"},
	{regexp.MustCompile(`it needs a country database: .*|needs a country database: .*`), "国のデータベースが必要です(places.country を設定してください)"},
	{regexp.MustCompile(`needs sign-in logs, which alone name devices: .*`), "サインインログが必要です(端末名はサインインログにのみ含まれます。signin.files を設定してください)"},
	{regexp.MustCompile(`(".*") is not a name or a pattern such as (".*")`), "$1 は名前でもパターンでもありません(例: $2)"},
	{regexp.MustCompile(`(".*") is not an address or a network such as (".*")`), "$1 はアドレスでもネットワークでもありません(例: $2)"},
	{regexp.MustCompile(`(".*") is not a span of hours.*`), `$1 は時間帯ではありません(例: "06:00-22:00"、"mon-fri 07:30-19:00")`},
	{regexp.MustCompile(`(".*") is not a time zone such as (".*")`), "$1 はタイムゾーンではありません(例: $2)"},
	{regexp.MustCompile(`--hours and --zone belong together: .*`), "時間帯とタイムゾーンは両方とも指定してください"},
	{regexp.MustCompile(`nothing is declared: .*`), "国コード、ネットワーク、時間帯のいずれかを指定してください"},
	{regexp.MustCompile(`(".*") is not a sender, domain or pattern such as (".*")`), "$1 は送信者、ドメイン、パターンのいずれでもありません(例: $2)"},
	{regexp.MustCompile(`it needs a sender.*`), "対象のアカウントを指定してください"},
	{regexp.MustCompile(`(?:it needs|its) (?:an )?end (?:must be )?in the future`), "今より後の期限が必要です"},
	{regexp.MustCompile(`(".*") is not account, application or null`), "$1 は account、application、null のいずれでもありません"},
	{regexp.MustCompile(`the link is blank: .*`), "リンクが空です(ホスト、ドメイン、URL のいずれかを入力してください)"},
	{regexp.MustCompile(`(".*") is a mailbox, not a link: .*`), "$1 はメールアドレスで、リンクではありません。ホスト、ドメイン、URL のいずれかを入力してください"},
	{regexp.MustCompile(`(".*") is not a host, domain or URL: .*`), "$1 はホスト、ドメイン、URL のいずれでもありません"},
	{regexp.MustCompile(`(".*") has no dot: .*`), "$1 に「.」がありません。ホスト名全体を入力してください"},
	{regexp.MustCompile(`(".*") is where a registry gives out names.*`), "$1 は登録の単位で、多数の他人のドメインを含みます。ドメイン名全体を入力してください"},
	{regexp.MustCompile(`a reason is needed`), "理由を入力してください"},
	{regexp.MustCompile(`there is another calibration by now: .*`), "計算結果が更新されています。新しい結果を確認してください"},
	{regexp.MustCompile(`there is no such notch`), "そのような設定はありません"},
	{regexp.MustCompile(`there is no such rule`), "そのようなルールはありません"},
	{regexp.MustCompile(`a decision is release or discard`), "判断は送信か破棄のいずれかです"},
	{regexp.MustCompile(`nothing is selected`), "何も選択されていません"},
	{regexp.MustCompile(`there is no format (".*")`), "$1 という形式はありません"},
	{regexp.MustCompile(`the answer is none of the two`), "回答はどちらか一方を選んでください"},
	{regexp.MustCompile(`the form is too long or cannot be read`), "入力が長すぎるか、読み取れません"},
	{regexp.MustCompile(`that is more than a page can give: use (.*)`), "ページで扱える量を超えています。$1 を使ってください"},
	{regexp.MustCompile(`(\d+) mails are too many for one request: at most (\d+)`), "$1 通は一度の依頼には多すぎます(最大 $2 通)"},
	{regexp.MustCompile(`(?:release|discard) needs ids or a filter.*`), "メールか絞り込みの条件を指定してください"},
	{regexp.MustCompile(`after must be an id`), "番号を指定してください"},
}

// optionNames are what the page calls the options of commands.
var optionNames = map[string]string{"since": "since", "until": "until", "state": "state", "sender": "habit-senders",
	"country": "habit-countries", "network": "habit-networks", "hours": "habit-hours", "zone": "habit-zone",
	"min-points": "f-points", "program": "habit-programs", "device": "habit-devices"}

// option is how the command line says which of the fields is meant: "--since "x" is not a time".
var option = regexp.MustCompile(`^--([a-z-]+):? (.+)$`)

// Mistake is what is wrong with what a person wrote into a form, in the reader's words and with the
// names of the form's fields. What it does not know it says in English.
func (t Reader) Mistake(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		out = append(out, t.mistake(strings.TrimSuffix(line, "\n")))
	}
	return strings.Join(out, " / ")
}

func (t Reader) mistake(line string) string {
	for _, m := range mistakes {
		at := m.english.FindStringSubmatchIndex(line)
		if at == nil || !t.Japanese() {
			continue
		}
		field := t.field(line[:at[0]])
		return field + string(m.english.ExpandString(nil, m.ja, line, at))
	}
	if m := option.FindStringSubmatch(line); m != nil {
		return t.field("--"+m[1]+" ") + m[2]
	}
	return line
}

// field is what stands before a mistake: an option becomes the name of its field.
func (t Reader) field(text string) string {
	name, isOption := strings.CutPrefix(strings.TrimRight(text, ": "), "--")
	key, ok := optionNames[name]
	switch {
	case !isOption:
		return "" // "add exception: ": the form says what was to be done
	case !ok:
		return text
	}
	return t.W("field-of", t.W(key))
}
