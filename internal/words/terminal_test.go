package words

import "testing"

// TestFromLocale: the first of POSIX's variables that is set decides, and a terminal that cannot show
// Japanese gets none.
func TestFromLocale(t *testing.T) {
	for _, c := range []struct {
		all, messages, lang string
		want                Lang
	}{
		{"", "", "", English}, {"", "", "ja_JP.UTF-8", Japanese}, {"", "", "ja", Japanese}, {"", "", "ja_JP.utf8", Japanese},
		{"", "", "ja_JP.eucJP", English}, {"C", "", "ja_JP.UTF-8", English}, {"", "en_US.UTF-8", "ja_JP.UTF-8", English},
		{"", "ja_JP.UTF-8", "en_US.UTF-8", Japanese}, {"ja_JP.UTF-8", "C", "C", Japanese}, {"", "", "jam_JM.UTF-8", English},
	} {
		env := map[string]string{"LC_ALL": c.all, "LC_MESSAGES": c.messages, "LANG": c.lang}
		if got := FromLocale(func(name string) string { return env[name] }); got != c.want {
			t.Errorf("%v: %s", env, got)
		}
	}
}
