package words

// marks are what the agent noticed that should not have been, by the format that it writes (daemon/auditwatch.go,
// daemon/trusted.go, quarantine/believe.go). Why a signature does not count is said within in English.
var marks = map[string]string{
	"line %d of the audit log is not what it was, or is missing":                                     "監査ログの {1} 行目が、以前の内容と異なるか、なくなっています",
	"lines %d to %d of the audit log are missing":                                                    "監査ログの {1} 行目から {2} 行目までがありません",
	"line %d of the audit log (%.60q: %.30q %.60q) was written by nobody who may decide":             "監査ログの {1} 行目({2}: {3} {4})は、判断の権限のない者が書き込んだものです",
	"lines %d to %d of the audit log are not what they were":                                         "監査ログの {1} 行目から {2} 行目までが、以前の内容と異なります",
	"the rule for %.100q does not count: %v: set it again, or clear it":                              "{1} のルールは無効です({2})。設定し直すか、解除してください",
	"an older rule for %.100q was put back":                                                          "{1} のルールが、古いものに戻されています",
	"the rule for %.100q is gone, and nobody who may decide has cleared it":                          "{1} のルールがなくなっています。権限のある人は解除していません",
	"no command was told that %s of %.100q was %s: %s":                                               "{2} の {1} が {3} になったことを、コマンドには通知しませんでした: {4}",
	"a newer decision about the account was told before":                                             "このアカウントについて、より新しい判断を通知済みです",
	"refused to %s mail %s (H%d): %s":                                                                "メール {2} (H{3}) への {1} を実行しませんでした: {4}",
	"the hold queue has %d mails of this account that hisseki put there, and the incident claims %d": "hisseki が保留したこのアカウントのメールは {1} 通ですが、インシデントには {2} 通とあります",
}
