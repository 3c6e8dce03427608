package hisseki_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// mayImport is the import table of docs/design.md: what of ours a package may import.
var mayImport = map[string][]string{
	// analyzer/content is the only door to its rooms: nobody else imports them.
	"analyzer/content": {"analyzer/content/inflate", "analyzer/content/link", "analyzer/content/mime",
		"analyzer/content/pack", "analyzer/content/pdf", "analyzer/content/point", "analyzer/content/qr",
		"analyzer/content/text"},
	"analyzer/content/mime":    {"internal/maildate"},
	"analyzer/content/text":    {"analyzer/content/mime"},
	"analyzer/content/link":    {"analyzer/content/mime"},
	"analyzer/content/fixture": nil, // of the rooms' tests
	"analyzer/content/inflate": nil,
	"analyzer/content/pack":    nil,
	"analyzer/content/point":   nil,
	"analyzer/content/qr":      nil,
	"analyzer/content/pdf":     {"analyzer/content/inflate", "analyzer/content/mime"},

	"daemon/spool":        {"analyzer"},
	"baseline":            nil,
	"internal/mailbox":    nil,
	"internal/history":    {"analyzer", "identity", "internal/config", "internal/term", "internal/wiring", "internal/words", "maillog", "replay"},
	"internal/received":   {"internal/maildate"},
	"identity":            {"analyzer", "analyzer/content", "internal/mailbox", "internal/received"},
	"internal/term":       nil,
	"internal/mta":        {"internal/freeport"},
	"internal/freeport":   nil, // tests only
	"internal/config":     {"analyzer", "internal/mailbox"},
	"internal/manual":     nil,
	"packaging":           nil, // tests only
	"internal/company":    nil,
	"internal/demo":       {"analyzer/content", "internal/company", "internal/table", "internal/term", "ledger", "store"},
	"internal/jsonl":      nil,
	"internal/similar":    nil,
	"internal/table":      nil,
	"internal/signalname": {"analyzer"},
	"internal/capped":     nil,
	"internal/maildate":   nil,
	"internal/unpack":     nil,
	"internal/private":    nil,
	"internal/whoami":     {"review"},
	"analyzer/memorytest": {"analyzer", "analyzer/content", "baseline"}, // tests only
	"hook":                {"analyzer", "ask", "internal/capped", "internal/signalname", "internal/term"},
	"internal/abuse":      nil, // tests only
	"internal/bench":      nil, // benchmarks only
	"internal/evaluate":   {"analyzer", "analyzer/content", "baseline", "calibration", "drill", "internal/pgtest", "ledger", "replay", "store"},
	"metrics":             nil,
	"seal":                nil,
	"signing":             {"ledger", "store/postgres"},
	"analyzer":            {"analyzer/content", "baseline"},
	"ledger":              {"analyzer", "analyzer/content", "baseline"},
	"access":              {"ledger"},
	"access/openid":       {"access"},
	"access/passkey":      {"access"},
	"ask":                 {"ledger"},
	"store":               {"access", "analyzer", "ask", "analyzer/content", "baseline", "ledger", "postfix", "store/postgres"},
	"store/postgres":      nil,
	"store/transfer":      {"ledger", "store", "store/postgres"},
	"store/command":       {"internal/config", "internal/term", "internal/wiring", "store/transfer"},
	"internal/logbuffer":  nil,
	"internal/pgtest":     {"internal/freeport"},
	"milter":              {"analyzer", "analyzer/content", "baseline", "identity", "internal/mailbox", "internal/term"},
	"proof":               nil,
	"quarantine":          {"internal/capped", "postfix", "proof"},
	"postfix":             nil,
	"replay":              {"analyzer", "analyzer/content", "baseline", "internal/maildate", "internal/mailbox", "internal/received", "internal/table", "internal/term", "internal/unpack", "internal/words"},
	"drill":               {"analyzer", "analyzer/content", "baseline", "internal/jsonl", "internal/maildate", "internal/signalname", "internal/table", "internal/term", "internal/words", "ledger", "replay"},
	"calibration":         {"analyzer", "baseline", "drill", "internal/jsonl", "internal/table", "internal/term", "internal/words", "ledger"},
	"signin/command":      {"internal/config", "internal/jsonl", "internal/term", "internal/wiring", "maillog", "signin", "store"},
	"signin":              {"analyzer", "ledger", "maillog"},
	"maillog":             {"analyzer", "internal/mailbox", "internal/capped", "internal/term", "internal/unpack", "ledger", "postfix"},
	"review":              {"analyzer", "analyzer/content", "baseline", "identity", "internal/config", "internal/similar", "internal/term", "ledger", "report", "internal/mailbox"},
	"review/command":      {"internal/jsonl", "internal/table", "internal/term", "internal/whoami", "internal/words", "review", "review/terminal"},
	"review/coverage":     {"calibration", "drill", "review"},
	"review/terminal":     {"analyzer", "internal/signalname", "internal/table", "internal/term", "internal/words", "ledger", "review"},
	"internal/words":      {"analyzer", "internal/signalname", "internal/term", "ledger"},
	"report":              {"analyzer", "analyzer/content", "internal/signalname", "internal/term", "internal/words", "ledger"},
	"internal/places":     {"analyzer", "internal/config"},

	"daemon": {"analyzer", "ask", "baseline", "daemon/spool", "hook", "identity", "internal/config", "internal/places", "internal/wiring",
		"ledger", "maillog", "metrics", "milter", "postfix", "proof", "quarantine", "seal",
		"signin", "signing", "store"},

	"doctor": {"analyzer", "identity", "internal/config", "internal/places", "internal/table", "internal/term",
		"internal/wiring", "internal/words", "ledger", "postfix", "proof", "signing", "store/postgres"},

	"web":         {"access", "access/openid", "access/passkey", "analyzer", "ask", "internal/jsonl", "internal/words", "ledger", "report", "review"},
	"web/command": {"access", "access/openid", "access/passkey", "ask", "internal/config", "internal/jsonl", "internal/table", "internal/term", "internal/words", "review", "store", "store/postgres", "web"},

	// Every part's configuration is made here.
	"internal/wiring": {"analyzer", "analyzer/content", "ask", "hook", "identity", "internal/config", "ledger", "seal",
		"signin", "signing", "internal/mailbox"},
}

