package store

import (
	"net/netip"
	"testing"
	"time"

	"hisseki/access"
)

// Who has serve's rights may write to the store, and does not become a reviewer by it.
func TestReviewersAreSigned(t *testing.T) {
	serve, now := clocked(t)
	db := signs(t, serve)
	ctx := t.Context()
	ada := access.Account{Name: "ada", Role: access.Viewer, Password: "hash", Secret: "secret"}
	if err := db.Reviewers().PutAccount(ctx, ada, "root", "add-reviewer"); err != nil {
		t.Fatal(err)
	}
	session := func(by *DB, name, token string) *access.Session {
		t.Helper()
		s := access.Session{Hash: []byte(token), Name: name, Created: *now, Seen: *now, Address: netip.MustParseAddr("192.0.2.7")}
		if err := by.Reviewers().AddSession(ctx, s, now.Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		found, err := db.Reviewers().Session(ctx, s.Hash)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if s := session(db, "ada", "a"); s == nil || s.Role != access.Viewer {
		t.Errorf("her own session: %+v", s)
	}
	if s := session(serve, "ada", "b"); s != nil {
		t.Errorf("a session that serve made counts: %+v", s)
	}
	if err := serve.Reviewers().PutLink(ctx, []byte("l"), "ada", now.Add(time.Hour), "serve"); err != nil {
		t.Fatal(err)
	}
	if name, err := db.Reviewers().TakeLink(ctx, []byte("l"), *now); name != "" || err != nil {
		t.Errorf("a link that serve made lets %q in: %v", name, err)
	}
	ada.Role = access.Admin
	if err := serve.Reviewers().PutAccount(ctx, ada, "serve", "change-reviewer"); err != nil {
		t.Fatal(err)
	}
	if a, err := db.Reviewers().Account(ctx, "ada"); a != nil || err != nil {
		t.Errorf("serve made an admin: %+v, %v", a, err)
	}
	if s, err := db.Reviewers().Session(ctx, []byte("a")); s != nil || err != nil {
		t.Errorf("her session counts on: %+v, %v", s, err)
	}
}

func TestReviewerRows(t *testing.T) {
	db, now := clocked(t)
	ctx, r := t.Context(), db.Reviewers()
	if err := r.PutAccount(ctx, access.Account{Name: "ada", Role: access.Reviewer, Secret: "s"}, "root", "add-reviewer"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		step int64
		want bool
	}{{5, true}, {5, false}, {4, false}, {6, true}} {
		if got, err := r.TakeStep(ctx, "ada", c.step); got != c.want || err != nil {
			t.Errorf("step %d: %v, %v", c.step, got, err)
		}
	}
	s := access.Session{Hash: []byte("h"), Name: "ada", Created: *now, Seen: *now, Address: netip.MustParseAddr("192.0.2.7")}
	if err := r.AddSession(ctx, s, now.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if ok, err := r.EndSession(ctx, s.Hash, "ada"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if again, err := r.Session(ctx, s.Hash); again != nil || err != nil {
		t.Errorf("an ended session: %+v, %v", again, err)
	}
	for address, want := range map[string]bool{"192.0.2.200": true, "192.0.3.7": false} {
		got, err := r.KnownNetwork(ctx, "ada", access.Network(netip.MustParseAddr(address)))
		if got != want || err != nil {
			t.Errorf("%s is known: %v, %v", address, got, err)
		}
	}
	if err := r.PutLink(ctx, []byte("l"), "ada", now.Add(time.Minute), "root"); err != nil {
		t.Fatal(err)
	}
	if name, err := r.TakeLink(ctx, []byte("l"), now.Add(2*time.Minute)); name != "" || err != nil {
		t.Errorf("an old link lets %q in: %v", name, err)
	}
	if ok, err := r.RemoveAccount(ctx, "ada", "root", "left"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if list, err := r.Sessions(ctx, ""); len(list) != 0 || err != nil { // of everybody: reviewer list
		t.Errorf("everybody's sessions: %+v, %v", list, err)
	}
	if list, err := r.Sessions(ctx, "ada"); len(list) != 0 || err != nil {
		t.Errorf("sessions of nobody: %+v, %v", list, err)
	}
}
