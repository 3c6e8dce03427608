package manual

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// Command is the hidden subcommand "manual CONFIGURATION FOLDER", which writes the pages. It
// is for the build ("make man"), which has no other way to the commands.
func Command() *cobra.Command {
	return &cobra.Command{
		Use:    "manual CONFIGURATION FOLDER",
		Short:  "Write the manual pages of sections 1 and 5",
		Hidden: true,
		Args:   cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			date, err := buildDate()
			if err != nil {
				return err
			}
			text, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			return errors.Join(Commands(cmd.Root(), args[1], date),
				os.WriteFile(filepath.Join(args[1], "hisseki.toml.5"),
					Configuration(string(text), date), 0o644))
		},
	}
}

// buildDate is now, or for builds that are to be the same whenever they are made
// $SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/).
func buildDate() (time.Time, error) {
	epoch := os.Getenv("SOURCE_DATE_EPOCH")
	if epoch == "" {
		return time.Now().UTC(), nil
	}
	s, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	return time.Unix(s, 0).UTC(), nil
}
