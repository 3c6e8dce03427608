package doctor

import (
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"hisseki/internal/words"
	"hisseki/postfix"
)

// checks are the parameters that name rules about a mail's content (header_checks(5)).
var checks = []string{"header_checks", "mime_header_checks", "nested_header_checks", "body_checks"}

// reach looks for mail that hisseki would see in part, or not at all.
func (d *Doctor) reach(main postfix.Parameters) {
	d.size(main["message_size_limit"])
	for _, name := range checks {
		for _, table := range postfix.List(main[name]) {
			d.redirects(name, table)
		}
	}
}

// size compares Postfix's limit for a mail, 0 for none, with what is read of its body.
func (d *Doctor) size(limit string) {
	n, err := strconv.ParseInt(limit, 10, 64)
	if body := int64(d.Config.Milter.MaxBody); err == nil && (n == 0 || n > body) {
		d.add("size", Warn, say("doctor-size", n, body), say("doctor-size-set"))
	}
}

// redirect is a rule such as
//
//	/^Subject: invoice/i  REDIRECT archive@example.org
var redirect = regexp.MustCompile(`(?im)^[^#\n]*[ \t]redirect[ \t]+\S+@\S+`)

// tableBytes bounds what is read of a table.
const tableBytes = 4 << 20

// redirects warns of rules whose mail Postfix shows to no milter. A table is "regexp:/path",
// "pcre:/path", or has its rules within braces; other types hold no patterns.
func (d *Doctor) redirects(name, table string) {
	kind, path, _ := strings.Cut(table, ":")
	text := path
	if kind != "regexp" && kind != "pcre" {
		return
	}
	if !strings.HasPrefix(path, "{") {
		var err error
		if text, err = beginOf(path); err != nil {
			d.add("rules", Warn, words.Fault(err).Of(name), say("doctor-root-on-mta"))
			return
		}
	}
	if redirect.MatchString(text) {
		d.add("rules", Warn, say("doctor-redirect", table).Of(name), say("doctor-redirect-instead"))
	}
}

func beginOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, tableBytes))
	return string(text), err
}
