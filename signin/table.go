package signin

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// columns are what tells the tables that are known: the portal's sign-ins, the audit log's
// export.
var columns = [][]string{{"date (utc)", "request id", "username"}, {"auditdata"}}

// isTable says whether a line is the head of a known table.
func isTable(head []byte) bool {
	row, err := csv.NewReader(bytes.NewReader(head)).Read()
	if err != nil {
		return false
	}
	for i := range row {
		row[i] = strings.ToLower(strings.TrimSpace(row[i]))
	}
	return slices.ContainsFunc(columns, func(want []string) bool {
		return !slices.ContainsFunc(want, func(name string) bool { return !slices.Contains(row, name) })
	})
}

func (p *Parser) table(ctx context.Context, in *bufio.Reader, each func(Format, *Event) error) (c Counts, err error) {
	rows := csv.NewReader(in)
	rows.FieldsPerRecord, rows.ReuseRecord, rows.LazyQuotes = -1, true, true
	var head []string
	for n := 1; ctx.Err() == nil; n++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		if err != nil {
			var bad *csv.ParseError
			if errors.As(err, &bad) {
				c.strange(fmt.Sprintf("line %d", bad.StartLine), []byte(bad.Error()))
				continue
			}
			return c, err
		}
		if head == nil {
			for _, name := range row {
				head = append(head, strings.ToLower(strings.TrimSpace(name)))
			}
			continue
		}
		line, _ := rows.FieldPos(0)
		if err := c.take(p.row(head, row), fmt.Sprintf("line %d", line), []byte(strings.Join(row, ",")), each); err != nil {
			return c, err
		}
	}
	return c, ctx.Err()
}

// row reads a row of a known table.
func (p *Parser) row(head, row []string) Found {
	cells := make(map[string]string, len(head))
	for i := range row[:min(len(row), len(head))] {
		if _, twice := cells[head[i]]; !twice { // the portal has "Status" once more for tokens
			cells[head[i]] = row[i]
		}
	}
	if data, ok := cells["auditdata"]; ok {
		var o object
		if json.Unmarshal([]byte(data), &o) != nil || !p.wants(M365) {
			return Found{}
		}
		return p.object(o)
	}
	if len(row) < 3 || !p.wants(Entra) {
		return Found{}
	}
	e, ok := entraRow(cells)
	return found(Entra, e, ok)
}
