package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"hisseki/internal/history"
	"hisseki/internal/similar"
	"hisseki/review"
)

// usageError is a mistake in the command line.
type usageError struct{ error }

// isUsage says whether an error is a mistake in the command line.
func isUsage(err error) bool {
	var usage usageError
	var asked review.UsageError
	var history history.UsageError
	return errors.As(err, &usage) || errors.As(err, &asked) || errors.As(err, &history)
}

// didYouMean ends a sentence about a misspelt word with those that it may be meant for.
func didYouMean(word string, words []string) string {
	near := similar.Nearest(word, words)
	if len(near) == 0 {
		return ""
	}
	return ": did you mean " + strings.Join(near[:min(len(near), 3)], " or ") + "?"
}

// noArgs takes no arguments. For a command that only groups others they are a misspelt
// one of these.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !cmd.HasSubCommands() {
		return usageError{fmt.Errorf("%s takes no arguments, %q is one", called(cmd), args[0])}
	}
	return usageError{fmt.Errorf("%s command %q%s", lacks(cmd), args[0],
		didYouMean(args[0], subcommands(cmd)))}
}

// called is a command as messages name it: "quarantine list", whose line begins with the
// program's name anyway.
func called(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

// lacks begins a sentence about what a command does not have: "quarantine has no", or, of
// the program itself, "there is no".
func lacks(cmd *cobra.Command) string {
	if cmd.HasParent() {
		return called(cmd) + " has no"
	}
	return "there is no"
}

// strict has "hisseki help nosuch" and "hisseki completion nosuch" refused as "hisseki nosuch"
// is: cobra's own print the help of what they do know, and succeed.
func strict(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.RunE = help
		case "completion":
			c.Args, c.RunE = noArgs, needSubcommand
		}
	}
}

// help prints the help of the command that its arguments name. What follows a command's
// name as its own argument ("help incident show I3") is no mistake.
func help(cmd *cobra.Command, args []string) error {
	of, rest, err := cmd.Root().Find(args)
	if err != nil {
		return usageError{err}
	}
	if of.HasSubCommands() {
		if err := noArgs(of, rest); err != nil {
			return err
		}
	}
	return of.Help()
}

// helpInWords has every command's help in the language that the command speaks.
func helpInWords(root *cobra.Command) {
	usual := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if t := inWords(cmd); t.Japanese() {
			say := func(f *pflag.Flag) { f.Usage = t.Help(f.Usage) }
			cmd.InitDefaultHelpFlag()
			cmd.Flags().VisitAll(say)
			cmd.InheritedFlags().VisitAll(say)
			cmd.PersistentFlags().VisitAll(say)
			for _, c := range append(cmd.Commands(), cmd) {
				c.Short, c.Long = t.Help(c.Short), t.Help(c.Long)
			}
			cmd.SetUsageTemplate(t.HelpTemplate(cmd.UsageTemplate()))
		}
		usual(cmd, args)
	})
}

// subcommands are the names of a command's commands.
func subcommands(cmd *cobra.Command) []string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// needSubcommand is what a command that only groups others does by itself.
func needSubcommand(cmd *cobra.Command, _ []string) error {
	return usageError{fmt.Errorf("%s needs one of: %s", called(cmd),
		strings.Join(subcommands(cmd), ", "))}
}

// someArgs wants at least one argument, and says which.
func someArgs(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usageError{errors.New(called(cmd) + " needs " + what)}
		}
		return nil
	}
}

// oneArg wants exactly one argument, and says which.
func oneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usageError{errors.New(called(cmd) + " needs one " + what)}
		}
		return nil
	}
}

// atMostOne takes one argument or none, and says which.
func atMostOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usageError{errors.New(called(cmd) + " takes one " + what + " at most")}
		}
		return nil
	}
}

// badFlag says in plain words what is wrong with a flag.
func badFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	var lacking *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		err = fmt.Errorf("%s flag %s%s", lacks(cmd), "-"+unknown.GetSpecifiedName(), "")
	case errors.As(err, &unknown):
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		name := "--" + unknown.GetSpecifiedName()
		err = fmt.Errorf("%s flag %s%s", lacks(cmd), name, didYouMean(name, names))
	case errors.As(err, &value):
		err = fmt.Errorf("--%s %q is not %s", value.GetFlag().Name, value.GetValue(),
			kindOf(value.GetFlag().Value.Type()))
	case errors.As(err, &lacking):
		err = fmt.Errorf("--%s needs a value", lacking.GetFlag().Name)
	}
	return usageError{err}
}

// kindOf says what a flag's value must be.
func kindOf(kind string) string {
	switch kind {
	case "int", "uint64":
		return "a whole number"
	case "float64":
		return "a number"
	case "bool":
		return "true or false"
	case "language":
		return "en or ja"
	case "duration":
		return "a time span such as 30m or 4h"
	}
	return "a " + kind
}

// excluding finds the flags in cobra's words for "these exclude each other".
var excluding = regexp.MustCompile(`none of the others can be; \[([^\]]*)\] were all set`)

// plain says in plain words what cobra says in its own: "if any flags in the group [a b]
// are set none of the others can be; [a b] were all set".
func plain(err error) error {
	if m := excluding.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("--%s exclude each other", strings.Join(strings.Fields(m[1]), " and --"))
	}
	return err
}
