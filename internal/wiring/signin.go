package wiring

import (
	"hisseki/internal/config"
	"hisseki/signin"
)

// Signin is what the settings say to the reader of sign-in logs.
func Signin(cfg config.Config, db signin.Store) signin.Importer {
	p := &signin.Parser{}
	if g := cfg.Signin.Generic; g != nil {
		p.Fields = &signin.Fields{ID: g.ID, Time: g.Time, Account: g.Account, Result: g.Result, Client: g.Client,
			Country: g.Country, Device: g.Device, Program: g.Program, Service: g.Service, Success: g.Success,
			Lockout: g.Lockout, Interrupted: g.Interrupted}
	}
	return signin.Importer{Parser: p, Normal: Identity(cfg).Normal, Store: db}
}
