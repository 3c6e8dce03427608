package words

// ofOpenID are the texts about logging in at a provider and by passkeys, by key: English, Japanese.
var ofOpenID = map[string][2]string{
	"openid-do":            {"Log in with %s", "%s でログイン"},
	"openid-or":            {"or with a password of the page's own", "または、このページ専用のパスワードでログイン"},
	"openid-go-on":         {"Go on", "続ける"},
	"openid-down":          {"The login service does not answer. Try again, or use a password.", "ログインサービスが応答しません。再試行するか、パスワードでログインしてください。"},
	"openid-refused":       {"That login does not count any more. Begin again.", "このログインは無効です。もう一度やり直してください。"},
	"openid-no-role":       {"You are logged in there, but may not use this page.", "ログインはできましたが、このページを利用する権限がありません。"},
	"passkey":              {"Passkey", "パスキー"},
	"passkeys":             {"Passkeys", "パスキー"},
	"passkeys-note":        {"A passkey lets you in without password and code. No other site can ask for it.", "パスキーがあれば、パスワードと確認コードなしでログインできます。偽のサイトで使われることはありません。"},
	"passkey-login":        {"Log in with a passkey", "パスキーでログイン"},
	"passkey-failed":       {"The passkey was not accepted. Try again, or use the password.", "パスキーを確認できませんでした。再試行するか、パスワードを使ってください。"},
	"passkey-label":        {"Name of the new passkey", "新しいパスキーの名前"},
	"passkey-add":          {"Add a passkey", "パスキーを追加"},
	"passkey-remove":       {"Remove", "削除"},
	"passkey-stale":        {"To add one, log in again: that is possible in the first ten minutes.", "追加できるのはログイン後10分以内です。もう一度ログインしてください。"},
	"said-passkey-added":   {"The passkey was added.", "パスキーを追加しました。"},
	"said-passkey-removed": {"The passkey was removed.", "パスキーを削除しました。"},
	"verb-add-passkey":     {"add passkey", "パスキーの追加"},
	"verb-remove-passkey":  {"remove passkey", "パスキーの削除"},
	"openid-out":           {"You are logged out here. Log out at %s, too", "ログアウトしました。%s からもログアウトする"},
}
