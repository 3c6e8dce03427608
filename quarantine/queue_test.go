package quarantine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hisseki/postfix"
)

func TestOnlyQueueIDsReachPostfix(t *testing.T) {
	q := &Queue{ConfigDir: "/nonexistent"}
	for name, err := range map[string]error{
		"discard": second(q.Discard(t.Context(), id, "ALL")),
		"release": second(q.Release(t.Context(), "-d")),
		"hold":    second(q.Hold(t.Context(), "x\nALL")),
		"cat":     second(q.Cat(t.Context(), "-e")),
		"where":   second(q.Where(t.Context(), "/etc/passwd")),
		"send":    q.Send(t.Context(), "ALL"),
	} {
		if err == nil || !strings.Contains(err.Error(), "is not a queue id") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestParseList(t *testing.T) {
	recipients := strings.Repeat(`{"address": "someone@partner.test"}, `, 50_000) + `{"address": "x"}`
	line := `{"queue_name": "%s", "queue_id": "%s", "arrival_time": 1795488966, "message_size": 365,` +
		` "forced_expire": false, "sender": "q\"\\é@example.jp", "recipients": [%s]}` + "\n"
	text := fmt.Sprintf(line, "active", id, "") + fmt.Sprintf(line, "deferred", hex, "") + "\n" +
		fmt.Sprintf(line, "hold", id, recipients)
	waits := func(m Queued) bool { return m.Queue != "deferred" }
	list, err := parseList(strings.NewReader(text), waits)
	if err != nil {
		t.Fatal(err)
	}
	want := Queued{Queue: "hold", ID: id, Arrived: 1795488966, Size: 365, Sender: `q"\é@example.jp`}
	if len(list) != 1 || list[id] != want {
		t.Errorf("got %+v, want %+v", list, want)
	}
	for _, bad := range []string{
		"{}", "[]", `{"queue_id": "ALL", "queue_name": "hold"}`, `{"queue_id": "4CtzQW1rYJzXk"}`,
		`{"queue_name": "hold", "queue_id": "4CtzQW1rYJzXk"`, "mail system is down",
		`{"sender": "` + strings.Repeat("x", maxLine) + `"}`, strings.Repeat("[", maxLine+1),
	} {
		if list, err := parseList(strings.NewReader(bad), nil); err == nil {
			t.Errorf("%.40q was read as %+v", bad, list)
		}
	}
}

// TestCommand uses a stand-in for postqueue, because the real one does not hang or
// flood.
func TestCommand(t *testing.T) {
	dir := t.TempDir()
	script := func(text string) {
		path := filepath.Join(dir, "postqueue")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("MAIL_CONFIG", "/elsewhere")
	q := &Queue{ConfigDir: "/some/where", Timeout: 20 * time.Second}

	script(`echo "$*|$MAIL_CONFIG|$LC_ALL|$(cat)" >&2; exit 3`)
	text, err := q.command(t.Context(), "ids", nil, "postqueue", "-i", id)
	if err == nil || text != "-c /some/where -i "+id+"||C|ids\n" {
		t.Errorf("said %q, %v", text, err)
	}

	script(`yes '{"queue_name": "hold", "queue_id": "4CtzQW1rYJzXk"' | head -c 1000000`)
	if _, err := q.List(t.Context(), nil); err == nil {
		t.Error("a broken listing was read")
	}
	script(`echo '{"queue_name": "hold", "queue_id": "4CtzQW1rYJzXk"}'; exit 1`)
	if list, err := q.List(t.Context(), nil); err == nil {
		t.Errorf("a listing that failed was believed: %v", list)
	}
	script("yes | head -c 1000000 >&2")
	if text, err := q.command(t.Context(), "", nil, "postqueue"); err != nil || len(text) != maxSaid {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	script("sleep 600")
	q.Timeout = 50 * time.Millisecond
	if err := q.Send(t.Context(), id); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a hanging command: %v", err)
	}
}

func TestSuperBelievesOnlyItsOwnWord(t *testing.T) {
	dir := t.TempDir()
	text := "#!/bin/sh\ncat >/dev/null\necho 'postsuper: 4CtzQW1rYJzXk: released from hold\n" +
		"postsuper: 3F2A9C0D11: placed on hold\n" +
		"postsuper: warning: 3F2A9C0D12: released from hold of' >&2\n"
	if err := os.WriteFile(filepath.Join(dir, "postsuper"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	done, err := (&Queue{}).Release(t.Context(), id, hex)
	if err != nil || len(done) != 1 || done[0] != id {
		t.Errorf("released %q, %v", done, err)
	}
}

func FuzzParseList(f *testing.F) {
	f.Add([]byte(`{"queue_name": "hold", "queue_id": "4CtzQW1rYJzXk", "arrival_time": 1,` +
		` "message_size": 3, "sender": "b@example.jp", "recipients": []}`))
	f.Add([]byte(`{"queue_name": "hold", "queue_id": "3F2A9C0D11", "recipients": [{"address`))
	f.Fuzz(func(t *testing.T, in []byte) {
		list, err := parseList(bytes.NewReader(in), nil)
		if err != nil {
			return
		}
		for id, m := range list {
			if !postfix.ValidID(id) || m.ID != id || m.Queue == "" {
				t.Errorf("accepted %q: %+v", id, m)
			}
		}
		// A line is read the same whole or cut before its recipients.
		for _, line := range bytes.Split(in, []byte("\n")) {
			whole, err := parseQueued(line, false)
			cut, e := parseQueued(line, true)
			if err == nil && e == nil && whole != cut && !bytes.Contains(line, []byte(`"recipients"`)) {
				t.Errorf("whole %+v, cut %+v", whole, cut)
			}
		}
	})
}
