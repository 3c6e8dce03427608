// Package capped keeps the beginning of what others write.
package capped

import "bytes"

// Buffer keeps the first bytes and swallows the rest, so that the writer goes on. The
// buffer inside is not embedded: io.Copy would find ReadFrom and go around the bound.
type Buffer struct {
	kept bytes.Buffer
	room int
}

// New returns a Buffer that keeps at most room bytes.
func New(room int) *Buffer { return &Buffer{room: room} }

// Write implements io.Writer. It never fails.
func (b *Buffer) Write(p []byte) (int, error) {
	n := min(len(p), b.room)
	b.room -= n
	b.kept.Write(p[:n])
	return len(p), nil
}

// String returns what was kept.
func (b *Buffer) String() string { return b.kept.String() }
