package link

import (
	"encoding/base64"
	"strings"
	"sync"

	"hisseki/analyzer/content/mime"
)

// maxRedirects bounds the redirectors looked through in one URL.
const maxRedirects = 4

// parse takes a URL apart and looks through redirectors: what a link leads to is what it is
// judged by, for every purpose. Only targets that stand in the link itself are found;
// nothing is ever asked.
func parse(raw string, where Where) URL {
	u := split(raw, where)
	for range maxRedirects {
		to := u.target()
		if to == "" {
			break
		}
		v := split(to, where)
		if v.Host == "" {
			break
		}
		v.Via = u.Raw
		if u.Via != "" {
			v.Via = u.Via // the outermost is what stands in the mail
		}
		u = v
	}
	return u
}

// Wrapper returns the redirector that stands in the mail in front of u.
func (u *URL) Wrapper() (URL, bool) {
	if u.Via == "" {
		return URL{}, false
	}
	return split(u.Via, u.Where), true
}

// target returns the URL that a known redirector leads to, "" for none.
func (u *URL) target() string {
	if len(u.Path) < 3 {
		return ""
	}
	for host := u.Host; host != ""; _, host, _ = strings.Cut(host, ".") {
		for _, r := range redirectors()[host] {
			if to := r.target(u); to != "" {
				return to
			}
		}
		if len(host) <= len(u.Domain) {
			break
		}
	}
	// a search engine of many countries: google.co.jp, google.de
	if name, _, _ := strings.Cut(u.Domain, "."); name == "google" || name == "yahoo" {
		for _, r := range redirectors()[name+".*"] {
			if to := r.target(u); to != "" {
				return to
			}
		}
	}
	return ""
}

// isRedirector says whether a host is known to lead on.
func (u *URL) isRedirector() bool {
	for host := u.Host; strings.IndexByte(host, '.') > 0; _, host, _ = strings.Cut(host, ".") {
		for _, r := range redirectors()[host] {
			if strings.HasPrefix(u.Path, r.path) {
				return true
			}
		}
	}
	return false
}

// A redirector says where in its URLs the target stands: in parameters of the query behind
// a path, or where how says.
type redirector struct {
	path   string
	params []string
	how    func(path, query string) string
}

func (r *redirector) target(u *URL) string {
	if !strings.HasPrefix(u.Path, r.path) {
		return ""
	}
	path, query, _ := strings.Cut(u.Path, "?")
	if r.how != nil {
		return web(r.how(path[len(r.path):], query))
	}
	for _, name := range r.params {
		value := queryValue(query, name)
		if to := web(mime.PercentDecode(value)); to != "" {
			return to
		}
		if to := web(base64URL(value)); to != "" {
			return to
		}
	}
	return ""
}

// web returns a URL of the web with its scheme, "" for anything else. Of the slashes behind
// the scheme some get lost on the way.
func web(to string) string {
	switch {
	case mime.HasFold(to, "http:/"), mime.HasFold(to, "https:/"):
		scheme, rest, _ := strings.Cut(to, ":")
		return scheme + "://" + strings.TrimLeft(rest, "/\\")
	case strings.HasPrefix(to, "//") && len(to) > 2:
		return "http:" + to
	}
	return ""
}

// base64URL decodes what some redirectors make of a URL, with one or two letters in front
// ("a1aHR0cHM6Ly9l..." at Bing), to one that begins as a URL; "" else.
func base64URL(value string) string {
	i := strings.Index(value, "aHR0c") // "http"
	if i < 0 || i > 2 {
		return ""
	}
	value = strings.NewReplacer("+", "-", "/", "_", "%3D", "", "%3d", "", "=", "").Replace(value[i:])
	if len(value)%4 == 1 {
		value = value[:len(value)-1] // cut off
	}
	to, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return ""
	}
	return string(to)
}

// redirectorList is lines of: host, path, parameters. "google.*" stands for all countries.
// They are services that lead on to whatever stands in the link: search engines, social
// networks, mail filters, web mail. House redirectors of companies are not known here; a
// URL within their URLs counts as well (inner).
const redirectorList = `
google.* /url q,url
google.* /imgres imgrefurl,imgurl
google.* /aclk adurl
translate.google.com / u
googleweblight.com /i u
googleadservices.com /pagead/ adurl
doubleclick.net / adurl
youtube.com /redirect q
youtube.com /attribution_link u
bing.com /ck/a u
bing.com /aclick u
bing.com /alink/link url
duckduckgo.com /l/ uddg
facebook.com /l.php u
facebook.com /flx/warn u
instagram.com / u
messenger.com /l.php u
wl.co /l u
linkedin.com /redir/redirect url
linkedin.com /safety/go url
out.reddit.com / url
vk.com /away.php to
t.umblr.com /redirect z
slack-redir.net /link url
steamcommunity.com /linkfilter u,url
disq.us /url url
exit.sc / url
statics.teams.cdn.office.net /evergreen-assets/safelinks url
urldefense.proofpoint.com /v1/url u
linkprotect.cudasvc.com /url a
protection.sophos.com / u
clicktime.symantec.com / u
clicktime.cloud.postoffice.net / U,u
scanmail.trustwave.com / u
trendmicro.com /wis/clicktime url
fireeye.com /v1/url u
link.edgepilot.com /s/ u
deref-gmx.net / redirectUrl
deref-web.de / redirectUrl
deref-mail.com / redirectUrl
`

