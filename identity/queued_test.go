package identity

import (
	"strings"
	"testing"
)

func TestFields(t *testing.T) {
	got := ""
	for _, f := range m365().Fields("Received: from pc\n\tby mx\r\nX-Sender-Account :\n a@example.jp\nSubject: x\n From: b@example.jp\n" +
		"FROM: c@example.jp\nx-originating-ip: 192.0.2.1\n\nFrom: behind the header") {
		got += f.Name + "=" + f.Value + ";"
	}
	if want := "Received=from pc\n\tby mx;X-Sender-Account=a@example.jp;FROM=c@example.jp;x-originating-ip=192.0.2.1;"; !strings.HasPrefix(got, want) {
		t.Errorf("%q", got)
	}
	if n := len(m365().Fields(strings.Repeat("Received: x\n", 1000))); n != maxHops {
		t.Errorf("%d Received fields", n)
	}
}

func FuzzUnfolded(f *testing.F) {
	f.Add("A: b\n c\r\nD: e\n\n")
	f.Fuzz(func(t *testing.T, header string) {
		n := 0
		for field := range unfolded(header) {
			n += len(field)
		}
		if n > len(header) {
			t.Errorf("%q has %d bytes in its fields", header, n)
		}
	})
}
