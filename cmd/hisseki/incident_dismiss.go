package main

import (
	"github.com/spf13/cobra"

	"hisseki/ledger"
)

func newIncidentDismiss() *cobra.Command {
	e := &ending{to: ledger.IncidentDismissed, verb: "dismiss", done: "dismissed", acts: "release",
		acted: "released"}
	return e.command("It was the owner: release its mail and learn from it",
		`Ends incidents as false alarms. Their mail on hold goes to its recipients and is learned as
the owner's; so is mail that was to be recalled and had left already. The reason is kept with
the incident.

It can be taken back with hisseki incident reopen, except for mail that the agent has let go
by then: within seconds.`)
}
