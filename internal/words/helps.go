package words

// helps is the help of commands: English as the command has it, Japanese.
var helps = map[string]string{
	"Learn how each account sends mail, hold what it would not have sent":                                      "アカウントごとの送信の習慣を学習し、普段と異なるメールを保留する",
	"configuration `FILE` ($HISSEKI_CONFIG), else /etc/hisseki.toml if it exists and --db names no other file": "設定 `FILE`($HISSEKI_CONFIG)。省略時は、--db で別のファイルを指定しない限り /etc/hisseki.toml(あれば)",
	"database `FILE`, overrides the configuration":                                                             "データベースの `FILE`。設定より優先する",
	"`LANGUAGE` of what people read: en or ja (default: as $LC_ALL, $LC_MESSAGES or $LANG say)":                "表示の `LANGUAGE`: en か ja(省略時は $LC_ALL、$LC_MESSAGES、$LANG に従う)",
	"Carry out decisions in Postfix's queue (as root, on each MTA host)":                                       "Postfix のキューで判断を実行する(root で、各 MTA ホストで)",
	"Who looked at, decided and changed what, and why":                                                         "誰が何を閲覧、判断、変更したか、その理由",
	"Copy the store to a new file, also while serve runs, and check the copy":                                  "データベースを新しいファイルにコピーし、検査する(serve の動作中も可)",
	"Set the thresholds by the journal, so that the budget is kept":                                            "目標を守れるように、履歴からしきい値を決める",
	"Declared changes: a new signature, network or mail program for some senders":                              "変更の届け出: 一部の送信者の新しい署名、ネットワーク、メールソフト",
	"Check the whole store, or a backup, and change nothing":                                                   "データベースまたはバックアップの全体を検査する(変更はしない)",
	"Generate the autocompletion script for the specified shell":                                               "シェルの補完スクリプトを出力する",
	"Check socket, Postfix, agent, store and databases, and say what to do":                                    "ソケット、Postfix、エージェント、データベースを点検し、対処を示す",
	"Play a simulated theft in every account, and show which are blind":                                        "すべてのアカウントで不正利用を模擬し、検知できないものを示す",
	"Declared habits, and exceptions from them such as business trips":                                         "申告された利用範囲と、出張などの例外",
	"Help about any command": "コマンドの説明を表示する",
	"List, show, end and report incidents: accounts believed taken over":           "インシデント(不正利用が疑われるアカウント)の一覧、表示、判断、報告",
	"Make the key that excerpts of kept mail are sealed with":                      "保留メールの抜粋を封印する鍵を作成する",
	"Read what Postfix and Dovecot logged":                                         "Postfix と Dovecot のログを読み込む",
	"Bring a store of an older hisseki up to date, as serve does at its start":     "古い hisseki のデータベースを更新する(serve は起動時に行う)",
	"List, show, release and discard held and delayed mail":                        "保留・一時保留したメールの一覧、表示、送信、破棄",
	"Judge past mail on its own clock, or learn from it":                           "過去のメールを当時の時刻で判定する、または学習する",
	"Check a backup and put it in the store's place":                               "バックアップを検査し、データベースと入れ替える",
	"Who may use the review page":                                                  "確認ページを使える担当者",
	"List, show, export, adopt and forget senders, hold or allow one until a time": "送信者の一覧、表示、書き出し、引き継ぎ、消去、期限付きの保留・許可",
	"Answer the MTA: judge every mail, record it, and hold in mode enforce":        "MTA に応答する: すべてのメールを判定して記録し、enforce モードで保留する",
	"Read the sign-in logs of clouds, groupware and webmail":                       "クラウド、グループウェア、Web メールのサインインログを読み込む",
	"Say in a few lines how things stand":                                          "現在の状況を数行で表示する",
	"Move the store between SQLite and PostgreSQL":                                 "データベースを SQLite と PostgreSQL の間で移す",
	"Block or allow links by host, domain or URL":                                  "ホスト、ドメイン、URL によるリンクの遮断と許可",
	"Say which hisseki this is":                                                    "hisseki のバージョンを表示する",
	"Show the review page: see, decide, in a browser":                              "確認ページを動かす: ブラウザーで確認し、判断する",
	`Answers browsers: what is kept, why, and what to do about it. Reviewers are those of "hisseki
reviewer". It listens on this machine only, unless the configuration says otherwise: docs/review.md.`: `ブラウザーに応答し、何を、なぜ保留しているか、どうすればよいかを示します。担当者は
「hisseki reviewer」で登録します。設定しない限り、このサーバー自身からしか接続できません(docs/review.md)。`,
	`Check socket, Postfix, agent, store and databases, and say what to do. Nothing is changed.

With --send-test a harmless mail is sent to your own address, the way mail of accounts goes with
--user (the password is asked for, or read from standard input), and followed: taken by Postfix,
seen by hisseki as whose, delivered by the mail log.`: `ソケット、Postfix、エージェント、データベースを点検し、対処を示します。何も変更しません。

--send-test を付けると、害のないメールを自分のアドレスに送ります。--user を付けると、アカウントの
メールと同じ経路で送ります(パスワードは尋ねるか、標準入力から読み取ります)。Postfix が受け取ったか、
hisseki が誰のメールとして判定したか、ログで配送されたかを順に確かめます。`,
	"send a harmless mail to your own `ADDRESS` and follow it":                   "害のないメールを自分の `ADDRESS` に送り、行方を確かめる",
	"with --send-test: `HOST:PORT`, else a service of Postfix that asks hisseki": "--send-test とともに: `HOST:PORT`。省略時は hisseki を使う Postfix のサービス",
	"say whether hisseki may be taken out: docs/howto.md":                        "hisseki を取り外してよいかを示す(docs/howto.md)",
	"with --send-test: log in as this `ACCOUNT`":                                 "--send-test とともに: この `ACCOUNT` でログインする",
	"with --send-test: how long to wait for each step (default 30s)":             "--send-test とともに: 各段階を待つ時間(既定値 30s)",
	"The account was stolen: discard its mail, unlearn what the attacker taught": "不正利用だった: メールを破棄し、攻撃者のメールを学習から除く",
	`Ends incidents as real: somebody else used the account. Its mail on hold is discarded, also what
was recalled and what is on its way to the hold queue; what the account taught since the first
suspicious mail is unlearned. With --since the attacker was inside longer: what was taught from
then on is unlearned too; hisseki incident show lists mail that speaks for it.

Mail of other accounts that was recalled because it shares something with the incident stays on
hold: it may be innocent. You are asked about it apart; --others answers beforehand.

The mail is deleted after a time of grace (review.grace, an hour by default); until then hisseki
incident reopen takes everything back. --at-once deletes it within seconds.`: `不正利用としてインシデントを終了します。保留中のメールは、回収したもの、保留の処理中のものも
含めて破棄し、最初の不審なメール以降にアカウントから学習した内容を取り除きます。--since を付けると、
その日時以降に学習した内容も取り除きます。侵入がさらに早かったことを示すメールは、
hisseki incident show で確認できます。

共通点があるために回収した他アカウントのメールは、無関係の可能性があるため保留のまま残します。
これについては別に尋ねます。--others で先に答えることもできます。

メールは猶予時間(review.grace、既定は 1 時間)の後に削除され、それまでは hisseki incident reopen で
すべて取り消せます。--at-once を付けると数秒で削除します。`,
	"delete the mail within seconds, without the time of grace":                   "猶予時間を置かず、数秒で削除する",
	"block the unknown links, for everybody":                                      "組織の誰も知らなかったリンクを、全員について遮断する",
	"only incidents of this case, by `NUMBER`":                                    "この `NUMBER` の案件のインシデントだけ",
	"only show what would be done":                                                "実行せずに、内容だけを表示する",
	"leave the mail on hold where it is, do not discard it":                       "メールは破棄せず、保留のまま残す",
	"`WHAT` to do with recalled mail of other accounts: keep, discard or release": "回収した他アカウントのメールの扱い `WHAT`: keep、discard、release",
	"only incidents of this `ACCOUNT`":                                            "この `ACCOUNT` のインシデントだけ",
	"the attacker was inside since this `TIME`: 2h or 3d ago, or a date":          "侵入された `TIME`: 2h や 3d(前)、または日時",
	"do not ask":               "確認せずに実行する",
	"`TEXT` for the audit log": "監査ログに残す `TEXT`",
	"It was the owner: release the mail and learn from it": "本人の送信だった: メールを送信し、学習する",
	`Ends incidents as false alarms. Their mail on hold goes to its recipients and is learned as
the owner's; so is mail that was to be recalled and had left already. The reason is kept with
the incident.

Everything can be taken back with hisseki incident reopen, but not for mail that the agent has
let go by then: that takes it seconds.`: `問題なしとしてインシデントを終了します。保留中のメールを宛先に送信し、本人のメールとして学習します。
回収の対象となったものの、すでに送信されていたメールも学習します。理由はインシデントに残ります。

hisseki incident reopen ですべて取り消せますが、その時点でエージェントが送信したメールは戻せません。
送信は数秒で行われます。`,
	"leave the mail on hold where it is, do not release it":          "メールは送信せず、保留のまま残す",
	"List incidents; without --state the open ones":                  "インシデントの一覧。--state を省略すると対応中のもの",
	"only those opened from this `TIME` on: 2h or 3d ago, or a date": "この `TIME` 以降に発生したものだけ: 2h や 3d(前)、または日時",
	"only in these `STATES`: open, confirmed, dismissed, ended":      "この `STATES` のものだけ: open、confirmed、dismissed、ended",
	"only those opened before this `TIME`":                           "この `TIME` より前に発生したものだけ",
	"Take back a confirmation or dismissal":                          "確定した判断を取り消す",
	`Opens incidents again. Mail whose decision the agent has not begun to carry out goes back on
hold; what was unlearned is learned again. Mail that was deleted or has left is counted as too
late: nobody can bring it back. Links that are blocked stay so; it says which, and how to clear them.`: `インシデントを対応中に戻します。エージェントがまだ実行していないメールは保留に戻り、学習から
除いた内容は再び学習します。すでに削除または送信されたメールは元に戻せず、「間に合わなかったもの」
として数えます。遮断したリンクはそのままです。どのリンクかと、解除する方法を表示します。`,
	"Say who got what, how it was noticed, what to block and what to do next": "誰に何が届いたか、検知の理由、遮断対象、次に行うことを報告する",
	`Prints the scope of an incident and of all incidents of its case that were not dismissed.

  text       to read in a terminal
  html       one page without scripts or outside parts, to print and to pass on
  json       everything, one object
  csv        one line per mail and recipient; with --lang ja spreadsheets read it as UTF-8
  csv-block  links, sites, client addresses and files to block, as they are
  stix       the same as a STIX 2.1 bundle

Links that people read are defanged: hxxp for http, [.] for a dot. Times are in the machine's
zone (TZ). What happened to each mail is known as far as the MTA's log told of it.`: `インシデントと、同じ案件のインシデント(問題なしと判断したものを除く)の範囲を出力します。

  text       端末で読むため
  html       スクリプトや外部の部品を使わない 1 ページ。印刷と共有のため
  json       すべてを 1 つのオブジェクトで
  csv        メールと宛先ごとに 1 行。--lang ja では表計算ソフトが UTF-8 として読み込む
  csv-block  遮断対象のリンク、サイト、接続元、ファイルをそのまま
  stix       同じものを STIX 2.1 形式で

人が読むリンクは無害化します(http は hxxp、. は [.])。時刻はサーバーのタイムゾーン(TZ)です。
各メールの行方は、MTA のログで分かる範囲で示します。`,
	"only this incident, not its case":                                            "同じ案件を含めず、このインシデントだけ",
	"`FORMAT`: text, html, json, csv, csv-block, stix":                            "`FORMAT`: text、html、json、csv、csv-block、stix",
	"write to this `FILE`, readable by its owner only":                            "この `FILE` に書き込む(所有者だけが読める)",
	"Show an incident: its mail, its case, suspects of earlier, what can be done": "インシデントを表示する: メール、案件、以前の疑わしいメール、できること",
	"Delete mail from the MTA's queue; nothing is learned from it":                "メールを MTA のキューから削除する。学習はしない",
	"only mail with an unusual link to this `DOMAIN`":                             "この `DOMAIN` への不審なリンクを含むメールだけ",
	"only mail of this incident, by `NUMBER`":                                     "この `NUMBER` のインシデントのメールだけ",
	"only mail of at least so many `POINTS`":                                      "この `POINTS` 以上のメールだけ",
	"only mail of this `ACCOUNT`":                                                 "この `ACCOUNT` のメールだけ",
	"only mail from this `TIME` on: 2h or 3d ago, or a date":                      "この `TIME` 以降のメールだけ: 2h や 3d(前)、または日時",
	"only mail in these `STATES`: delayed, recalling, held, releasing, discarding, released, discarded, vanished, gone, passed": "この `STATES` のメールだけ: delayed、recalling、held、releasing、discarding、released、discarded、vanished、gone、passed",
	"only mail before this `TIME`":                                   "この `TIME` より前のメールだけ",
	"List kept mail; without --state what is still in the queue":     "保留メールの一覧。--state を省略するとキューにあるもの",
	"Let mail go to its recipients, and learn it as the owner's own": "メールを宛先に送信し、本人のメールとして学習する",
	"Show why a mail is kept, and as root the mail itself":           "保留の理由と、root の場合はメールの内容を表示する",
	`Shows why a mail is kept and, as root on the host that holds it, the mail as its reader would
see it: decoded, with what its links and files are. That somebody looked is in the audit log.`: `保留の理由を表示します。メールを保留しているホストで root として実行すると、リンクや添付ファイルの
内容とともに、受信者が見る形に直したメールを表示します。閲覧したことは監査ログに残ります。`,
	"evidence only, do not read the mail":                                   "理由だけを表示し、メールは読まない",
	"print the mail's source, not decoded":                                  "メールのソースをそのまま表示する",
	"Add a reviewer: a password is asked for, and a second factor is drawn": "担当者を登録する: パスワードを尋ね、認証アプリの登録情報を作成する",
	`Adds a reviewer. A viewer looks, a reviewer decides, an admin sets rules too. The password is
asked for, or read as the first line of standard input; what is printed then goes into an
authenticator program (TOTP, RFC 6238): it is not shown again.`: `担当者を登録します。viewer は閲覧、reviewer は判断、admin はさらにルールの設定ができます。パスワードは
尋ねるか、標準入力の最初の行から読み取ります。表示される情報を認証アプリ(TOTP、RFC 6238)に登録して
ください。再び表示されることはありません。`,
	"without a second factor: lets nobody in unless web.password_only is set": "確認コードなし。web.password_only を設定しない限りログインできない",
	"`ROLE`: viewer, reviewer or admin":                                       "権限 `ROLE`: viewer、reviewer、admin",
	"Agree to a release that another reviewer asked for":                      "別の担当者が依頼した送信を承認する",
	"Print a link that lets a reviewer in once, within 15 minutes":            "15 分以内に一度だけログインできるリンクを表示する",
	"List the reviewers":                                                             "担当者の一覧",
	"End all sessions of a reviewer":                                                 "担当者のすべてのセッションを終了する",
	"List a reviewer's passkeys, or remove them all":                                 "担当者のパスキーの一覧、またはすべての削除",
	"remove what is listed: the telephone is lost":                                   "一覧のパスキーをすべて削除する(端末をなくしたとき)",
	"Set a reviewer's password, end his sessions and remove his passkeys":            "担当者のパスワードを設定し、セッションを終了してパスキーを削除する",
	"Refuse a release that another reviewer asked for, or take one's own back":       "別の担当者が依頼した送信を承認しない、または自分の依頼を取り下げる",
	"Remove a reviewer, and end his sessions":                                        "担当者を削除し、セッションを終了する",
	"List the releases that wait for a second reviewer":                              "2 人目の承認を待つ送信の一覧",
	"Change what a reviewer may do":                                                  "担当者の権限を変更する",
	"Draw a reviewer's second factor anew, end his sessions and remove his passkeys": "担当者の認証アプリの登録情報を作り直し、セッションを終了してパスキーを削除する",
	"List the audit log, the newest first":                                           "監査ログの一覧(新しい順)",
	"only what this `USER` did":                                                      "この `USER` が行ったものだけ",
	"print one JSON object a line":                                                   "1 行に 1 つの JSON オブジェクトを出力する",
	"only the newest `N` lines":                                                      "新しい `N` 行だけ",
	"only on this `OBJECT`: H12, I3, an account, a host":                             "この `OBJECT` についてだけ: H12、I3、アカウント、ホスト",
	"only from this `TIME` on: 2h or 3d ago, or a date":                              "この `TIME` 以降だけ: 2h や 3d(前)、または日時",
	"only before this `TIME`":                                                        "この `TIME` より前だけ",
	"only this `VERB`, such as release, read or block":                               "この `VERB` だけ(release、read、block など)",
	"print all columns in full, however wide the screen is":                          "画面の幅にかかわらず、すべての列を省略せずに表示する",
	`A declared change makes what it names known for its senders from a day on until another: the link
of a new signature, the network of a new office, a mail program that all get. It makes nothing else
known: whoever steals one of the accounts still has a link and a network of his own. By the end of it
hisseki has learned what stays.`: `変更を届け出ると、指定した日から期限まで、その送信者について、指定したものを既知として扱います
(新しい署名のリンク、新しい事務所のネットワーク、全員が使い始めるメールソフト)。それ以外は既知に
なりません。いずれかのアカウントが不正利用されても、攻撃者のリンクとネットワークは検知できます。
期限までに、hisseki は残るものを学習します。`,
	"Declare a change until a time: links, networks or mail programs that will be new": "期限付きで変更を届け出る: 新しくなるリンク、ネットワーク、メールソフト",
	"`SENDERS`: accounts, domains or patterns":                                         "対象の `SENDERS`: アカウント、ドメイン、パターン",
	"beginning, a `TIME` such as 2026-12-01; at once without it":                       "開始の `TIME`(例: 2026-12-01)。省略時は直ちに",
	"`LINKS`: hosts, domains or URLs, with all below them":                             "`LINKS`: ホスト、ドメイン、URL(その下もすべて含む)",
	"`NETWORKS` such as 192.0.2.0/24":                                                  "`NETWORKS`(例: 192.0.2.0/24)",
	"mail `PROGRAM` or pattern such as \"Thunderbird*\"":                               "メールソフトの `PROGRAM` またはパターン(例: \"Thunderbird*\")",
	"end, a `TIME`: in 3d or 12h, or a date":                                           "期限の `TIME`: 3d や 12h(後)、または日時",
	"List declared changes":                                                            "届け出た変更の一覧",
	"End declared changes now, by id such as T3":                                       "届け出た変更を、T3 などの番号で終了する",
	`Declared habits say from where, when and on what mail is sent; the configuration sets them
under [[habits]]. An exception is kept in the store and has an end: until then, what it names
is inside every declared habit of its senders.`: `申告された利用範囲は、どこから、いつ、何を使ってメールを送信するかを定めたもので、設定の [[habits]] で
指定します。例外はデータベースに保存され、期限があります。期限までは、指定したものを、その送信者の
すべての利用範囲の中として扱います。`,
	"Add an exception until a time: what is fine too for some senders": "期限付きの例外を追加する: 一部の送信者について認めるもの",
	"`CODES` such as US,CA":                                                   "国の `CODES`(例: US,CA)",
	"`DEVICE` or pattern, as sign-in logs name it":                            "サインインログに現れる `DEVICE` またはパターン",
	"`HOURS` such as \"sat,sun 09:00-18:00\"":                                 "時間帯 `HOURS`(例: \"sat,sun 09:00-18:00\")",
	"mail `PROGRAM` or pattern such as \"Thunderbird*\", or none":             "メールソフトの `PROGRAM` またはパターン(例: \"Thunderbird*\")。なしは none",
	"time `ZONE` of the hours, such as Asia/Tokyo":                            "時間帯のタイムゾーン `ZONE`(例: Asia/Tokyo)",
	"List declared habits and exceptions":                                     "申告された利用範囲と例外の一覧",
	"End exceptions now, by id such as T3":                                    "例外を、T3 などの番号で終了する",
	"Make what applications of an account's address taught the account's own": "アカウントのアドレスのアプリケーションから学習した内容を、アカウントに引き継ぐ",
	`Make what is known of an address as an application the account's own: mail that a relay handed
over before [[identity.relay]] named it. Mail and profile move. Only networks of
configured relays count, or those of --network: from elsewhere anybody may have used the address.`: `アプリケーションとしてのアドレスについて分かっていることを、アカウントのものにします。
[[identity.relay]] を設定する前に、中継サーバーから受け取ったメールのためのものです。メールと学習内容を
移します。設定された中継サーバーのネットワークか、--network のものだけが対象です。それ以外から送られた
メールでは、誰でもそのアドレスを名乗れたためです。`,
	"`NETWORKS` that relayed for the account, such as 192.0.2.0/24":      "このアカウントのメールを中継した `NETWORKS`(例: 192.0.2.0/24)",
	"Never hold mail of a sender, until a time; blocked links still are": "期限まで、送信者のメールを保留しない(遮断したリンクは保留する)",
	"End a rule now": "ルールを終了する",
	"Hold and delay what a sender or class would not send":     "送信者または種別について、普段と異なるメールを保留・一時保留する",
	"Print all that is stored about an account, as JSON lines": "アカウントについて保存しているすべてを JSON で出力する",
	`Print all that is stored about an account, one JSON object a line, for whoever asks what is
known of the account. It has the addresses of its recipients too: look before you pass it on.`: `アカウントについて保存しているすべてを、1 行に 1 つの JSON オブジェクトで出力します。保存内容の開示を
求められたときのためのものです。宛先のアドレスも含まれるため、渡す前に確認してください。`,
	"print one JSON object a line; it always does":              "1 行に 1 つの JSON オブジェクトを出力する(常にこの形式)",
	"Erase what is stored about an account, and what it taught": "アカウントについて保存している内容と、そこから学習した内容を消去する",
	`Erase what is stored about an account: its mail in the journal, its profile, logins, rules and
ended incidents; and take back what its mail taught the organisation, as far as the journal
reaches. Kept mail and open incidents have to be decided first. The audit log keeps its lines.
Hashes stay for an hour or two, until running daemons have heard of it.`: `アカウントについて保存している内容(メールの記録、学習内容、ログイン、ルール、終了した
インシデント)を消去し、記録の残る範囲で、そのメールから組織について学習した内容も取り除きます。
保留メールと対応中のインシデントは、先に判断しておく必要があります。監査ログは残ります。動作中の
プロセスに伝わるまで 1〜2 時間は、ハッシュが残ります。`,
	"only say what would be erased":                        "消去する内容だけを表示する",
	"Hold all mail of a sender, until a time":              "期限まで、送信者のメールをすべて保留する",
	"List the senders of the journal, the busiest first":   "記録のある送信者の一覧(送信の多い順)",
	"only the `N` busiest senders":                         "送信の多い `N` 件だけ",
	"Only watch a sender or class, until a time":           "期限まで、送信者または種別を観察だけにする",
	"List the rules for senders and classes that hold now": "有効な、送信者と種別のルールの一覧",
	"Show what is known of a sender":                       "送信者について分かっていることを表示する",
	`Rules for links, in force within seconds. A domain stands for itself and all hosts below
it, a URL for all that begin with it; the narrowest rule that fits a link counts.

A mail with a blocked link is held, whoever sends it and wherever the link stands, also
when the sender is allowed. In mode observe that is only recorded. An allowed link counts
as known to everybody.`: `リンクのルールで、数秒で有効になります。ドメインは、それ自身とその下のすべてのホストを表し、URL は、
それで始まるものすべてを表します。リンクに当てはまる最も狭いルールが適用されます。

遮断したリンクを含むメールは、誰が送信しても、リンクがどこにあっても、送信者が許可されていても
保留します。observe モードでは記録するだけです。許可したリンクは、全員にとって既知として扱います。`,
	"Take links there for known to everybody":             "リンクを、全員にとって既知として扱う",
	"Hold every mail with a link there, whoever sends it": "リンクを含むメールを、送信者を問わず保留する",
	"List the rules for links that hold now":              "有効な、リンクのルールの一覧",
}
