package spool

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
)

func mailOf(who string, size int) *Mail {
	return &Mail{Who: who, Reason: "no verdict within 5s", Action: analyzer.Pass, Mail: analyzer.Mail{
		Envelope: analyzer.Envelope{Time: time.Date(2026, 3, 2, 9, 0, 0, 5, time.UTC), Host: "mx.example.org",
			QueueID: "4Cabc123XYz", Sender: who, Class: analyzer.Account, Recipients: []string{"x@partner.test"},
			Client: netip.MustParseAddr("2001:db8::7"), Automatic: true},
		Source: content.Source{Header: []content.Field{{Name: "Subject", Value: " caf\xe9 \x00\x80"}},
			HeaderDropped: 3, ReadDropped: true, Body: bytes.Repeat([]byte{0, 0x80, '\r'}, size/3), BodySize: 7}}}
}

func keep(t *testing.T, s *Spool, m *Mail) {
	t.Helper()
	if err := s.Keep(m, time.Now()); err != nil {
		t.Fatal(err)
	}
}

// TestMailsAreKept: a mail comes back as it was, byte by byte, also by another process.
func TestMailsAreKept(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "mails")
	s, err := Open(folder, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("a folder is made before there is a mail")
	}
	want := mailOf("bob", 999)
	keep(t, s, want)
	keep(t, s, mailOf("alice", 30))
	if s, err = Open(folder, 1<<20); err != nil {
		t.Fatal(err)
	}
	mails := s.Mails()
	if n, size := s.Waiting(); n != 2 || len(mails) != 2 || size < 1029 {
		t.Fatalf("%d mails of %d bytes", n, size)
	}
	head, err := s.Head(mails[0])
	if err != nil || len(head.Mail.Body) != 0 || head.Mail.QueueID != want.Mail.QueueID {
		t.Errorf("head %+v, %v", head, err)
	}
	got, err := s.Try(mails[0])
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if s, err = Open(folder, 1<<20); err != nil || s.Mails()[0].Tries != 1 || s.Mails()[1].Tries != 0 {
		t.Errorf("tries are forgotten: %+v, %v", s.Mails(), err)
	}
	for _, w := range s.Mails() {
		if err := s.Drop(w); err != nil {
			t.Error(err)
		}
	}
	if n, size := s.Waiting(); n != 0 || size != 0 || len(s.by) != 0 {
		t.Errorf("%d mails of %d bytes are left", n, size)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestShareOfSpool: nobody fills the spool; alone he gets half, and others find room.
func TestShareOfSpool(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "mails"), 100_000)
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for range 20 {
		err := s.Keep(mailOf("thief", 9000), time.Now())
		if err == nil {
			kept++
		} else if !errors.Is(err, ErrFull) {
			t.Fatal(err)
		}
	}
	if kept < 3 || kept > 5 {
		t.Errorf("one account's mails kept: %d, want half of ten", kept)
	}
	keep(t, s, mailOf("alice", 9000))
	off, err := Open(filepath.Join(t.TempDir(), "mails"), 0)
	if err != nil || !errors.Is(off.Keep(mailOf("bob", 3), time.Now()), ErrOff) {
		t.Errorf("a spool of no bytes: %v", err)
	}
}

// The number of mails is bounded as well as their bytes.
func TestSpoolCounts(t *testing.T) {
	s := &Spool{bytes: 1 << 40, by: make(map[uint64]share)}
	for i := range MaxFiles {
		if _, err := s.take(fmt.Sprint("user", i), 10, time.Unix(7, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.take("one more", 10, time.Unix(7, 0)); !errors.Is(err, ErrFull) {
		t.Errorf("mail %d: %v", MaxFiles+1, err)
	}
}

// TestManySmallMails: thousands of the smallest mails of one account leave room for others', and
// what is removed is given back.
func TestManySmallMails(t *testing.T) {
	s := &Spool{bytes: 1 << 40, by: make(map[uint64]share)}
	var kept []file
	for range MaxFiles {
		f, err := s.take("thief", 10, time.Unix(7, 0))
		if err != nil {
			break
		}
		kept = append(kept, f)
	}
	if len(kept) != MaxFiles/2 {
		t.Errorf("one account's mails kept: %d, want half of %d", len(kept), MaxFiles)
	}
	if _, err := s.take("alice", 10, time.Unix(7, 0)); err != nil {
		t.Errorf("another's mail: %v", err)
	}
	s.forget(kept[0])
	s.forget(kept[1])
	if _, err := s.take("thief", 10, time.Unix(7, 0)); err != nil {
		t.Errorf("after two were removed: %v", err)
	}
}

// What others could have laid in the folder, and what was half written, is not taken for mail.
func TestStrangeFiles(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "mails")
	s, err := Open(folder, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	keep(t, s, mailOf("bob", 30))
	secret := filepath.Join(t.TempDir(), "secret")
	for path, text := range map[string]string{secret: magic + "s", filepath.Join(folder, "note"): "",
		filepath.Join(folder, unfinished+"0000000000000000007-0000000000000007-0"): "",
		filepath.Join(folder, "0000000000000000007-0000000000000007-0"):            magic + "\xff\xff\xff\xff"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(secret, filepath.Join(folder, "0000000000000000008-0000000000000008-0")); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(folder, 1<<20); err != nil {
		t.Fatal(err)
	}
	mails := s.Mails()
	if len(mails) != 2 {
		t.Fatalf("mails %+v", mails)
	}
	if _, err := s.Try(mails[0]); !errors.Is(err, ErrBroken) {
		t.Errorf("a damaged file: %v", err)
	}
	if _, err := os.Stat(filepath.Join(folder, unfinished+"0000000000000000007-0000000000000007-0")); err == nil {
		t.Error("what was half written is left")
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(folder, 1<<20); err == nil || !strings.Contains(err.Error(), "chmod 0700") {
		t.Errorf("a folder that others read: %v", err)
	}
	if err := s.Keep(mailOf("bob", 3), time.Now()); err == nil {
		t.Error("a mail is kept where others read it")
	}
	if err := errors.Join(os.RemoveAll(folder), os.Symlink(t.TempDir(), folder)); err != nil {
		t.Fatal(err)
	}
	if _, err = Open(folder, 1<<20); err == nil {
		t.Error("a link is followed")
	}
}

func FuzzDecode(f *testing.F) {
	m := mailOf("bob", 30)
	head, err := m.head()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append([]byte(magic+"\x00\x00"), append([]byte{byte(len(head) >> 8), byte(len(head))}, head...)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := decode(bytes.NewReader(data), int64(len(data)), true)
		if err == nil && len(m.Mail.Body) > len(data) {
			t.Errorf("a body of %d bytes in a file of %d", len(m.Mail.Body), len(data))
		}
	})
}
