package words

import "maps"

// runHelps is the help of commands that run, teach and try hisseki: English as the command or cobra has
// it, whole or by the line, Japanese.
var runHelps = map[string]string{
	"`NAME` of this MTA, by default Postfix's myhostname": "この MTA の `NAME`(省略時は Postfix の myhostname)",
	"one round, then end":                                   "1 回だけ実行して終了する",
	"Postfix's configuration `FOLDER`, of an instance":      "Postfix の設定 `FOLDER`(インスタンスの場合)",
	"leave logs and hooks to another agent of this machine": "ログとフックは、このサーバーの別のエージェントに任せる",
	`Copy the store to a new file of mode 0600, of one moment whoever writes meanwhile, and check the
copy. The configuration and the reviewers' key (privacy.excerpt_identity) are not in it: docs/upgrade.md.`: `データベースを新しいファイル(モード 0600)にコピーし、検査します。書き込み中でも、ある一時点の内容になります。
設定と、担当者の鍵(privacy.excerpt_identity)は含まれません(docs/upgrade.md)。`,
	`Asks of every mail in the journal what other thresholds would have done with it: how many
ordinary mails a week each notch would have held and delayed, how sure that is, and, by a drill,
how many of an attacker's mails would have escaped. A released mail is ordinary; mail of confirmed incidents
and discarded mail is left out, as are undecided mail and what a rule decided.

Nothing is changed without --apply. Values in the configuration's [verdict] go before
calibrated ones; --reset lets the thresholds follow the history again.`: `履歴の各メールについて、しきい値が別の値ならどう扱ったかを調べます。設定ごとに、通常のメールを週に何通
保留・一時保留したか、その確からしさ、訓練で攻撃者のメールを何通逃したかを示します。送信を許可した
メールは通常のメールとして数え、確定したインシデントのメール、破棄したメール、未判断のメール、ルールで
判断したメールは除きます。

--apply を指定しない限り何も変更しません。設定の [verdict] の値は、ここで決めた値より優先されます。
--reset を指定すると、しきい値は再び履歴に従います。`,
	"use the chosen thresholds from now on":                                                    "選んだしきい値を今後使う",
	"leave `THEFTS` out that nobody confirmed: ACCOUNT, or ACCOUNT=TIME for a day from then":   "確定されていない不正利用 `THEFTS` を除く: ACCOUNT、またはその時刻から 1 日分の ACCOUNT=TIME",
	"keep the table for the page Coverage of hisseki web; --apply does so too":                 "表を hisseki web の検知範囲ページのために保存する(--apply でも保存される)",
	"drill the `N` busiest accounts, 0 for all":                                                "送信の多い `N` アカウントで訓練する(0 はすべて)",
	"choose this `NOTCH` instead of what the budget says":                                      "目標から決まる値の代わりに、この設定 `NOTCH` を選ぶ",
	"the drill's attacker sends from where the account does":                                   "訓練の攻撃者が、アカウントと同じ場所から送信する",
	"`NAMES` of drill recipes, all or none":                                                    "訓練の手口の `NAMES`(all または none も可)",
	"forget calibrated thresholds":                                                             "計算して決めたしきい値を取り消す",
	"only show what really happened, against the budget":                                       "実際の結果を目標と比べて表示するだけにする",
	"only mail since a `TIME` (default: the whole journal)":                                    "`TIME` 以降のメールだけ(省略時は履歴全体)",
	"Generate the autocompletion script for hisseki for the specified shell.":                  "指定したシェル用の補完スクリプトを出力します。",
	"See each sub-command's help for details on how to use the generated script.":              "使い方は各サブコマンドの説明を参照してください。",
	"Generate the autocompletion script for bash":                                              "bash の補完スクリプトを出力する",
	"Generate the autocompletion script for fish":                                              "fish の補完スクリプトを出力する",
	"Generate the autocompletion script for powershell":                                        "powershell の補完スクリプトを出力する",
	"Generate the autocompletion script for zsh":                                               "zsh の補完スクリプトを出力する",
	"Generate the autocompletion script for the bash shell.":                                   "bash の補完スクリプトを出力します。",
	"Generate the autocompletion script for the fish shell.":                                   "fish の補完スクリプトを出力します。",
	"Generate the autocompletion script for the zsh shell.":                                    "zsh の補完スクリプトを出力します。",
	"Generate the autocompletion script for powershell.":                                       "powershell の補完スクリプトを出力します。",
	"This script depends on the 'bash-completion' package.":                                    "このスクリプトには bash-completion パッケージが必要です。",
	"If it is not installed already, you can install it via your OS's package manager.":        "ない場合は、OS のパッケージ管理でインストールしてください。",
	"To load completions in your current shell session:":                                       "現在のシェルで読み込むには:",
	"To load completions for every new session, execute once:":                                 "新しいシェルで毎回読み込むには、一度だけ次を実行します:",
	"You will need to start a new shell for this setup to take effect.":                        "設定は新しいシェルから有効になります。",
	"To load completions for every new session, add the output of the above command":           "新しいシェルで毎回読み込むには、上のコマンドの出力を",
	"to your powershell profile.":                                                              "powershell のプロファイルに追加します。",
	"If shell completion is not already enabled in your environment you will need":             "補完がまだ有効でない場合は、",
	"to enable it.  You can execute the following once:":                                       "一度だけ次を実行して有効にします:",
	"disable completion descriptions":                                                          "補完に説明を付けない",
	"Play a simulated theft in every account: an attacker's mail is composed in memory and":    "すべてのアカウントで不正利用を模擬します。攻撃者のメールをメモリー上で組み立て、",
	"judged by the very same analyzer as serve, in mode enforce, against a copy of what the":   "serve とまったく同じ処理で、enforce モードとして、データベースの内容の写し、または",
	"store knows, or of what a replayed archive teaches. Nothing is learned, nothing is sent.": "再生したアーカイブから学習した内容に照らして判定します。学習も送信もしません。",
	"The recipes:": "手口(説明は英語):",
	"Exit code 3 says that some theft was not contained: none of its mails was held.": "終了コード 3 は、1 通も保留できなかった不正利用があったことを示します。",
	"only these `ACCOUNTS`": "この `ACCOUNTS` だけ",
	"`TIME` of the thefts (default: the account's usual hour)": "不正利用の `TIME`(省略時はアカウントの普段の時間帯)",
	"whose computer and words the `ATTACKER` uses: foreign (his own), webmail (a foreign network, the owner's mail form and words) or own (the owner's network too); the last two need an archive": "`ATTACKER` が使う端末と文面: foreign(攻撃者自身のもの)、webmail(外部のネットワークから、本人のメール形式と文面)、own(ネットワークも本人のもの)。後の 2 つにはアーカイブが必要",
	"the attacker's `ADDRESS` (default 203.0.113.77)":              "攻撃者の `ADDRESS`(省略時は 203.0.113.77)",
	"keep the table for the page Coverage of hisseki web":          "表を hisseki web の検知範囲ページのために保存する",
	"only the `N` busiest accounts":                                "送信の多い `N` アカウントだけ",
	"withhold client addresses, as behind webmail":                 "Web メール経由のように、接続元アドレスを伏せる",
	"the attacker sends from where the account does":               "攻撃者が、アカウントと同じ場所から送信する",
	"`NAMES` of recipes, or all":                                   "手口の `NAMES`、または all",
	"`NUMBER` that all choices follow from":                        "すべての選択の元になる `NUMBER`",
	"the `ACCOUNT` that sent all of PATH":                          "PATH のすべてを送信した `ACCOUNT`",
	"an archive: timeline.jsonl `FILE`":                            "アーカイブの timeline.jsonl `FILE`",
	"Help provides help for any command in the application.":       "どのコマンドの説明も表示できます。",
	"Simply type hisseki help [path to command] for full details.": "hisseki help に続けてコマンド名を入力してください。",
	`Make the key that excerpts of kept mail are sealed with. The private half is written to FILE,
for those who review; the public half is printed, for privacy.excerpt_recipient. Put the printed
settings below the [privacy] that the configuration has: a table may be in it once only.`: `保留メールの抜粋を封印する鍵を作成します。秘密鍵は担当者用に FILE へ書き込み、公開鍵は
privacy.excerpt_recipient 用に表示します。表示された設定は、設定ファイルにすでにある [privacy] の下に
書いてください(同じ表は一度しか書けません)。`,
	"Read whole log files, also compressed: what became of mail, who logged in": "ログファイル全体を読み込む(圧縮も可): メールの結果、ログイン",
	`Read whole log files, also compressed ones. What the agent or an import has read of a
file before is skipped, also under another name. Give the oldest file first.`: `ログファイル全体を読み込みます(圧縮も可)。エージェントや以前の読み込みで読んだ部分は、ファイル名が
変わっていても飛ばします。古いファイルから順に指定してください。`,
	"only mail of the MTA of this `NAME` (myhostname)": "この `NAME`(myhostname)の MTA のメールだけ",
	"time `ZONE` of times without one":                 "時間帯のない時刻に使う `ZONE`",
	`Judge past mail on its own clock, by the very same analyzer as serve, and show what would
have been delayed or held, and why. PATHs are .eml files, mboxes, Maildirs and folders of
them, each file perhaps compressed (gzip, zstd, bzip2, xz). The client of such mail is what
its first Received field says the server saw, if any. A mail without a usable date is
judged at its file's time, one without a sender as the null sender's.

With --learn nothing is held: the mail is recorded in the store, and what looks ordinary
is learned, each mail once however often it is taught. A new installation starts so from
its Sent folders and, with --log, the old mail logs: docs/learning.md.`: `過去のメールを当時の時刻で、serve とまったく同じ処理で判定し、何を一時保留・保留したか、その理由を示します。
PATH は .eml、mbox、Maildir、それらのフォルダーで、圧縮(gzip、zstd、bzip2、xz)されていてもかまいません。
接続元は、先頭の Received に記録されたものです。日付の分からないメールはファイルの時刻で、送信者の
分からないメールは空の送信者のものとして判定します。

--learn を指定すると何も保留しません。メールをデータベースに記録し、普段どおりに見えるものを学習します(何度
指定しても、学習は 1 通につき 1 回です)。新しい環境では、送信済みフォルダーと、--log で指定した古いログから
始められます(docs/learning.md)。`,
	"learn into the store instead of judging":                                     "判定の代わりに、データベースに学習する",
	"mail log `FILES` that say which account sent a mail of PATH, and from where": "PATH のメールをどのアカウントがどこから送信したかを示すメールログ `FILES`",
	"withhold logins: mail as handed over by the `RELAY` of the configuration, --relay alone: by one of every domain whose MAIL FROM is believed": "ログイン名を伏せる: 設定の `RELAY` から渡されたメールとして扱う(--relay だけなら、MAIL FROM を信用するすべてのドメインの中継として)",
	"release a hold as the owner's own mail when nobody confirmed it after this `SPAN`":                                                           "`SPAN` の間に誰も確定しなければ、本人のメールとして送信を許可する",
	"the `ACCOUNT` that sent all of PATH, whatever From says":                                                                                     "From の内容にかかわらず、PATH のすべてを送信した `ACCOUNT`",
	"timeline.jsonl `FILE` of the mails, in time order":                                                                                           "メールの timeline.jsonl `FILE`(時刻順)",
	"with --learn: list each mail that is too odd to learn":                                                                                       "--learn と共に: 普段と異なるため学習しないメールを一覧にする",
	"switch `SIGNALS` off, by name":                                                                                                               "兆候 `SIGNALS` を名前で指定して無効にする",
	"time `ZONE` of logs that name none":                                                                                                          "時間帯のないログに使う `ZONE`",
	`Check a backup and put a copy of it in the store's place. A store that is there is put aside with
--replace, and never while serve, the agent or anything else has it open. What was under way when
the backup was made (releases, discards, delays) waits for a person.`: `バックアップを検査し、その写しをデータベースと入れ替えます。既存のデータベースは、--replace を指定した場合に
別の名前で残します(serve やエージェントなどが開いている間は行いません)。バックアップ時に処理中だったもの
(送信、破棄、一時保留)は、担当者の判断を待ちます。`,
	"put a store that is there aside": "既存のデータベースを別の名前で残す",
	`Answer the MTA as a milter. Without a configuration it runs on safe defaults in the
current user's state folder, in mode observe: nothing is held.

SIGHUP reads the configuration again; SIGTERM lets the mails in flight end first.`: `milter として MTA に応答します。設定がなければ、安全な既定値と現在の利用者の状態フォルダーで、observe
モードで動作します(何も保留しません)。

SIGHUP で設定を読み直します。SIGTERM では、処理中のメールが終わってから終了します。`,
	"check the configuration and end":                 "設定を検査して終了する",
	"`ADDRESS`: inet:HOST:PORT, unix:PATH or systemd": "`ADDRESS`: inet:HOST:PORT、unix:PATH、systemd のいずれか",
	"`MODE` for accounts: observe or enforce":         "アカウントの `MODE`: observe または enforce",
	"Read whole sign-in logs; - is standard input":    "サインインログ全体を読み込む(- は標準入力)",
	`Read whole sign-in logs: Microsoft Entra and Microsoft 365, Google Workspace, Okta, Keycloak,
Zimbra, Roundcube, Dovecot's event export, and the generic form of [signin.generic]. Which one a file
has is told by its content. An event counts once, however often it is read. docs/cloud.md says how to
get each.`: `サインインログ全体を読み込みます: Microsoft Entra と Microsoft 365、Google Workspace、Okta、Keycloak、
Zimbra、Roundcube、Dovecot のイベント、[signin.generic] の汎用形式。形式は内容から判断します。同じ
記録は何度読んでも 1 回として数えます。取得方法は docs/cloud.md にあります。`,
	"`NAME` of the format, where the content does not tell it":                   "内容から判断できない場合の形式の `NAME`",
	"Copy the whole store from an SQLite file to a PostgreSQL database, or back": "データベース全体を SQLite から PostgreSQL へ、またはその逆にコピーする",
	`Copy the whole store from an SQLite file to an empty PostgreSQL database, or back to a new file: one
is a path, the other a postgres:// URL (docs/cluster.md). Everything is copied as it is: ids, signatures,
the store's secret. Stop serve, the agent and the review page before; a file that a process has open
and a database that is in use are refused. A copy that was interrupted goes on where it was when the
same command is run again; until it is whole no other command opens TO. At the end the rows of
each table and each account's profile are compared.`: `データベース全体を SQLite のファイルから空の PostgreSQL へ、またはその逆に新しいファイルへコピーします。一方は
パス、他方は postgres:// の URL です(docs/cluster.md)。番号、署名、データベースの秘密はそのまま
コピーします。事前に serve、エージェント、確認ページを止めてください。使用中のファイルやデータベースは
受け付けません。中断したコピーは、同じコマンドをもう一度実行すると続きから再開します。完了するまで、
他のコマンドは TO を開きません。最後に各表の行と各アカウントのプロファイルを比較します。`,
}

func init() { maps.Copy(helps, runHelps) }
