package text

import "golang.org/x/net/html/atom"

// Bounds of a grid: the smallest code has 21 modules a side, the largest 177 (ISO/IEC 18004), and a
// margin.
const (
	minGrid = 21
	maxGrid = 200
)

// grid is the rows of cells of a table, true where the ground is dark: people draw codes so, which no
// picture shows.
//
//	<tr><td bgcolor=#000000></td><td></td>...
type grid struct {
	rows [][]bool
	row  []bool
}

// cell notes that a row or a cell opens.
func (r *htmlReader) cell(tag atom.Atom, ground uint32) {
	switch tag {
	case atom.Tr:
		r.grid.endRow()
	case atom.Td, atom.Th:
		if len(r.grid.row) < maxGrid {
			r.grid.row = append(r.grid.row, ground != noColour && ground&0xff+ground>>8&0xff+ground>>16 < 3*0x80)
		}
	case atom.Table:
		r.endGrid()
	}
}

// endRow keeps a row that is long enough to be one of a code.
func (g *grid) endRow() {
	if len(g.row) >= minGrid && len(g.rows) < maxGrid {
		g.rows = append(g.rows, g.row)
		g.row = nil
	}
	g.row = g.row[:0]
}

// endGrid gives on what may be a code.
func (r *htmlReader) endGrid() {
	r.grid.endRow()
	if len(r.grid.rows) >= minGrid && r.how.Grid != nil {
		r.how.Grid(r.grid.rows)
	}
	r.grid.rows = nil
}
