package hook

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/signalname"
	"hisseki/internal/term"
)

//go:embed alert
var alertFiles embed.FS

// alertText are the alert mails by language. The first line is the subject.
var alertText = template.Must(template.ParseFS(alertFiles, "alert/*.txt"))

// Languages of alert mail.
const (
	English  = "en"
	Japanese = "ja"
)

// maxAlertFindings bounds how much evidence an alert repeats.
const maxAlertFindings = 6

// alertView is what an alert's template sees: text that is safe to print and, where it
// stands in a command, safe to paste into a shell.
type alertView struct {
	ID, State, Sender, Opened, Last string
	Account                         string // Sender, quoted for a shell; "" where it cannot be typed
	Holds, Waiting                  int
	Passed                          bool // all of them: the mode is observe
	Recipients, Domains             int
	Hosts                           []string // made harmless: lure[.]test
	Host                            string   // the first lure, quoted for a shell, "" for none
	Because                         []string
	Update                          bool
	Page                            string // of the incident, "" for none
	Answer                          string // of the account's owner
}

// alert returns the subject and the text of a mail about an incident.
//
// page is the URL of the review page: its incident is one link away.
func alert(c *Brief, language, page string, update bool) (subject, body string, err error) {
	v := alertView{ID: c.Incident, State: c.State, Sender: term.Safe(c.Sender, 200),
		Opened: stamp(c.Opened), Last: stamp(c.Last), Account: typed(c.Sender),
		Holds: c.Holds, Waiting: c.Waiting, Passed: c.allPassed(), Recipients: c.Recipients,
		Domains: c.Domains, Update: update, Answer: c.Answer}
	if page != "" {
		v.Page = page + "/incident/" + c.Incident
	}
	if len(c.Lures) > 0 {
		v.Host = quoted(c.Lures[0])
	}
	for _, host := range slices.Concat(c.Lures, c.Hosts) {
		if host = harmless(host); !slices.Contains(v.Hosts, host) {
			v.Hosts = append(v.Hosts, host)
		}
	}
	for i := range c.Evidence[:min(len(c.Evidence), maxAlertFindings)] {
		v.Because = append(v.Because, finding(&c.Evidence[i], language))
	}
	if language == Japanese {
		v.State = japaneseState(c.State)
	}
	var text strings.Builder
	if err := alertText.ExecuteTemplate(&text, language+".txt", v); err != nil {
		return "", "", fmt.Errorf("write alert: %w", err)
	}
	subject, body, _ = strings.Cut(text.String(), "\n")
	return subject, strings.TrimLeft(body, "\n"), nil
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04 -0700")
}

// harmless keeps mail programs from making a link of a host.
func harmless(host string) string { return strings.ReplaceAll(term.Safe(host, 100), ".", "[.]") }

// plain needs no quotes in a shell and is not an option.
var plain = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._@+=:/-]*$`)

// typed is an account as a command takes it, "" where what can be printed of it is another name.
func typed(account string) string {
	if term.Safe(account, 200) != account {
		return ""
	}
	return quoted(account)
}

// quoted makes text fit to be pasted into a shell as one argument.
func quoted(s string) string {
	s = term.Safe(s, 200)
	if plain.MatchString(s) {
		return s
	}
	s = "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	if strings.HasPrefix(s, "'-") {
		return "-- " + s
	}
	return s
}

// finding is a line of evidence: the sentence in English, in Japanese the signal and what
// names a place or a link.
func finding(f *Finding, language string) string {
	text := f.Text
	if name := signalname.Japanese(analyzer.Signal(f.Signal)); language == Japanese && name != "" {
		text = name
		if analyzer.Signal(f.Signal).NamesLink() {
			text += ": " + f.Observed
		}
	}
	return strings.ReplaceAll(term.Safe(text, 150), ".", "[.]")
}

func japaneseState(state string) string {
	switch state {
	case "open":
		return "対応待ち"
	case "confirmed":
		return "乗っ取りと確認"
	case "dismissed":
		return "本人の送信と確認"
	case "ended":
		return "判定なしで終了"
	}
	return state
}
