package store

import (
	"errors"
	"sync"
	"testing"

	"hisseki/access"
)

// Whoever had stolen a session may have added a passkey: none outlives the password, or the second
// factor, that is set then. Another role takes none away.
func TestPasskeysEndWithThePassword(t *testing.T) {
	db, now := clocked(t)
	ctx, r := t.Context(), db.Reviewers()
	ada := access.Account{Name: "ada", Role: access.Reviewer, Password: "hash", Secret: "secret"}
	bob := access.Account{Name: "bob", Role: access.Reviewer, Password: "hash", Secret: "secret"}
	for _, a := range []access.Account{ada, bob} {
		if err := r.PutAccount(ctx, a, "root", "add-reviewer"); err != nil {
			t.Fatal(err)
		}
	}
	change := func(what string, want int, do func()) {
		t.Helper()
		for _, name := range []string{"ada", "bob"} {
			if err := r.PutKey(ctx, access.Key{ID: []byte(what + name), Reviewer: name, Data: "{}", Created: *now}, name); err != nil {
				t.Fatal(err)
			}
		}
		do()
		if err := r.PutAccount(ctx, ada, "root", "change-reviewer"); err != nil {
			t.Fatal(err)
		}
		if keys, err := r.Keys(ctx, "ada"); len(keys) != want || err != nil {
			t.Errorf("after another %s she has %d passkeys, want %d: %v", what, len(keys), want, err)
		}
	}
	change("role", 1, func() { ada.Role = access.Viewer })
	change("password", 0, func() { ada.Password = "another" })
	change("second factor", 0, func() { ada.Secret = "another" })
	if keys, err := r.Keys(ctx, "bob"); len(keys) != 3 || err != nil {
		t.Errorf("bob has %d passkeys, want 3: %v", len(keys), err)
	}
}

// Two logins of one subject of a provider under two names, at once, make one reviewer.
func TestOneReviewerOfASubject(t *testing.T) {
	db, _ := clocked(t)
	ctx, r := t.Context(), db.Reviewers()
	var all sync.WaitGroup
	failed := make([]error, 8)
	for i := range failed {
		all.Go(func() {
			failed[i] = r.PutAccount(ctx, access.Account{Name: string(rune('a' + i)), Role: access.Reviewer,
				Subject: "https://idp.example.org 42"}, "provider", "change-reviewer")
		})
	}
	all.Wait()
	made := 0
	for _, err := range failed {
		switch {
		case err == nil:
			made++
		case !errors.Is(err, access.ErrRefused):
			t.Error(err)
		}
	}
	list, err := r.Accounts(ctx)
	if made != 1 || len(list) != 1 || err != nil {
		t.Errorf("%d logins made %d reviewers, %v", made, len(list), err)
	}
}
