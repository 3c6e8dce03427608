package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"hisseki/internal/config"
)

// pages writes the manual as "make man" does, and returns its text by name.
func pages(t *testing.T) map[string]string {
	t.Helper()
	folder := t.TempDir()
	root := newRoot()
	root.SetArgs([]string{"manual", "../../deploy/hisseki.toml", folder})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	made, _ := filepath.Glob(filepath.Join(folder, "*"))
	written, _ := filepath.Glob("../../docs/man/*")
	text := make(map[string]string)
	for _, path := range append(made, written...) {
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text[filepath.Base(path)] = string(page)
	}
	return text
}

// TestManualNamesAll: each command has a page with all its flags, each setting is in
// hisseki.toml(5) and each flag of the agent in hisseki-agent(8).
func TestManualNamesAll(t *testing.T) {
	text := pages(t)
	for _, name := range []string{"hisseki.toml.5", "hisseki.7", "hisseki-agent.8"} {
		if text[name] == "" {
			t.Fatalf("no page %s", name)
		}
	}
	n := 0
	eachCommand(newRoot(), func(c *cobra.Command) {
		name := strings.ReplaceAll(c.CommandPath(), " ", "-") + ".1"
		n++
		if text[name] == "" {
			t.Errorf("no page %s", name)
		}
		lacksFlags(t, c, name, text[name])
		if c.CommandPath() == "hisseki agent" {
			lacksFlags(t, c, "hisseki-agent.8", text["hisseki-agent.8"])
		}
	})
	if n < 40 {
		t.Errorf("only %d commands were found", n)
	}
	keys := settingNames(reflect.TypeFor[config.Config](), nil)
	if len(keys) < 60 {
		t.Errorf("only %d settings were found", len(keys))
	}
	for _, key := range keys {
		if !explains(text["hisseki.toml.5"], key) {
			t.Errorf("hisseki.toml(5) does not name %s", key)
		}
	}
}

// explains finds a table or a key as a setting, as the first word of a list's line
// ("until      the end, ..."), or, where it cannot be another word, in a sentence.
func explains(page, key string) bool {
	for _, form := range []string{`^\\fB%s\\fP = `, `^\.SH \[\[?%s\]`, `^%s   *[a-zA-Z"]`} {
		if regexp.MustCompile("(?m)" + fmt.Sprintf(form, regexp.QuoteMeta(key))).MatchString(page) {
			return true
		}
	}
	return strings.Contains(key, "_") && strings.Contains(page, key+" ")
}

func eachCommand(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			eachCommand(sub, do)
		}
	}
}

func lacksFlags(t *testing.T, c *cobra.Command, name, page string) {
	t.Helper()
	check := func(f *pflag.Flag) {
		if !f.Hidden && !strings.Contains(strings.ReplaceAll(page, `\-`, "-"), "--"+f.Name) {
			t.Errorf("%s does not name --%s", name, f.Name)
		}
	}
	c.NonInheritedFlags().VisitAll(check)
	c.InheritedFlags().VisitAll(check)
}

// settingNames are the keys of a type's settings, and its tables by their full names.
func settingNames(of reflect.Type, table []string) (list []string) {
	for of.Kind() == reflect.Slice || of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	for f := range of.Fields() {
		key, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
		if key == "" || key == "-" {
			continue
		}
		inner := f.Type
		for inner.Kind() == reflect.Slice || inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		path := append(table[:len(table):len(table)], key)
		deeper := []string(nil)
		if inner.Kind() == reflect.Struct {
			deeper = settingNames(inner, path)
		}
		switch {
		case len(deeper) > 0 && inner == f.Type && key == "hooks": // has tables only
		case len(deeper) > 0 || f.Type.Kind() == reflect.Map:
			list = append(list, strings.Join(path, "."))
		default:
			list = append(list, key)
		}
		list = append(list, deeper...)
	}
	return list
}

// TestManualRenders: "man --warnings" has nothing to say of any page, neither in a narrow
// window nor in a wide one.
func TestManualRenders(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("man"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("needs man: make test as root on Debian installs it")
	}
	for name, page := range pages(t) {
		for _, width := range []int{60, 80} {
			man := exec.Command("man", "--warnings", "-E", "UTF-8", "-l", "-")
			man.Env = append(os.Environ(), "LC_ALL=C.UTF-8", fmt.Sprint("MANWIDTH=", width))
			man.Stdin = strings.NewReader(page)
			var said, shown strings.Builder
			man.Stderr, man.Stdout = &said, &shown
			if err := man.Run(); err != nil || said.Len() > 0 || !strings.Contains(shown.String(), "NAME") {
				t.Errorf("man %s: %v %s\n%s", name, err, said.String(), shown.String())
			}
		}
	}
}