// redirectors are the known ones by host.
var redirectors = sync.OnceValue(func() map[string][]redirector {
	all := make(map[string][]redirector)
	for line := range strings.Lines(redirectorList) {
		if f := strings.Fields(line); len(f) == 3 {
			all[f[0]] = append(all[f[0]], redirector{path: f[1], params: strings.Split(f[2], ",")})
		}
	}
	for _, r := range []struct {
		host, path string
		how        func(path, query string) string
	}{
		{"google.*", "/amp/s/", func(path, _ string) string { return "https://" + path }},
		{"google.*", "/amp/", func(path, _ string) string { return "http://" + path }},
		{"cdn.ampproject.org", "/", ampCache},
		{"urldefense.proofpoint.com", "/v2/url", proofpointV2},
		{"urldefense.com", "/v3/__", proofpointV3},
		{"urldefense.us", "/v3/__", proofpointV3},
		{"safelinks.protection.outlook.com", "/", safeLink},
		{"safelinks.protection.office365.us", "/", safeLink},
		{"url.avanan.click", "/v2/___", proofpointV3},
		{"secure-web.cisco.com", "/", lastSegment},
		{"awstrack.me", "/L0/", firstSegment},
		{"yahoo.*", "/", yahooPath},
	} {
		all[r.host] = append(all[r.host], redirector{path: r.path, how: r.how})
	}
	return all
})

// ampCache reads "/c/s/example.org/page" of Google's cache: c for a page, i for a picture,
// s for https.
func ampCache(path, _ string) string {
	kind, rest, _ := strings.Cut(path, "/")
	if len(kind) != 1 || rest == "" {
		return ""
	}
	if secure, ok := strings.CutPrefix(rest, "s/"); ok {
		return "https://" + secure
	}
	return "http://" + rest
}

// proofpointV2 reads u, which writes "-" for "%" and "_" for "/".
func proofpointV2(_, query string) string {
	return mime.PercentDecode(strings.NewReplacer("-", "%", "_", "/").Replace(queryValue(query, "u")))
}

// proofpointV3 reads "https://example.org/a__;!!token": the URL stands as it is, special
// characters as "*".
func proofpointV3(path, query string) string {
	if query != "" {
		path += "?" + query
	}
	i := strings.Index(path, "__;")
	if i < 0 {
		i = strings.LastIndex(path, "__")
	}
	if i > 0 {
		path = strings.TrimRight(path[:i], "_")
	}
	return path
}

// safeLink reads url, behind which other parameters always follow: without them it was cut
// somewhere, as old mails' lines are, and leads nowhere unless its host was not cut.
func safeLink(_, query string) string {
	to := mime.PercentDecode(queryValue(query, "url"))
	_, rest, _ := strings.Cut(query, "url=")
	_, host, _ := strings.Cut(to, "://")
	if strings.IndexByte(rest, '&') < 0 && strings.IndexByte(host, '/') < 0 {
		return ""
	}
	return to
}

// lastSegment reads "/1token/https%3A%2F%2Fexample.org%2Fa".
func lastSegment(path, _ string) string {
	return mime.PercentDecode(path[strings.LastIndexByte(path, '/')+1:])
}

// firstSegment reads "/L0/https:%2F%2Fexample.org%2Fa/1/token".
func firstSegment(path, _ string) string {
	first, _, _ := strings.Cut(path, "/")
	return mime.PercentDecode(first)
}

// yahooPath reads ".../RU=https%3a%2f%2fexample.org/RK=2/...".
func yahooPath(path, _ string) string {
	_, rest, ok := strings.Cut(path, "/RU=")
	if !ok {
		return ""
	}
	value, _, _ := strings.Cut(rest, "/")
	return mime.PercentDecode(value)
}

// inner returns the URL that stands within a URL of the web, as where a house redirector or
// a page behind a login leads on to; "" for none, or for one of the same domain.
//
//	https://shop.example/go?to=https%3A%2F%2Fother.example%2F
func (u *URL) inner() string {
	rest := u.Path
	if len(rest) < len("/http:/") || u.isRedirector() {
		return "" // looked through, or cut before its target ends
	}
	i := strings.Index(rest, "http")
	for n := 0; i >= 0 && n < maxRedirects; n++ {
		to := rest[i:]
		i = next(rest, i)
		if end := strings.IndexAny(to, "&;|"); end >= 0 {
			to = to[:end]
		}
		// "https%3A%2F%2F", and once more where a redirector stands within another's value
		for range maxRedirects {
			if strings.Contains(to[:min(len(to), 12)], ":") {
				break
			}
			to = mime.PercentDecode(to)
		}
		if to = web(to); to == "" || !strings.Contains(to, "://") {
			continue
		}
		if v := split(to, u.Where); v.Domain != u.Domain &&
			(v.IP.IsValid() || strings.IndexByte(v.Host, '.') > 0 && endsHost(v.Host)) {
			return to
		}
	}
	return ""
}

// next returns where "http" stands next behind i, -1 for nowhere.
func next(s string, i int) int {
	j := strings.Index(s[i+4:], "http")
	if j < 0 {
		return -1
	}
	return i + 4 + j
}

// queryValue returns the raw value of the first parameter of that name; HTML's
// "&amp;" that was left in is tolerated.
func queryValue(query, name string) string {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		pair = strings.TrimPrefix(pair, "amp;")
		if key, value, ok := strings.Cut(pair, "="); ok && key == name {
			return value
		}
	}
	return ""
}
