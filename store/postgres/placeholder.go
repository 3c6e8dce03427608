package postgres

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// maxNumbered bounds how many statements are remembered. There are some hundred; those with
// conditions that people choose come in more forms.
const maxNumbered = 4096

var numbered struct {
	sync.RWMutex
	of map[string]string
}

// Arranged changes each statement before the server gets it, once, where it is set before the first one:
// the store's tests have rows come in any order that a statement leaves open. nil changes nothing.
var Arranged func(query string) string

// Numbered rewrites SQLite's placeholders, "?" and "?2", to PostgreSQL's "$1" and "$2", once for
// each statement. A bare "?" is the one after the highest so far, as SQLite counts.
func Numbered(query string) string {
	numbered.RLock()
	out, ok := numbered.of[query]
	numbered.RUnlock()
	if ok {
		return out
	}
	out = rewrite(hint.ReplaceAllString(query, ""))
	if Arranged != nil {
		out = Arranged(out)
	}
	numbered.Lock()
	defer numbered.Unlock()
	if numbered.of == nil || len(numbered.of) >= maxNumbered {
		numbered.of = make(map[string]string)
	}
	numbered.of[query] = out
	return out
}

// hint is an index that SQLite must use (it goes by what is cheapest to plan); PostgreSQL has
// statistics.
var hint = regexp.MustCompile(` INDEXED BY \w+`)

func rewrite(query string) string {
	var b strings.Builder
	last := 0
	for i := 0; i < len(query); {
		if end := skipped(query, i); end > i {
			b.WriteString(query[i:end])
			i = end
			continue
		}
		if query[i] != '?' {
			b.WriteByte(query[i])
			i++
			continue
		}
		end := i + 1
		for end < len(query) && query[end] >= '0' && query[end] <= '9' {
			end++
		}
		n := last + 1
		if end > i+1 {
			n, _ = strconv.Atoi(query[i+1 : end])
		}
		last = max(last, n)
		b.WriteString("$" + strconv.Itoa(n))
		i = end
	}
	return b.String()
}

// skipped returns the end of the quoted text or comment that begins at i, else i:
// 'it”s', "offset", -- to the end of the line
func skipped(query string, i int) int {
	end := ""
	switch {
	case query[i] == '\'', query[i] == '"':
		end = query[i : i+1]
	case strings.HasPrefix(query[i:], "--"):
		end = "\n"
	default:
		return i
	}
	n := strings.Index(query[i+1:], end)
	if n < 0 {
		return len(query)
	}
	return i + 1 + n + 1
}
