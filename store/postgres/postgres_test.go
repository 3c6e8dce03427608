package postgres

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestNumbered(t *testing.T) {
	for query, want := range map[string]string{
		`SELECT 1`:                              `SELECT 1`,
		`a = ? AND b = ?`:                       `a = $1 AND b = $2`,
		`a = ?2 AND b = ?1 AND c = ?`:           `a = $2 AND b = $1 AND c = $3`,
		`a = '?' AND "b?" = ?`:                  `a = '?' AND "b?" = $1`,
		`a = 'it''s ?' AND b = ?`:               `a = 'it''s ?' AND b = $1`,
		"a = ? -- why?\n AND b = ?":             "a = $1 -- why?\n AND b = $2",
		`a = ? -- the end?`:                     `a = $1 -- the end?`,
		`LIMIT ?12`:                             `LIMIT $12`,
		`'open`:                                 `'open`,
		`JOIN p INDEXED BY some_index ON x = ?`: `JOIN p ON x = $1`,
	} {
		for range 2 { // the second time from memory
			if got := Numbered(query); got != want {
				t.Errorf("%q became %q, want %q", query, got, want)
			}
		}
	}
}

// Mail is hostile: what PostgreSQL's text cannot hold must not make a record fail.
func TestValues(t *testing.T) {
	type action string
	for _, c := range []struct{ in, want any }{
		{true, int64(1)}, {false, int64(0)}, {7, int64(7)}, {action("hold"), "hold"},
		{"a\x00b", "a\ufffdb"}, {"a\xffb", "a\ufffdb"}, {"請求書", "請求書"}, {1.5, 1.5},
	} {
		v := driver.NamedValue{Value: c.in}
		if err := (&conn{}).CheckNamedValue(&v); err != nil || v.Value != c.want {
			t.Errorf("%#v became %#v, %v; want %#v", c.in, v.Value, err, c.want)
		}
	}
}

func TestPasswords(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "password")
	for path, text := range map[string]string{file: "from file\n", filepath.Join(dir, Credential): "from systemd"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PGPASSFILE", filepath.Join(dir, "none"))
	for _, c := range []struct{ name, folder, want string }{
		{"postgres://u@h/d?passwordfile=" + file, "", "from file"},
		{"postgres://u@h/d?passwordfile=" + file, dir, "from file"},
		{"postgres://u@h/d", dir, "from systemd"},
		{"postgres://u@h/d", "", ""},
	} {
		t.Setenv("CREDENTIALS_DIRECTORY", c.folder)
		cfg, err := config(c.name)
		if err != nil || cfg.Password != c.want {
			t.Errorf("%s, credentials in %q: password %q, %v; want %q", c.name, c.folder, cfg.Password, err, c.want)
		}
	}
	cfg, err := config("postgres://u@h/d?application_name=a%20b%2Bc")
	if err != nil || cfg.RuntimeParams["application_name"] != "a b+c" {
		t.Errorf("parameters %v, %v", cfg, err)
	}
	if _, err := config("postgres://u@h/d?passwordfile=" + dir + "/missing"); err == nil {
		t.Error("a password file that is missing was no error")
	}
}

// What a server or resolver refuses is said with what to do, and what is not understood as it is.
func TestExplained(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"another role": {forbidden(&pgconn.PgError{Code: "42501", Message: "permission denied for table override"}),
			"hisseki_reviewer"},
		"no such host": {Explained(fmt.Errorf("lookup: %w", &net.DNSError{Name: "db1.example.org"})), "/etc/hosts"},
		"no TLS":       {Explained(errors.New("tls error: server refused TLS connection")), "ssl = on"},
		"another":      {forbidden(errors.New("deadlock")), "deadlock"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, c.err, c.want)
		}
	}
	if forbidden(nil) != nil || Explained(nil) != nil {
		t.Error("an error of nothing")
	}
}

// Of several servers the primary is wanted, as libpq's target_session_attrs says it or unasked; one
// that takes no writes cannot be asked for. With sslmode=prefer pgx has each address twice.
func TestServers(t *testing.T) {
	for _, c := range []struct {
		name  string
		want  []string
		asked bool // which one is the primary
	}{
		{"postgres://u@db1/d?sslmode=disable", []string{"db1:5432"}, false},
		{"postgres://u@db1/d?target_session_attrs=primary", []string{"db1:5432"}, true},
		{"postgres://u@db1,db2:5433/d", []string{"db1:5432", "db2:5433"}, true},
		{"postgres://u@/d?host=db1,::1&port=5432,5433&target_session_attrs=any", []string{"db1:5432", "::1:5433"}, true},
	} {
		cfg, err := config(c.name)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range servers(cfg) {
			got = append(got, fmt.Sprintf("%s:%d", s.Host, s.Port))
			for _, f := range s.Fallbacks {
				if f.Host != s.Host || f.Port != s.Port {
					t.Errorf("%s: %s falls back to %s:%d", c.name, s.Host, f.Host, f.Port)
				}
			}
		}
		if !slices.Equal(got, c.want) || (cfg.ValidateConnect != nil) != c.asked {
			t.Errorf("%s: servers %q, asked %t; want %q, %t", c.name, got, cfg.ValidateConnect != nil, c.want, c.asked)
		}
	}
	for _, attrs := range []string{"standby", "read-only", "prefer-standby"} {
		if _, err := config("postgres://u@db1,db2/d?target_session_attrs=" + attrs); err == nil ||
			!strings.Contains(err.Error(), "write read-write") {
			t.Errorf("target_session_attrs=%s: %v", attrs, err)
		}
	}
}

// Which servers are refused, and with what to do.
func TestUnfit(t *testing.T) {
	fit := server{version: minVersion, name: "14.0", encoding: "UTF8"}
	old, latin, standby := fit, fit, fit
	old.version, old.name, latin.encoding, standby.standby = 130_099, "13.99", "LATIN1", true
	for want, s := range map[string]server{"PostgreSQL 13.99: hisseki needs 14": old, "ENCODING 'UTF8'": latin,
		"target_session_attrs=read-write": standby} {
		if err := s.unfit(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", s, err, want)
		}
	}
	if err := fit.unfit(); err != nil {
		t.Error(err)
	}
}
