package review

import (
	"context"
	"strings"
	"testing"
)

// kept is what drills and calibrations found, in memory.
type kept map[string][]byte

func (k kept) Keep(_ context.Context, name string, value []byte) error {
	k[name] = value
	return nil
}

func (k kept) Kept(_ context.Context, name string) ([]byte, error) { return k[name], nil }

// forgetful is a store that notes what is kept of an account when it is to erase the rest.
type forgetful struct {
	Store
	kept
	left string
}

func (f *forgetful) Forget(context.Context, string, string, string) (int, error) {
	f.left = string(f.kept[keptDrill])
	return 1, nil
}

// TestForgetDrilled: an account that is forgotten is in the kept drill no more, before the store erases
// what its files still have; the others and the sums stay.
func TestForgetDrilled(t *testing.T) {
	db := &forgetful{kept: kept{}}
	s := &Service{Store: db, Findings: db.kept}
	forget := func(account string) *Drilled {
		t.Helper()
		if err := s.Forget(t.Context(), Actor{Name: "root"}, &Forgetting{Account: account}, "asked for it"); err != nil {
			t.Fatal(err)
		}
		var d *Drilled
		if err := s.kept(t.Context(), keptDrill, &d); err != nil {
			t.Fatal(err)
		}
		return d
	}
	if d := forget("bando@example.jp"); d != nil {
		t.Errorf("without a drill there is %+v", d)
	}
	if err := s.KeepDrill(t.Context(), &Drilled{Recipes: []RecipeSum{{Name: "slow", Thefts: 2}}, Accounts: []DrilledAccount{
		{Sender: "bando@example.jp", Thefts: []*Theft{{Mails: 12}}}, {Sender: "sato@example.jp", Thefts: []*Theft{nil}}}}); err != nil {
		t.Fatal(err)
	}
	d := forget("bando@example.jp")
	if len(d.Accounts) != 1 || d.Accounts[0].Sender != "sato@example.jp" || d.Recipes[0].Thefts != 2 {
		t.Errorf("the drill has %+v", d)
	}
	if db.left == "" || strings.Contains(db.left, "bando") {
		t.Errorf("the store began to erase while this was kept: %s", db.left)
	}
}
