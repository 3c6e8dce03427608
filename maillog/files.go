package maillog

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// ReadFiles reads files in their order, for a command that was given them. One that cannot be read
// does not stop the others: it is named to errs, and partly is returned in the end. say prints what
// a file gave; its error ends all.
func ReadFiles(ctx context.Context, errs io.Writer, files []string, partly error,
	read func(file string) (say func() error, err error)) error {
	done := 0
	for _, file := range files {
		say, err := read(file)
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			fmt.Fprintf(errs, "hisseki: %v\n", err)
			continue
		}
		done++
		if err := say(); err != nil {
			return err
		}
	}
	switch {
	case done == 0:
		return errors.New("no log could be read")
	case done < len(files):
		return partly
	}
	return nil
}
