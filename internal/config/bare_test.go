package config

import (
	"reflect"
	"strings"
	"testing"
)

// A bare number where a time, a share or a mode is wanted is refused with its line: the decoder
// would take it as nanoseconds.
func TestBareNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"[milter]\nbudget = 5\n":                                            "f.toml:2: milter.budget: 5 must be text",
		"[milter]\nsocket_mode = 660\n":                                     "f.toml:2: milter.socket_mode: 660 must be text",
		"[budget]\ndelays = 0.5\n":                                          "f.toml:2: budget.delays: 0.5 must be text",
		"[hooks.mail]\nto = [\"a@example.jp\"]\nevery = 3\n":                "f.toml:3: hooks.mail.every: 3 must be text",
		"[[hooks.command]]\nname = \"x\"\n[[hooks.command]]\ntimeout = 1\n": "f.toml:4: hooks.command[1].timeout: 1 must be text",
		"milter = { drain = 3 }\n":                                          "milter.drain: 3 must be text",
	} {
		_, err := Parse("f.toml", []byte(text), Default("/tmp"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := Parse("f.toml", []byte("[milter]\nbudget = \"5s\"\nmax_header = 4096\n"), Default("/tmp")); err != nil {
		t.Errorf("a size may be bare: %v", err)
	}
}

// Every setting that is a number here and text in the file is checked, or may be bare.
func TestQuotedNumbers(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var look func(reflect.Type)
	look = func(at reflect.Type) {
		switch at.Kind() {
		case reflect.Slice, reflect.Pointer:
			look(at.Elem())
		case reflect.Struct:
			if seen[at] {
				return
			}
			seen[at] = true
			for i := range at.NumField() {
				look(at.Field(i).Type)
			}
		case reflect.Int, reflect.Int64, reflect.Uint32, reflect.Float64:
			if reflect.PointerTo(at).Implements(readsText) && quoted[at] == "" && at != reflect.TypeFor[Size]() {
				t.Errorf("a bare number is taken for a %s", at)
			}
		}
	}
	look(reflect.TypeFor[Config]())
}
