package main

import (
	"fmt"
	"io"
	"time"

	"hisseki/internal/table"
	"hisseki/review"
)

func writeLines[T any](w io.Writer, lines []T) error { return review.WriteLines(w, lines) }

func parseTime(flag, text string, now time.Time) (time.Time, error) {
	t, err := review.ParseTime(text, now)
	if err != nil {
		err = fmt.Errorf("%s %w", flag, err)
	}
	return t, err
}

type listing struct {
	*table.Table
	screen table.Screen
}

func newTable(w io.Writer, columns ...string) *listing {
	list := make([]table.Column, len(columns))
	for i, name := range columns {
		list[i] = table.Fixed(name)
	}
	s := table.Screen{Writer: w, Colour: wantsColour(w)}
	return &listing{table.New(s, list...), s}
}

func (t *listing) row(values ...string)     { t.Row(values...) }
func (t *listing) write() error             { return t.Write() }
func (t *listing) paint(word string) string { return t.screen.Paint(word) }
