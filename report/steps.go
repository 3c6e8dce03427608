package report

// step is something to do next: what, and why or how; English, Japanese.
type step struct{ what, how [2]string }

// steps in the order in which they help. docs/incident.md explains them.
var steps = []step{
	{[2]string{"Block sign-in of the account and end its sessions",
		"アカウントのサインインを停止し、既存のセッションをすべて切断する"},
		[2]string{"IMAP, webmail, SMTP AUTH, VPN, cloud; a session that is open survives a new password.",
			"IMAP、Webメール、SMTP認証、VPN、クラウドが対象です。接続中のセッションはパスワード変更後も残ります。"}},
	{[2]string{"Change the password to one never used anywhere", "パスワードを、過去にも他所でも使っていないものに変更する"},
		[2]string{"From a clean machine; also where the same password was used.",
			"安全な端末から実施し、同じパスワードを使っている他のサービスも変更します。"}},
	{[2]string{"Require a second factor", "多要素認証を必須にする"},
		[2]string{"For this account now, then for all; switch off protocols that cannot do it.",
			"まず対象アカウント、次に全アカウント。多要素認証に対応しない接続方式は無効にします。"}},
	{[2]string{"Look for forwarding rules, filters, delegates and app passwords",
		"転送設定・振り分けルール・代理アクセス・アプリパスワードを確認する"},
		[2]string{"Attackers leave them behind to read on after the password was changed.",
			"パスワード変更後も閲覧を続けるために仕込まれることがあります。"}},
	{[2]string{"Block the links and client addresses listed above", "上記のリンクと接続元アドレスを遮断する"},
		[2]string{"hisseki url block, the proxy, the firewall; inform the hosts' abuse desks.",
			"hisseki url block のほか、プロキシとファイアウォールで遮断し、ホスティング事業者に通報します。"}},
	{[2]string{"Look for other victims", "他の被害アカウントがないか確認する"},
		[2]string{"The same link, the same addresses, logins from there to other accounts.",
			"同じリンク、同じ接続元、その接続元からの他アカウントへのログインを調べます。"}},
	{[2]string{"Scan the owner's machines, and those of everybody here who opened the link",
		"本人と、リンクを開いた社員の端末を検査する"},
		[2]string{"A stolen password often comes from a stealer that is still there.",
			"情報窃取型マルウェアが残っていると、再び認証情報を盗まれます。"}},
	{[2]string{"Tell the recipients, by telephone where it matters", "宛先に連絡する(重要な相手には電話で)"},
		[2]string{"Drafts below. Do not send the link itself.",
			"下の連絡文案を利用できます。リンクそのものは記載しないでください。"}},
	{[2]string{"Decide about disclosure and reports", "公表・届出の要否を判断する"},
		[2]string{"In Japan, for example: the Personal Information Protection Commission when " +
			"personal data may have leaked (a preliminary report within 3 to 5 days), IPA (consultation), JPCERT/CC " +
			"(help and coordination), the police. Elsewhere the data protection authority (EU: 72 hours). " +
			"This is information, not legal advice.",
			"個人データの漏えい等のおそれがあれば個人情報保護委員会への報告(速報はおおむね3〜5日以内)、" +
				"IPA への相談・届出、JPCERT/CC への報告、警察への相談など。法的助言ではありません。"}},
	{[2]string{"Confirm the incident, so that nothing of it stays learned", "インシデントを確定し、攻撃メールを学習から除く"},
		[2]string{"hisseki incident confirm; with --since when the attacker was inside earlier.",
			"hisseki incident confirm(より早くから侵入されていた場合は --since を付ける)"}},
}

// Step is one thing to do next.
type Step struct{ What, How string }

// Steps is the checklist.
func (t text) Steps() []Step {
	var out []Step
	for _, s := range steps {
		out = append(out, Step{s.what[t.Index()], s.how[t.Index()]})
	}
	return out
}
