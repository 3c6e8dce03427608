package store

import (
	"flag"
	"regexp"
	"strings"
	"testing"

	"hisseki/store/postgres"
)

// A server returns rows that a statement does not order as it finds them: in the order in which they
// were written, until autovacuum has given pages back that new rows take. So tests would fail by
// chance, on somebody else's machine. On SQLite files the tests always run with such rows reversed; on
// PostgreSQL with this option in any order, and so does what an ORDER BY leaves open:
//
//	go test ./store -engine postgres -unordered
var unordered = flag.Bool("unordered", false, "on PostgreSQL, rows come in any order that a statement leaves open")

// unorder is called before the first statement.
func unorder() {
	distrust = append(distrust, `PRAGMA reverse_unordered_selects = ON`)
	if *unordered {
		postgres.Arranged = anyOrder
	}
}

// anyOrder changes a statement to return its rows in any order that it leaves open, and likewise the
// queries within it that take only some of the rows they find.
func anyOrder(query string) string {
	verb := strings.ToUpper(firstWord.FindString(query))
	switch {
	case verb == "SELECT", verb == "WITH" && !writes.MatchString(query):
		return shuffled(query, true)
	case returning.MatchString(query) && (verb == "INSERT" || verb == "UPDATE" || verb == "DELETE"):
		return "WITH changed AS (" + shuffled(query, false) + ") SELECT * FROM changed ORDER BY random()"
	}
	return query
}

var (
	firstWord = regexp.MustCompile(`\w+`)
	writes    = regexp.MustCompile(`\b(INSERT|UPDATE|DELETE)\b`)
	returning = regexp.MustCompile(`\bRETURNING\b`)
	// clause is what anyOrder looks at: "ORDER BY", "LIMIT", "FOR UPDATE"
	clause = regexp.MustCompile(`(?i)\b(ORDER BY|LIMIT|FOR UPDATE|FOR SHARE|DISTINCT|UNION)\b`)
)

// shuffled does so for a text without the brackets around it. whole is for a statement, all of whose rows
// are seen.
func shuffled(query string, whole bool) string {
	var b strings.Builder // the query, with what is in its brackets shuffled
	flat := []byte{}      // the same, with blanks in place of that
	for i := 0; i < len(query); {
		end := pastQuoted(query, i)
		if end == i && query[i] == '(' {
			end = pastBracket(query, i)
			b.WriteString("(" + shuffled(query[i+1:end-1], false) + ")")
		} else {
			end = max(end, i+1)
			b.WriteString(query[i:end])
		}
		if end == i+1 {
			flat = append(flat, query[i])
		}
		for len(flat) < b.Len() {
			flat = append(flat, ' ')
		}
		i = end
	}
	return shuffledHere(b.String(), string(flat), whole)
}

// shuffledHere is shuffled for the outermost query of a text.
func shuffledHere(query, flat string, whole bool) string {
	if word := strings.ToUpper(firstWord.FindString(flat)); word != "SELECT" && (word != "WITH" || !whole) {
		return query
	}
	ordered, end := false, len(query)
	for _, at := range clause.FindAllStringIndex(flat, -1) {
		switch word := strings.ToUpper(flat[at[0]:at[1]]); word {
		case "DISTINCT", "UNION":
			if whole && !strings.Contains(flat, "ORDER BY") {
				return "SELECT * FROM (" + query + ") AS all_rows ORDER BY random()"
			}
			return query
		case "ORDER BY":
			ordered = true
		default:
			end = min(end, at[0])
			whole = true
		}
	}
	switch {
	case ordered:
		return query[:end] + ", random() " + query[end:]
	case whole:
		return query[:end] + " ORDER BY random() " + query[end:]
	}
	return query
}

// pastQuoted returns the end of the quoted text or comment at i, else i.
func pastQuoted(query string, i int) int {
	for from, to := range map[string]string{"'": "'", `"`: `"`, "--": "\n"} {
		if strings.HasPrefix(query[i:], from) {
			n := strings.Index(query[i+len(from):], to)
			if n < 0 {
				return len(query)
			}
			return i + len(from) + n + len(to)
		}
	}
	return i
}

// pastBracket returns the end of the bracket that opens at i.
func pastBracket(query string, i int) int {
	for depth := 0; i < len(query); {
		if end := pastQuoted(query, i); end > i {
			i = end
			continue
		}
		switch query[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if i++; depth == 0 {
			break
		}
	}
	return i
}

func TestAnyOrder(t *testing.T) {
	for query, want := range map[string]string{
		`SELECT a FROM b WHERE c = ')'`:                `SELECT a FROM b WHERE c = ')' ORDER BY random() `,
		`SELECT a FROM b ORDER BY a LIMIT 2`:           `SELECT a FROM b ORDER BY a , random() LIMIT 2`,
		`SELECT a FROM b LIMIT 2`:                      `SELECT a FROM b  ORDER BY random() LIMIT 2`,
		`UPDATE b SET a = 1`:                           `UPDATE b SET a = 1`,
		`SELECT max(a) FROM (SELECT a FROM b LIMIT 2)`: `SELECT max(a) FROM (SELECT a FROM b  ORDER BY random() LIMIT 2) ORDER BY random() `,
		`DELETE FROM b RETURNING a`: `WITH changed AS (DELETE FROM b RETURNING a) SELECT * FROM changed ` +
			`ORDER BY random()`,
	} {
		if got := anyOrder(query); got != want {
			t.Errorf("%s:\n%s, want\n%s", query, got, want)
		}
	}
}
