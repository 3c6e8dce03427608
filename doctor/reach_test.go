package doctor

import (
	"os"
	"path/filepath"
	"testing"

	"hisseki/internal/config"
	"hisseki/postfix"
)

// TestReach has settings of Postfix by which hisseki sees less than the whole of a mail, and
// such by which it sees all.
func TestReach(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"redirects": "# see below\n/^Subject: invoice/i  REDIRECT archive@example.org\n",
		"harmless":  "# /x/ REDIRECT a@example.org\n/^Subject: redirect us/ WARN\n/^X-Redirect me@example.org/ IGNORE\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, value string
		want        []string
	}{
		{"message_size_limit", "10240000", nil},
		{"message_size_limit", "10485760", nil},
		{"message_size_limit", "10485761", []string{"warn size: 10485761 and milter.max_body 10485760"}},
		{"message_size_limit", "0", []string{"warn size: is 0"}},
		{"header_checks", "regexp:" + dir + "/redirects", []string{"warn rules: header_checks: REDIRECT"}},
		{"header_checks", "pcre:" + dir + "/harmless, regexp:" + dir + "/redirects",
			[]string{"warn rules: header_checks: /redirects has"}},
		{"body_checks", "pcre:{{/invoice/ REDIRECT a@example.org}}", []string{"warn rules: body_checks: REDIRECT"}},
		{"header_checks", "pcre:" + dir + "/harmless", nil},
		{"header_checks", "regexp:" + dir + "/none", []string{"warn rules: header_checks: no such file"}},
	} {
		d := &Doctor{Config: config.Default("/s"), ctx: t.Context()}
		d.reach(postfix.Parameters{c.name: c.value})
		compare(t, c.name+" = "+c.value, d.list, c.want)
	}
}
