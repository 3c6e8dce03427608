// Package command is `hisseki store`.
package command

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/internal/term"
	"hisseki/internal/wiring"
	"hisseki/store/transfer"
)

// Shared is what all commands of the program do in the same way.
type Shared struct {
	// Settings are those of the command line and the configuration.
	Settings func(*cobra.Command) (config.Config, error)
	Actor    func() string        // who stands behind the command
	Usage    func(error) error    // makes an error one of usage
	NoArgs   cobra.PositionalArgs // of a command that groups others
	Group    func(*cobra.Command, []string) error
	Alive    time.Duration // how old the heartbeat of a living agent may be
}

// Store returns the commands about the store as a whole.
func (s Shared) Store() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "Move the store between SQLite and PostgreSQL",
		Args:  s.NoArgs,
		RunE:  s.Group,
	}
	cmd.AddCommand(s.copy())
	return cmd
}

func (s Shared) copy() *cobra.Command {
	return &cobra.Command{
		Use:   "copy FROM TO",
		Short: "Copy the whole store from an SQLite file to a PostgreSQL database, or back",
		Long: `Copy the whole store from an SQLite file to an empty PostgreSQL database, or back to a new file: one
is a path, the other a postgres:// URL (docs/cluster.md). Everything is copied as it is: ids, signatures,
the store's secret. Stop serve, the agent and the review page before; a file that a process has open
and a database that is in use are refused. A copy that was interrupted goes on where it was when the
same command is run again; until it is whole no other command opens TO. At the end the rows of
each table and each account's profile are compared.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return s.Usage(fmt.Errorf("store copy needs FROM and TO, %d given", len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := s.Settings(cmd)
			if err != nil {
				return err
			}
			done, err := transfer.Copy(cmd.Context(), transfer.Copying{From: args[0], To: args[1], Alive: s.Alive,
				Now: time.Now, Signs: wiring.Signs(cfg), By: s.Actor(), Say: func(line string) {
					fmt.Fprintln(cmd.ErrOrStderr(), "hisseki: "+term.Safe(line, 200))
				}})
			if err != nil {
				return err
			}
			return s.tell(cmd, done)
		},
	}
}

// tell says what was copied.
func (s Shared) tell(cmd *cobra.Command, done transfer.Copied) error {
	out := cmd.OutOrStdout()
	if done.Replaced > 0 {
		fmt.Fprintf(out, "%d rows have bytes that PostgreSQL's text cannot hold: U+FFFD is in their place\n",
			done.Replaced)
	}
	if done.Merged > 0 {
		fmt.Fprintf(out, "%d rows were the same as others after that, and left out\n", done.Merged)
	}
	_, err := fmt.Fprintf(out, "copied and compared: %d tables, %d rows, %d profiles\n", done.Tables, done.Rows,
		done.Profiles)
	return err
}