// onlyIn says which packages may know a technology.
var onlyIn = map[string][]string{
	"database/sql":                    {"store", "store/postgres", "store/transfer", "internal/pgtest"},
	"github.com/mattn/go-sqlite3":     {"store"},
	"github.com/pressly/goose/v3":     {"store"},
	"github.com/jackc/pgx/v5":         {"store/postgres", "internal/pgtest"},
	"github.com/emersion/go-milter":   {"milter", "internal/demo"},
	"github.com/jedib0t/go-pretty/v6": {"internal/evaluate", "internal/table"},
	"github.com/emersion/go-message":  {"analyzer/content/mime"},
	"github.com/makiuchi-d/gozxing":   {"analyzer/content/qr"},
	"github.com/prometheus":           {"metrics"},
	"filippo.io/age":                  {"seal"},
	"github.com/spf13/cobra/doc":      {"internal/manual"},
	"github.com/oschwald":             {"internal/places"},
	"github.com/pquerna/otp":          {"access"},
	"github.com/go-webauthn/webauthn": {"access/passkey"},
	"github.com/coreos/go-oidc":       {"access/openid"},
	"golang.org/x/oauth2":             {"access/openid"},
	"golang.org/x/crypto":             {"access"},
}

type listed struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// TestLayers keeps the calls running left to right: milter, analyzer, baseline, store.
func TestLayers(t *testing.T) {
	seen := 0
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, "hisseki/")
		if name == "hisseki" || name == "cmd/hisseki" {
			continue
		}
		allowed, ok := mayImport[name]
		if !ok {
			t.Errorf("package %s is not in the import table: add it with a reason", name)
			continue
		}
		seen++
		for _, path := range p.Imports {
			if ours, ok := strings.CutPrefix(path, "hisseki/"); ok && !slices.Contains(allowed, ours) {
				t.Errorf("package %s imports %s, which the import table forbids", name, ours)
			}
		}
	}
	if seen < 5 {
		t.Errorf("only %d packages were looked at", seen)
	}
}

// TestImportTable: docs/design.md has the same table, "| packages | may import | remarks |".
// Remarks in the second column stand in parentheses or after a colon.
func TestImportTable(t *testing.T) {
	text, err := os.ReadFile("docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "## Import table")
	remarks := regexp.MustCompile(`\([^)]*\)|:.*`)
	missing := maps.Clone(mayImport)
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || strings.HasPrefix(line, "| package ") || strings.HasPrefix(line, "|---") {
			continue
		}
		var may []string
		for name := range strings.SplitSeq(remarks.ReplaceAllString(cells[2], ""), ",") {
			if name = strings.TrimSpace(name); name != "nothing" {
				may = append(may, name)
			}
		}
		slices.Sort(may)
		for name := range strings.SplitSeq(cells[1], ",") {
			name = strings.TrimSpace(name)
			if want := slices.Sorted(slices.Values(mayImport[name])); name != "cmd/hisseki" &&
				!slices.Equal(may, want) {
				t.Errorf("docs/design.md: %s may import %q, here it is %q", name, may, want)
			}
			delete(missing, name)
		}
	}
	for name := range missing {
		t.Errorf("docs/design.md: no row for %s", name)
	}
}

// TestTechnologies keeps a technology inside the one package that knows it.
func TestTechnologies(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, "hisseki/")
		for technology, owners := range onlyIn {
			for _, path := range p.Imports {
				inside := path == technology || strings.HasPrefix(path, technology+"/")
				if inside && !slices.Contains(owners, name) {
					t.Errorf("package %s imports %s, only %v may", name, path, owners)
				}
			}
		}
	}
}
