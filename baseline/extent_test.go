package baseline

import (
	"math/rand/v2"
	"testing"
)

// An extent says what its profile says, also after it was stored.
func TestExtent(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 1))
	var p Profile
	for i := range 120 {
		b, _ := p.Extent().MarshalBinary()
		var e Extent
		if err := e.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		first, last, ok := p.Since()
		gotFirst, gotLast, gotOK := e.Since()
		if e.Mails() != p.Mails() || e.Slots() != p.Slots() || e.StyleMails() != p.StyleMails() ||
			gotFirst != first || gotLast != last || gotOK != ok {
			t.Fatalf("after %d mails: %+v", i, e)
		}
		for f := range Families {
			if e.Count(f) != p.Count(f) {
				t.Fatalf("after %d mails: %d keys of family %d, want %d", i, e.Count(f), f, p.Count(f))
			}
		}
		for n := range b {
			if err := new(Extent).UnmarshalBinary(b[:n]); err == nil {
				t.Fatalf("an extent cut at byte %d of %d was accepted", n, len(b))
			}
		}
		if got := e.Learned(3); got.Mails() != i+3 || e.Mails() != i {
			t.Fatalf("three more than %d are %d", e.Mails(), got.Mails())
		}
		p.Learn(someMail(rng, i))
	}
}

// What an older program wrote has fewer families; the others are empty.
func TestExtentOfFewerFamilies(t *testing.T) {
	var e Extent
	if err := e.UnmarshalBinary([]byte{1, 5, 4, 3, 2, 6, 1, 9}); err != nil {
		t.Fatal(err)
	}
	if e.Mails() != 5 || e.Slots() != 4 || e.StyleMails() != 3 || e.Count(Recipient) != 9 ||
		e.Count(Families-1) != 0 {
		t.Errorf("%+v", e)
	}
	for _, bad := range [][]byte{{2, 0, 0, 0, 0, 0, 0}, {1, 0, 0, 0, 0, 0, 99},
		{1, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0, 0, 0}} {
		if err := e.UnmarshalBinary(bad); err == nil || e.Mails() != 5 {
			t.Errorf("%v was accepted", bad)
		}
	}
}
