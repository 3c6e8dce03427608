package table

import (
	"bytes"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"
)

// rows prints a list of three rows on a screen of a width.
func rows(t *testing.T, width int) []string {
	t.Helper()
	var out bytes.Buffer
	list := New(Screen{Writer: &out, Width: width}, Fixed("id"), Cut("sender", 8), Cut("subject", 6),
		Spare("link", 10), Spare("because", 12))
	list.Row("H1", "bando@example.jp", "お支払い書類の確認のお願い", "file.example.org", "a site new to the sender")
	list.Row("H12", "a@example.jp", "short", "", "")
	list.Row("H13", "accounting.department@example.jp")
	if err := list.Write(); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

func TestNoLimitCutsNothing(t *testing.T) {
	all := strings.Join(rows(t, 0), "\n")
	for _, want := range []string{"お支払い書類の確認のお願い", "accounting.department@example.jp",
		"a site new to the sender"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in\n%s", want, all)
		}
	}
}

// A wide character takes two columns; a list that counts characters would be too wide.
func TestNoWiderThanTheScreen(t *testing.T) {
	for width := 24; width <= 120; width++ {
		list := rows(t, width)
		if len(list) != 4 {
			t.Fatalf("%d lines, want a heading and three rows", len(list))
		}
		for _, line := range list {
			if got := text.StringWidthWithoutEscSequences(line); got > width {
				t.Errorf("a line of %d columns on a screen of %d: %q", got, width, line)
			}
		}
		if !strings.Contains(list[2], "H12") {
			t.Errorf("at %d columns the id is cut: %q", width, list[2])
		}
	}
}

func TestSpareColumnsAreLeftOutFromTheRight(t *testing.T) {
	for _, test := range []struct {
		width         int
		link, because bool
	}{{80, true, true}, {36, true, false}, {24, false, false}} {
		head := rows(t, test.width)[0]
		if strings.Contains(head, "link") != test.link ||
			strings.Contains(head, "because") != test.because {
			t.Errorf("at %d columns the heading is %q", test.width, head)
		}
	}
}

func TestColumnsLineUp(t *testing.T) {
	list := rows(t, 70)
	at := text.StringWidthWithoutEscSequences(list[0][:strings.Index(list[0], "link")])
	row := list[1]
	if got := text.StringWidthWithoutEscSequences(row[:strings.Index(row, "file")]); got != at {
		t.Errorf("the link begins in column %d, its heading in %d:\n%s", got, at,
			strings.Join(list, "\n"))
	}
}
