// Command hisseki learns how each account sends mail and holds what the account would
// not have sent.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // habits name time zones, and hosts may have no database of them

	"github.com/spf13/cobra"

	"hisseki/internal/manual"
	"hisseki/review"
)

// Exit codes, the same for every subcommand.
const (
	exitOK = iota
	exitError
	exitUsage
	exitPartly
	exitNothing
)

// version is set by the build.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

var errNothing, errPartly = review.ErrNothing, review.ErrPartly

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	started := false
	noteStart(root, &started)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	if !started { // cobra refused the command line
		err = usageError{plain(err)}
	}
	t := inWords(cmd)
	fmt.Fprintln(stderr, "hisseki: "+t.Fault(err.Error()))
	switch {
	case isUsage(err):
		fmt.Fprintln(stderr, "hisseki: "+t.W("cli-see-help", cmd.CommandPath()))
		return exitUsage
	case errors.Is(err, errNothing):
		return exitNothing
	case errors.Is(err, errPartly):
		return exitPartly
	}
	return exitError
}

// noteStart has every command note that its own code is reached.
func noteStart(cmd *cobra.Command, started *bool) {
	if do := cmd.RunE; do != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			*started = true
			return do(cmd, args)
		}
	}
	for _, c := range cmd.Commands() {
		noteStart(c, started)
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "hisseki",
		Short:         "Learn how each account sends mail, hold what it would not have sent",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(badFlag)
	addSettingsFlags(root)
	root.AddCommand(newServe(), newAgent(), newQuarantine(), newIncident(), newSender(), newURL(),
		newAudit(), newReplay(), newDrill(), newCalibrate(), habits().Habit(), habits().Change(), newMaillog(), newSignin(),
		newBackup(), newRestore(), newCheck(), newMigrate(), newStore(),
		newStatus(), newKey(), newDoctor(), newVersion(), newDemo(), manual.Command(),
		shared().Web(), shared().Reviewer())
	strict(root)
	helpInWords(root)
	return root
}
