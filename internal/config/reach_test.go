package config

import (
	"reflect"
	"strings"
	"testing"

	"hisseki/analyzer"
)

func TestReach(t *testing.T) {
	cfg, err := Parse("f", []byte(`
[groups]
Sales = ["B@example.jp"]
[[limits.reach]]
for = ["group:Sales"]
recipients_day = 3000
beyond = "delay"
[[limits.reach]]
class = "application"
new_recipients_hour = 50
`), Default("/s"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := cfg.Ceilings()
	want := []analyzer.Ceiling{{Senders: []string{"b@example.jp"}, Day: 3000, Delay: true},
		{Class: analyzer.Application, NewHour: 50}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	for text, reason := range map[string]string{
		"for=['a@example.jp']":                                    "recipients_hour: bounds nothing",
		"recipients_day=5000":                                     "recipients_day: 5000 is not from 0 to 4096",
		"recipients_day=1\nbeyond='reject'":                       `beyond: "reject" is not one of`,
		"recipients_day=1\nclass='null'":                          `class: "null" is not one of`,
		"recipients_day=1\nclass='account'\nfor=['a@example.jp']": "class: is of no use beside for",
		"recipients_day=1\nfor=['group:ops']":                     `for: there is no group "ops"`,
		"recipients_day=1\nrecipients_week=2":                     `unknown key "limits.reach.recipients_week"`,
	} {
		_, err := Parse("f", []byte("[[limits.reach]]\n"+text), Default("/s"))
		if err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%q: %v, want %q", text, err, reason)
		}
	}
}
