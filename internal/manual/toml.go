package manual

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

var (
	// table is the head of a table, in force or as an example: "[milter]",
	// "# [[hooks.command]]".
	table = regexp.MustCompile(`^(?:# )?(\[\[?[a-z.]+\]\]?)$`)
	// setting is a key with its value: "# max_header = "256KiB"", "# "bob@example.jp" = ...".
	setting = regexp.MustCompile(`^(?:# )?("[^"]+"|[a-z_]+) = (.*)$`)
)

// Configuration is the page hisseki.toml(5), of the text of the commented configuration: its
// tables are the sections, and each paragraph stands below the settings that it explains.
func Configuration(text string, date time.Time) []byte {
	var page strings.Builder
	fmt.Fprintf(&page, `.TH HISSEKI.TOML 5 "%s" "%s" "%s"
.SH NAME
hisseki.toml \- configuration of hisseki
.SH DESCRIPTION
Settings are shown with their defaults, or with an example. Where nothing else is said, the
defaults hold without any file.
`, date.Format("Jan 2006"), book, book)
	for i, block := range strings.Split(strings.TrimSpace(text), "\n\n") {
		b := read(block)
		if i == 0 {
			page.WriteString(".PP\n" + prose(b.prose) + ".SH SETTINGS OUTSIDE OF TABLES\n")
			continue
		}
		page.WriteString(b.roff())
	}
	page.WriteString(`.SH FILES
.I /etc/hisseki.toml
.SH SEE ALSO
.BR hisseki (1),
.BR hisseki (7),
.BR hisseki\-agent (8)
`)
	return []byte(page.String())
}

// block is what stands between two empty lines of the configuration.
type block struct {
	tables, prose, settings []string
}

func read(text string) (b block) {
	for line := range strings.SplitSeq(text, "\n") {
		if m := table.FindStringSubmatch(line); m != nil {
			b.tables = append(b.tables, m[1])
		} else if setting.MatchString(line) {
			b.settings = append(b.settings, strings.TrimPrefix(line, "# "))
		} else {
			b.prose = append(b.prose, strings.TrimPrefix(strings.TrimPrefix(line, "#"), " "))
		}
	}
	return b
}

func (b block) roff() string {
	var out strings.Builder
	for _, t := range b.tables {
		out.WriteString(".SH " + escape(t) + "\n")
	}
	if len(b.settings) == 0 {
		return out.String() + ".PP\n" + prose(b.prose)
	}
	for i, s := range b.settings {
		m := setting.FindStringSubmatch(s)
		tag := ".TP\n"
		if i > 0 {
			tag = ".TQ\n"
		}
		out.WriteString(tag + `\fB` + escape(m[1]) + `\fP = ` + escape(m[2]) + "\n")
	}
	if len(b.prose) == 0 {
		return out.String() + "\\&\n"
	}
	return out.String() + prose(b.prose)
}

// prose fills a paragraph, and leaves indented lines, such as the words that a setting takes,
// as they are.
func prose(lines []string) string {
	var out strings.Builder
	inside := false
	for _, line := range lines {
		switch indented := strings.HasPrefix(line, "  "); {
		case indented && !inside:
			out.WriteString(".RS\n.nf\n")
			inside = true
		case !indented && inside:
			out.WriteString(".fi\n.RE\n")
			inside = false
		}
		out.WriteString(escape(strings.TrimSpace(line)) + "\n")
	}
	if inside {
		out.WriteString(".fi\n.RE\n")
	}
	return out.String()
}

var special = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `~`, `\(ti`, `^`, `\(ha`, "`", `\(ga`, `'`, `\(aq`)

// escape has groff print a line as it is.
func escape(line string) string {
	line = special.Replace(line)
	if strings.HasPrefix(line, ".") {
		line = `\&` + line
	}
	return line
}
