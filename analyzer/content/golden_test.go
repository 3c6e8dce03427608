package content

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden reads every fixture and compares what is shown with the file beside it.
// A new case needs no Go: put NAME.eml there, run with -update, read NAME.golden.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("../../testdata/mail/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".eml"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			src, err := ReadSource(bytes.NewReader(raw), 0)
			if err != nil {
				t.Fatal(err)
			}
			got := dump(Parse(src, Limits{}))
			golden := strings.TrimSuffix(file, ".eml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs; got:\n%s", golden, got)
			}
		})
	}
}

// dump renders a Content for people. Fields at their zero value are left out.
func dump(c *Content) string {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	line("subject", c.Subject)
	line("from", addressText(c.From))
	line("sender", addressText(c.Sender))
	line("reply-to", addressText(c.ReplyTo))
	line("to", addressText(c.To))
	if !c.Date.IsZero() {
		line("date", c.Date.Format(time.RFC3339)+" "+c.Zone)
	}
	line("id", c.MessageID)
	line("in-reply-to", strings.Join(c.InReplyTo, " "))
	line("references", strings.Join(c.References, " "))
	line("mailer", c.Mailer)
	line("shape", strings.TrimSpace(strings.Join([]string{c.Type, c.Charset, c.Encoding}, " ")))
	line("flags", flagText(map[string]bool{"plain": c.HasPlain, "html": c.HasHTML,
		"quoted": c.Quoted, "forwarded": c.Forwarded}, "plain", "html", "quoted", "forwarded"))
	if c.Hidden > 0 {
		line("hidden", fmt.Sprint(c.Hidden))
	}
	for _, n := range c.Points {
		line("point", strings.TrimSpace(string(n.Kind)+" "+n.Value+" "+flagText(
			map[string]bool{"quoted": n.Quoted, "file": n.InFile}, "quoted", "file")))
	}
	for _, d := range c.Defects {
		line("defect", d.Code)
	}
	for _, u := range c.URLs {
		line("url", urlText(u))
	}
	line("mail-links", strings.Join(c.MailLinks, ", "))
	for _, a := range c.Attachments {
		flags := flagText(map[string]bool{" cut": a.Cut, " inline": a.Inline}, " cut", " inline")
		line("attachment", fmt.Sprintf("%q %s is %s, %s, %d bytes%s, %x",
			a.Name, a.Claimed, a.Sniffed, a.Kind, a.Size, flags, a.SHA256[:4]))
	}
	block := func(name, text string) {
		fmt.Fprintf(&b, "\n== %s\n", name)
		if text != "" {
			fmt.Fprintln(&b, text)
		}
	}
	block("text", c.Text)
	if c.Own != c.Text {
		block("own", c.Own)
	}
	if c.Signature != "" {
		block("signature", c.Signature)
	}
	return b.String()
}

func addressText(list []Address) string {
	var all []string
	for _, a := range list {
		if a.Name != "" {
			all = append(all, fmt.Sprintf("%s <%s>", a.Name, a.Addr))
		} else {
			all = append(all, a.Addr)
		}
	}
	return strings.Join(all, ", ")
}

func urlText(u URL) string {
	s := fmt.Sprintf("%s %s host=%s domain=%s path=%s", u.Where, u.Raw, u.Host, u.Domain, u.Path)
	if u.Unicode != u.Host {
		s += " unicode=" + u.Unicode
	}
	if u.Shown != "" {
		s += " shown=" + u.Shown
	}
	if u.Via != "" {
		s += " via=" + u.Via
	}
	if u.LooksLike != "" {
		s += " like=" + u.LooksLike
	}
	if u.IP.IsValid() {
		s += " ip=" + u.IP.String()
	}
	return s + flagText(map[string]bool{
		" quoted": u.Quoted, " file": u.InFile, " mismatch": u.Mismatch,
		" userinfo": u.UserInfo, " within": u.Within, " bare": u.Bare, " defanged": u.Defanged, " mixed": u.Mixed,
	}, " quoted", " file", " mismatch", " userinfo", " within", " bare", " defanged", " mixed")
}

func flagText(set map[string]bool, order ...string) string {
	var s string
	for _, name := range order {
		if set[name] {
			s += " " + strings.TrimSpace(name)
		}
	}
	if !strings.HasPrefix(order[0], " ") {
		s = strings.TrimSpace(s)
	}
	return s
}
