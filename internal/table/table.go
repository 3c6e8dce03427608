// Package table prints lists for people: aligned also where Japanese is in them, and no
// wider than the screen.
package table

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Column is one column of a list.
type Column struct {
	Name  string
	least int  // the width that it may be cut to, 0 for never cut
	spare bool // left out when the screen is too narrow even so
}

// Fixed is a column that is always printed in full: ids, times, counts.
func Fixed(name string) Column { return Column{Name: name} }

// Cut is a column that is cut to no less than a width, after those on its right.
func Cut(name string, least int) Column { return Column{Name: name, least: least} }

// Spare is a column that is cut as Cut is, and left out where that is not enough.
// The spare columns furthest to the right go first.
func Spare(name string, least int) Column {
	return Column{Name: name, least: least, spare: true}
}

// gap is the space between two columns.
const gap = 2

// Table is a list in the making.
type Table struct {
	screen  Screen
	columns []Column
	rows    [][]string
}

// Pad fills a text up to a width in columns of a terminal, on which Japanese takes two a character.
func Pad(s string, width int) string { return text.Pad(s, width, ' ') }

// New begins a list.
func New(s Screen, columns ...Column) *Table { return &Table{screen: s, columns: columns} }

// Row adds a row, a cell for each column; a shorter one ends with empty cells. Cells must
// be safe for a terminal.
func (t *Table) Row(cells ...string) {
	t.rows = append(t.rows, append(cells, make([]string, max(0, len(t.columns)-len(cells)))...))
}

// Write prints the list.
func (t *Table) Write() error {
	widths := t.fit()
	out := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.Options{}
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatDefault
	out.SetStyle(style)
	out.SuppressTrailingSpaces()
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.Name
	}
	out.AppendHeader(cells(names, widths))
	for _, row := range t.rows {
		out.AppendRow(cells(row, widths))
	}
	_, err := fmt.Fprintln(t.screen, out.Render())
	return err
}

// cells cuts a row to the widths of its columns and leaves out those of width -1.
func cells(row []string, widths []int) table.Row {
	var out table.Row
	for i, width := range widths {
		if width >= 0 {
			out = append(out, text.Snip(row[i], width, "…"))
		}
	}
	return out
}

// fit returns the width of each column, or -1 for one that is left out.
func (t *Table) fit() []int {
	widths := t.natural()
	if t.screen.Width <= 0 {
		return widths
	}
	for i := len(widths) - 1; i >= 0 && t.least(widths) > t.screen.Width; i-- {
		if t.columns[i].spare {
			widths[i] = -1
		}
	}
	over := total(widths) - t.screen.Width
	for i := len(widths) - 1; i >= 0 && over > 0; i-- { // what matters most is on the left
		if least := t.columns[i].least; least > 0 && widths[i] > least {
			cut := min(over, widths[i]-least)
			widths[i] -= cut
			over -= cut
		}
	}
	return widths
}

// natural returns how wide each column would like to be.
func (t *Table) natural() []int {
	widths := make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = text.StringWidthWithoutEscSequences(c.Name)
		for _, row := range t.rows {
			widths[i] = max(widths[i], text.StringWidthWithoutEscSequences(row[i]))
		}
	}
	return widths
}

// least is the width of the list with every column cut as far as it may be.
func (t *Table) least(widths []int) int {
	cut := make([]int, len(widths))
	for i, w := range widths {
		cut[i] = w
		if least := t.columns[i].least; least > 0 && w >= 0 {
			cut[i] = min(w, least)
		}
	}
	return total(cut)
}

func total(widths []int) int {
	sum := -gap
	for _, w := range widths {
		if w >= 0 {
			sum += w + gap
		}
	}
	return sum
}

// Paint gives the name of a state or action its colour.
func (s Screen) Paint(name string) string { return s.PaintAs(name, name) }

// PaintAs gives a word the colour of a state or action that it stands for, as in the reader's language.
func (s Screen) PaintAs(name, word string) string {
	if !s.Colour {
		return word
	}
	switch name {
	case "held", "hold", "stale", "bad", "blind":
		return text.FgRed.Sprint(word)
	case "delayed", "delay", "releasing", "discarding", "warn":
		return text.FgYellow.Sprint(word)
	case "released", "pass", "ok":
		return text.FgGreen.Sprint(word)
	}
	return word
}
