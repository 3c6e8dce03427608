package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"hisseki/internal/pgtest"
)

// ofFiles are the scripts that are about files: a database is backed up by PostgreSQL's own means, and
// doctor's has a socket beside the file (doctor on PostgreSQL: TestDatabaseAwayIsSeen).
var ofFiles = []string{"backup.txtar", "doctor.txtar"}

// How scripts name a store of their own, exec hisseki status --db s/h.db, and what is printed of it:
// stdout 'learned from 3 mails into s/h.db'
var (
	aStore = regexp.MustCompile(`--db ([a-z])/h\.db\b`)
	aPath  = regexp.MustCompile(`\b[a-z]/h\.db\b`)
)

// TestScriptOnPostgres runs the scripts once more where each store that they name is a database of a
// PostgreSQL: every command says and does the same.
func TestScriptOnPostgres(t *testing.T) {
	t.Parallel()
	pg := pgtest.Own(t, pgtest.Fast...)
	list, err := filepath.Glob(scripts + "/*.txtar")
	if err != nil || len(list) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	dir := t.TempDir()
	for _, path := range list {
		if !slices.Contains(ofFiles, filepath.Base(path)) {
			onPostgres(t, pg, path, dir)
		}
	}
	runScripts(t, testscript.Params{Dir: dir})
}

// onPostgres writes a script into dir with a new database in place of each store. Where the script
// looks at the file itself, it looks at what pg_dump writes.
func onPostgres(t *testing.T, pg *pgtest.Cluster, script, dir string) {
	t.Helper()
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	urls := map[string]string{} // by the store's folder
	for _, m := range aStore.FindAllStringSubmatch(string(text), -1) {
		if urls[m[1]] != "" {
			continue
		}
		url, err := pg.Database("")
		if err != nil {
			t.Fatal(err)
		}
		// A command that gets no processor for a while is not frozen.
		urls[m[1]] = url + "&idle_in_transaction_session_timeout=60000"
	}
	var lines []string
	for folder := range urls { // which an SQLite file would bring
		lines = append(lines, "mkdir "+folder)
	}
	for line := range strings.Lines(string(text)) {
		lines = append(lines, ofServer(strings.TrimSuffix(line, "\n"), urls)...)
	}
	if err := os.WriteFile(filepath.Join(dir, filepath.Base(script)), []byte(strings.Join(lines, "\n")+"\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
}

// ofServer is a script's line for databases.
func ofServer(line string, urls map[string]string) []string {
	shell := func(url string) string { return strings.ReplaceAll(url, "&", "\\&") }
	line = aStore.ReplaceAllStringFunc(line, func(name string) string {
		url := urls[aStore.FindStringSubmatch(name)[1]]
		if strings.Contains(line, "sh -c") {
			url = shell(url)
		}
		return "--db " + url
	})
	// A dump has a random word against injection (CVE-2025-8714). libpq knows no server's settings in URLs.
	dump := func(folder string) string {
		url, _, _ := strings.Cut(urls[folder], "&idle")
		return "pg_dump " + shell(url) + " | grep -v restrict"
	}
	switch words := strings.Fields(line); {
	case strings.HasPrefix(line, "stdout ") || strings.HasPrefix(line, "stderr "):
		line = aPath.ReplaceAllString(line, "postgres://[^ ]+")
	case strings.Contains(line, "sha256sum "): // exec sh -c 'sha256sum s/h.db > before'
		line = aPath.ReplaceAllStringFunc(strings.ReplaceAll(line, "sha256sum ", ""), func(path string) string {
			return dump(path[:1])
		})
	case slices.Contains(words, "kept-in"): // ! kept-in a BEGIN.AGE
		folder := words[slices.Index(words, "kept-in")+1]
		if urls[folder] != "" {
			return []string{"exec sh -c '" + dump(folder) + " > " + folder + "/dump.sql'", line}
		}
	}
	return []string{line}
}
