package store

import (
	"slices"
	"testing"
	"time"

	"hisseki/access"
	"hisseki/ledger"
)

// TestRequests: a request is what its reviewer signed, waits once, and is none of serve's.
func TestRequests(t *testing.T) {
	serve, now := clocked(t)
	db := signs(t, serve)
	ctx := t.Context()
	ask := ledger.Request{Holds: []int64{3, 1}, Mails: 2, Person: "alice", By: "alice by web", Reason: "month end", Asked: *now}
	if _, err := serve.Reviewers().AddRequest(ctx, ask); err != nil {
		t.Fatal(err)
	}
	id, err := db.Reviewers().AddRequest(ctx, ask)
	if err != nil {
		t.Fatal(err)
	}
	list, err := db.Reviewers().Requests(ctx, now.Add(-time.Hour))
	if err != nil || len(list) != 1 || list[0].ID != id || !slices.Equal(list[0].Holds, ask.Holds) || list[0].Person != "alice" ||
		!list[0].Asked.Equal(*now) {
		t.Fatalf("%+v, %v", list, err)
	}
	if list, err := db.Reviewers().Requests(ctx, *now); err != nil || len(list) != 0 {
		t.Errorf("an old one waits: %+v, %v", list, err)
	}
	for i, want := range []bool{true, false} {
		if ok, err := db.Reviewers().EndRequest(ctx, id, ledger.RequestAgreed, "bob", ""); ok != want || err != nil {
			t.Errorf("agreed to %d times: %v, %v", i+1, ok, err)
		}
	}
	*now = now.Add(ledger.RequestFor)
	ask.Asked = *now
	next, err := db.Reviewers().AddRequest(ctx, ask)
	if err != nil || next <= id {
		t.Errorf("the next request is %d after %d, %v: a number in the audit log is used again", next, id, err)
	}
	var rows int
	if err := db.read.QueryRow(`SELECT count(*) FROM request`).Scan(&rows); err != nil || rows != 1 {
		t.Errorf("%d requests are kept, %v: what is over stands in the audit log", rows, err)
	}
}

// TestRequestsOfTheRemoved: nobody agrees any more to what somebody asked for who was removed, or may
// only look now; others' requests wait on.
func TestRequestsOfTheRemoved(t *testing.T) {
	serve, now := clocked(t)
	db := signs(t, serve)
	ctx, r := t.Context(), db.Reviewers()
	for _, name := range []string{"alice", "bob", "carol"} {
		if err := r.PutAccount(ctx, access.Account{Name: name, Role: access.Reviewer}, "test", "add-reviewer"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.AddRequest(ctx, ledger.Request{Holds: []int64{3, 1}, Mails: 2, Person: name, By: name, Asked: *now}); err != nil {
			t.Fatal(err)
		}
	}
	if ok, err := r.RemoveAccount(ctx, "alice", "test", ""); !ok || err != nil {
		t.Fatal(ok, err)
	}
	for name, role := range map[string]access.Role{"bob": access.Viewer, "carol": access.Admin} {
		if err := r.PutAccount(ctx, access.Account{Name: name, Role: role}, "test", "change-reviewer"); err != nil {
			t.Fatal(err)
		}
	}
	list, err := r.Requests(ctx, now.Add(-time.Hour))
	if err != nil || len(list) != 1 || list[0].Person != "carol" {
		t.Errorf("%+v, %v", list, err)
	}
}
