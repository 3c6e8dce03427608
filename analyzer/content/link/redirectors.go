package link

import (
	"strings"
	"sync"

	"hisseki/analyzer/content/mime"
)

// redirectorList is lines of: host, path, parameters. "google.*" stands for all countries.
// They are services that lead on to whatever stands in the link: search engines, social
// networks, mail filters, web mail, translators, viewers. House redirectors of companies are
// not known here; a URL within their URLs counts as well (inner).
const redirectorList = `
google.* /url q,url
google.* /imgres imgrefurl,imgurl
google.* /aclk adurl
google.* /travel/clk pcurl
google.* /viewer url
google.* /gview url
translate.google.com / u
googleweblight.com / u,lite_url
googleadservices.com /pagead/ adurl
doubleclick.net / adurl
search.app / link
page.link / link
c.gle / u
translatetheweb.com / a
microsofttranslator.com /bv.aspx a
translate.yandex.ru / url
translate.yandex.com / url
youtube.com /redirect q
youtube.com /attribution_link u
bing.com /ck/a u
bing.com /aclick u
bing.com /alink/link url
bing.com /news/apiclick url
duckduckgo.com /l uddg
yandex.ru /clck/ url
yandex.ru /turbo text
yandex.com /clck/ url
baidu.com /link url
naver.com /redirect-notification u
naver.com /rd u
facebook.com /l.php u
facebook.com /flx/warn u
instagram.com / u
threads.net / u
threads.com / u
messenger.com /l.php u
wl.co /l u
linkedin.com /redir/redirect url
linkedin.com /safety/go url
twitter.com /i/redirect url
x.com /i/redirect url
pinterest.com /offsite url
tiktok.com /link/v2 target
out.reddit.com / url
medium.com /r/ url
vk.com /away.php to
ok.ru /dk st.link
checklink.mail.ru / url
weibo.cn /sinaurl u
link.zhihu.com / target
link.csdn.net / target
link.juejin.cn / target
c.pc.qq.com / pfurl,url
t.umblr.com /redirect z
slack-redir.net /link url
steamcommunity.com /linkfilter u,url
chatwork.com /gateway/ url
line.me /R/nv/ url
disq.us /url url
exit.sc / url
view.officeapps.live.com /op/ src
statics.teams.cdn.office.net /evergreen-assets/safelinks url
urldefense.proofpoint.com /v1/url u
linkprotect.cudasvc.com /url a
mimecast.com /s/ domain
mimecastprotect.com / u,domain
protection.sophos.com / u,d
clicktime.symantec.com / u
clicktime.cloud.postoffice.net / U,u
scanmail.trustwave.com / u
trendmicro.com /wis/clicktime url
fireeye.com / u
trellix.com /v1/url u
link.edgepilot.com /s/ u
mailcontrol.com / u
hornetsecurity.com / u
vadesecure.com / u
mailguard.com.au / u
mailguard.com / u
inky.com /link domain
defend.egress.com / Base64Url,Domain
deref-gmx.net / redirectUrl
deref-gmx.com / redirectUrl
deref-web.de / redirectUrl
deref-mail.com / redirectUrl
deref-1und1.de / redirectUrl
deref-t-online.de / redirectUrl
`

// shapedList is lines of: host, path, and how the target stands in what follows.
const shapedList = `
google.* /amp/s/ https
google.* /amp/ http
yandex.ru /turbo/s/ https
b.hatena.ne.jp /entry/s/ https
cdn.ampproject.org / amp-cache
bing-amp.com / amp-cache
translate.goog / translated-host
awstrack.me /L0/ first-segment
yahoo.* / yahoo
yahoo.co.jp / yahoo
archive.org /web/ rest
archive.ph /o/ rest
archive.today /o/ rest
doubleclick.net /ddm/ query
webcache.googleusercontent.com / cache
googleusercontent.com / fragment
line.me /R/msg/text query
deviantart.com /users/outgoing query
anonym.to / query
href.li / query
nullrefer.com / query
dereferer.me / query
`

// filterList is shapedList of mail filters, which rewrite the links of all mail. What of such a
// link cannot be read was cut off.
const filterList = `
urldefense.proofpoint.com /v2/url proofpoint-v2
urldefense.com /v3/__ proofpoint-v3
urldefense.us /v3/__ proofpoint-v3
avanan.click /v2/ underlined
checkpoint.com /v2/ underlined
safelinks.protection.outlook.com / safe-link
safelinks.protection.office365.us / safe-link
safelinks.protection.outlook.de / safe-link
safelinks.protection.partner.outlook.cn / safe-link
secure-web.cisco.com / last-segment
`

// shapes are the ways in which targets stand in links, beside parameters.
var shapes = map[string]func(l parts) string{
	"https": func(l parts) string { return "https://" + l.path },
	"http":  func(l parts) string { return "http://" + l.path },
	// "?https%3A//example.org/"
	"query": func(l parts) string { return mime.PercentDecode(l.query) },
	// "#https://example.org/"
	"fragment": fragment,
	// "/20260101000000/https://example.org/"
	"rest":            afterSlash,
	"amp-cache":       ampCache,
	"underlined":      underlined,
	"cache":           cached,
	"translated-host": translatedHost,
	"proofpoint-v2":   proofpointV2,
	"proofpoint-v3":   proofpointV3,
	"safe-link":       safeLink,
	"last-segment":    lastSegment,
	"first-segment":   firstSegment,
	"yahoo":           yahooPath,
}

