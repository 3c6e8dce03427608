// Package manual writes the manual pages that are made from what they describe: section 1
// from the commands, section 5 from the commented configuration. The pages of sections 7 and
// 8 are written by hand (docs/man).
package manual

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// book is what every page calls the whole.
const book = "hisseki"

// common stands in each page of section 1: what all commands share.
const common = `
.SH EXIT STATUS
0 done, 1 error, 2 wrong usage, 3 partly done, 4 nothing matched.
.SH FILES
.TP
.I /etc/hisseki.toml
the configuration, see hisseki.toml(5). $HISSEKI_CONFIG or \-\-config name another.
.TP
.I /var/lib/hisseki/hisseki.db
the store.
`

// further ends the list of other pages.
const further = ", \\fBhisseki.toml(5)\\fP, \\fBhisseki(7)\\fP, \\fBhisseki-agent(8)\\fP\n"

// Commands writes a page of section 1 for a command and for each below it that people see
// into a folder: "hisseki-quarantine-list.1".
func Commands(root *cobra.Command, folder string, date time.Time) (err error) {
	root.DisableAutoGenTag = true
	// What stands in the environment of the build is nobody's default.
	if f := root.PersistentFlags().Lookup("config"); f != nil {
		f.DefValue = ""
	}
	for _, c := range visible(root) {
		page, e := command(c, date)
		name := strings.ReplaceAll(c.CommandPath(), " ", "-") + ".1"
		err = errors.Join(err, e, os.WriteFile(filepath.Join(folder, name), page, 0o644))
	}
	return err
}

// visible is a command with all below it that people see.
func visible(cmd *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{cmd}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() && !c.IsAdditionalHelpTopicCommand() {
			list = append(list, visible(c)...)
		}
	}
	return list
}

func command(c *cobra.Command, date time.Time) ([]byte, error) {
	var page bytes.Buffer
	err := doc.GenMan(c, &doc.GenManHeader{Section: "1", Date: &date, Source: book, Manual: book}, &page)
	head, others, _ := strings.Cut(page.String(), "\n.SH SEE ALSO\n")
	if others == "" {
		others = "\\fBhisseki(1)\\fP"
	}
	return []byte(head + common + ".SH SEE ALSO\n" + strings.TrimSuffix(others, "\n") + further), err
}
