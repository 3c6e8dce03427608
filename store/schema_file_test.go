package store

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write schema.sql anew")

// schema.sql shows what the migrations come to. It is read by people only:
// go test ./store -run TestSchemaFile -update
func TestSchemaFile(t *testing.T) {
	onlySQLite(t, "schema.sql shows SQLite's; TestSchemasAreTheSame compares")
	const file = "schema.sql"
	got := schemaOf(t, openFor(t))
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what the migrations come to: go test ./store -run TestSchemaFile -update",
			file)
	}
}

// schemaOf writes a store's tables, each with its indexes and triggers.
func schemaOf(t *testing.T, db *DB) string {
	t.Helper()
	rows, err := db.read.Query(`SELECT type, tbl_name, sql
		FROM sqlite_schema
		WHERE sql IS NOT NULL
		  AND tbl_name NOT LIKE 'sqlite_%'
		  AND tbl_name != 'goose_db_version'
		ORDER BY tbl_name, type = 'table' DESC, type, name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var b strings.Builder
	b.WriteString("-- Today's schema, as the migrations come to it. Generated for readers: the file that\n" +
		"-- changes a store is a new one in migrations.\n")
	for rows.Next() {
		var kind, table, text string
		if err := rows.Scan(&kind, &table, &text); err != nil {
			t.Fatal(err)
		}
		if kind == "table" {
			b.WriteByte('\n')
			text = tidy(strings.Replace(text, `"`+table+`"`, table, 1))
		}
		b.WriteString(text + ";\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// tidy gives columns that ALTER TABLE added ("\n, a TEXT, b TEXT)") lines of their own.
func tidy(text string) string {
	before, added, ok := strings.Cut(text, "\n, ")
	if !ok {
		return text
	}
	end := strings.LastIndex(added, ")")
	lines := strings.Split(before, "\n")
	last := &lines[len(lines)-1]
	column, comment, commented := strings.Cut(*last, " -- ")
	*last = column + ","
	if commented {
		*last += " -- " + comment
	}
	return strings.Join(lines, "\n") + "\n    " +
		strings.ReplaceAll(added[:end], ", ", ",\n    ") + "\n" + added[end:]
}