// redirectors are the known ones by host.
var redirectors = sync.OnceValue(func() map[string][]redirector {
	all := make(map[string][]redirector)
	for line := range strings.Lines(redirectorList) {
		if f := strings.Fields(line); len(f) == 3 {
			all[f[0]] = append(all[f[0]], redirector{path: f[1], params: strings.Split(f[2], ",")})
		}
	}
	for line := range strings.Lines(shapedList + filterList) {
		if f := strings.Fields(line); len(f) == 3 {
			all[f[0]] = append(all[f[0]], redirector{path: f[1], how: shapes[f[2]],
				filter: strings.Contains(filterList, line)})
		}
	}
	return all
})

// whole is the path with its query.
func (l parts) whole() string {
	if l.query == "" {
		return l.path
	}
	return l.path + "?" + l.query
}

// fragment returns what follows the "#" of a URL, decoded.
func fragment(l parts) string {
	_, fragment, _ := strings.Cut(l.raw, "#")
	return mime.PercentDecode(fragment[:min(len(fragment), maxURLBytes)])
}

// afterSlash returns what follows the first segment of a path, with its query.
func afterSlash(l parts) string {
	_, rest, _ := strings.Cut(l.whole(), "/")
	return mime.PercentDecode(rest)
}

// ampCache reads "/c/s/example.org/page" of a cache: c for a page, i for a picture, v for a
// viewer, s for https.
func ampCache(l parts) string {
	kind, rest, _ := strings.Cut(l.path, "/")
	if len(kind) != 1 || rest == "" {
		return ""
	}
	if secure, ok := strings.CutPrefix(rest, "s/"); ok {
		return "https://" + secure
	}
	return "http://" + rest
}

// translated is where Google shows pages in another language, one host for each host.
const translated = ".translate.goog"

// translatedHost reads the host of "a--b-example-jp.translate.goog": a hyphen for each dot, two
// for a hyphen; "0-" and "-0" around what would look like punycode.
func translatedHost(l parts) string {
	name, ok := strings.CutSuffix(l.host, translated)
	if !ok {
		return ""
	}
	if _, encoded, _ := strings.Cut(l.query, "_x_tr_enc="); strings.HasPrefix(encoded, "0") {
		name = strings.TrimSuffix(strings.TrimPrefix(name, "0-"), "-0")
	}
	name = strings.NewReplacer("--", "-", "-", ".").Replace(name)
	return "https://" + name + "/" + l.whole()
}

// cached reads q of "/search?q=cache:token:https://example.org/".
func cached(l parts) string {
	q := mime.PercentDecode(queryValue(l.query, "q"))
	if i := strings.Index(q, "http"); i >= 0 {
		return q[i:]
	}
	return ""
}

// proofpointV2 reads u, which writes "-" for "%" and "_" for "/".
func proofpointV2(l parts) string {
	return mime.PercentDecode(strings.NewReplacer("-", "%", "_", "/").Replace(queryValue(l.query, "u")))
}

// proofpointV3 reads "https://example.org/a*b=c__;Pw!!token": the URL stands as it is, but for
// special characters. Each is "*", and a run of them "**" with a letter for how many; they
// stand in base64 behind the semicolon.
func proofpointV3(l parts) string {
	path := l.whole()
	i := strings.LastIndex(path, "__;")
	if i < 0 {
		if i = strings.LastIndex(path, "__"); i > 0 {
			return path[:i]
		}
		return path
	}
	packed, _, _ := strings.Cut(path[i+len("__;"):], "!")
	special := []rune(decode64(packed))
	var b strings.Builder
	for to := path[:i]; to != ""; to = to[1:] {
		if to[0] != '*' || len(special) == 0 {
			b.WriteByte(to[0])
			continue
		}
		n := 1
		if len(to) > 2 && to[1] == '*' {
			if run := strings.IndexByte(runLengths, to[2]); run >= 0 {
				n, to = run+2, to[2:]
			}
		}
		n = min(n, len(special))
		b.WriteString(string(special[:n]))
		special = special[n:]
	}
	return b.String()
}

// runLengths are what Proofpoint writes for 2, 3, 4 and more characters.
const runLengths = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// underlined reads "r01/___https://example.org/a___.token".
func underlined(l parts) string {
	_, to, ok := strings.Cut(l.whole(), "___")
	if !ok {
		return ""
	}
	if i := strings.LastIndex(to, "___"); i > 0 {
		to = to[:i]
	}
	return to
}

// safeLink reads url, behind which other parameters always follow: without them it was cut
// somewhere, as old mails' lines are, and leads nowhere unless its host was not cut.
func safeLink(l parts) string {
	to := mime.PercentDecode(queryValue(l.query, "url"))
	_, rest, _ := strings.Cut(l.query, "url=")
	_, host, _ := strings.Cut(to, "://")
	if strings.IndexByte(rest, '&') < 0 && strings.IndexByte(host, '/') < 0 {
		return ""
	}
	return to
}

// lastSegment reads "/1token/https%3A%2F%2Fexample.org%2Fa".
func lastSegment(l parts) string {
	return mime.PercentDecode(l.path[strings.LastIndexByte(l.path, '/')+1:])
}

// firstSegment reads "/L0/https:%2F%2Fexample.org%2Fa/1/token".
func firstSegment(l parts) string {
	first, _, _ := strings.Cut(l.path, "/")
	return mime.PercentDecode(first)
}

// yahooPath reads ".../RU=https%3a%2f%2fexample.org/RK=2/...", also in base64, and of older
// times "/SIG=token/*https%3A//example.org/".
func yahooPath(l parts) string {
	l.path = "/" + l.path
	if _, rest, ok := strings.Cut(l.path, "/RU="); ok {
		value, _, _ := strings.Cut(rest, "/")
		if to := base64URL(value); to != "" {
			return to
		}
		return mime.PercentDecode(value)
	}
	if _, rest, ok := strings.Cut(l.path, "/*"); ok {
		l.path = "/" + rest
		return afterSlash(l)
	}
	return ""
}
