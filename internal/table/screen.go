package table

import (
	"io"
	"os"
	"strconv"

	xterm "golang.org/x/term"
)

// Screen is where a list is printed.
type Screen struct {
	io.Writer
	Width  int // in columns of the terminal, 0 for no limit
	Colour bool
}

// usualWidth is how wide a list is where no terminal says how wide it is.
const usualWidth = 80

// ScreenOf says what an output is like: as wide as its terminal, or as $COLUMNS says where it is
// none; wide has no limit. $NO_COLOR with any value but the empty one switches colour off
// (no-color.org).
func ScreenOf(out io.Writer, wide bool) Screen {
	s := Screen{Writer: out, Width: usualWidth}
	if file, ok := out.(*os.File); ok {
		if width, _, err := xterm.GetSize(int(file.Fd())); err == nil && width > 0 {
			s.Width = width
		}
	}
	person := IsTerminal(out)
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 && !person {
		s.Width = n
	}
	if wide {
		s.Width = 0
	}
	s.Colour = person && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return s
}

// IsTerminal says whether a person reads or writes there.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && xterm.IsTerminal(int(f.Fd()))
}
