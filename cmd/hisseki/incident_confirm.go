package main

import (
	"github.com/spf13/cobra"

	"hisseki/ledger"
)

func newIncidentConfirm() *cobra.Command {
	e := &ending{to: ledger.IncidentConfirmed, verb: "confirm", done: "confirmed", acts: "discard",
		acted: "discarded"}
	cmd := e.command("It was a compromise: discard its mail, unlearn what the thief taught",
		`Ends incidents as compromises. Their mail on hold is discarded, also what was recalled and
what is on its way to the hold queue; what the sender taught since the first suspicious mail
is unlearned. With --since the thief was inside longer: what was taught from then on is
unlearned too; hisseki incident show lists mail that speaks for it.

It can be taken back with hisseki incident reopen, except for mail that the agent has
deleted by then: within seconds.`)
	fl := cmd.Flags()
	fl.StringVar(&e.since, "since", "",
		"the thief was inside since this `TIME`: 2h or 3d ago, or a date")
	fl.BoolVar(&e.block, "block", false, "block the links that nobody knew, for everybody")
	return cmd
}
