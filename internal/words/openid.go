package words

// ofOpenID are the texts about logging in at a provider, by key: English, Japanese.
var ofOpenID = map[string][2]string{
	"openid-do":      {"Log in with %s", "%s でログイン"},
	"openid-or":      {"or with a password of the page's own", "または、このページ専用のパスワードでログイン"},
	"openid-go-on":   {"Go on", "続ける"},
	"openid-down":    {"The login service does not answer. Try again, or use a password.", "ログインサービスが応答しません。再試行するか、パスワードでログインしてください。"},
	"openid-refused": {"That login does not count any more. Begin again.", "このログインは無効です。もう一度やり直してください。"},
	"openid-no-role": {"You are logged in there, but may not use this page.", "ログインはできましたが、このページを利用する権限がありません。"},
	"openid-out":     {"You are logged out here. Log out at %s, too", "ログアウトしました。%s からもログアウトする"},
}
