package replay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"hisseki/analyzer/content"
	"hisseki/internal/unpack"
)

// maxMail bounds one mail as read from a file, after decompression. What follows is
// not even counted.
const maxMail = 256 << 20

// openRegular opens a regular file for reading. O_NONBLOCK: opening a named pipe must
// not wait for a writer.
func openRegular(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if err := regular(f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func regular(f *os.File) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if !st.Mode().IsRegular() {
		return &fs.PathError{Op: "read", Path: f.Name(), Err: errors.New("not a regular file")}
	}
	return nil
}

// readMail reads one mail, compressed or not, with at most most bytes in all. mac says that its lines
// end with a carriage return alone.
func readMail(r io.Reader, most, maxBody int64, mac bool) (content.Source, error) {
	plain, _, done, err := unpack.Open(r)
	if err != nil {
		return content.Source{}, err
	}
	defer done()
	if mac {
		plain = newlines{r: plain}
	}
	return content.ReadSource(io.LimitReader(plain, most), maxBody)
}

// form is how mail is kept in a file.
type form uint8

const (
	notMail form = iota
	single       // one mail
	mbox         // many
)

// formOf finds by a file's name, and else by how its plain bytes begin, what it holds.
// Names of compressed files count only where they are true.
func formOf(path string, packed bool, head []byte) form {
	base := strings.ToLower(filepath.Base(path))
	name := unpack.TrimExt(base)
	if packed || name == base {
		switch filepath.Ext(name) {
		case ".eml":
			return single
		case ".mbox", ".mbx":
			return mbox
		}
	}
	switch {
	case inMaildir(path):
		return single
	case beginsMbox(head):
		return mbox
	case mailLike(head):
		return single
	}
	return notMail
}

// beginsMbox says whether a file begins as an mbox or in MMDF, perhaps behind empty lines.
func beginsMbox(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte(bom)), "\r\n")
	return bytes.HasPrefix(head, []byte("From ")) || bytes.HasPrefix(head, []byte(fence))
}

// mailFields are names that begin a mail, in lower case.
var mailFields = []string{
	"return-path", "delivered-to", "received", "from", "to", "date", "subject", "message-id",
	"mime-version", "reply-to", "cc", "dkim-signature", "arc-seal", "authentication-results",
	"content-type", "user-agent", "sender", "in-reply-to", "references", "x-",
}

// mailLike says whether a file without a telling name, as in an MH folder, begins like
// a mail.
func mailLike(head []byte) bool {
	name, _, ok := bytes.Cut(head, []byte(":"))
	if !ok || !aField.Match(head) {
		return false
	}
	lower := strings.ToLower(string(name))
	for _, f := range mailFields {
		if lower == f || f == "x-" && strings.HasPrefix(lower, f) {
			return bytes.Contains(head, []byte("\nFrom:")) || bytes.HasPrefix(head, []byte("From:")) ||
				bytes.Contains(head, []byte("\nfrom:"))
		}
	}
	return false
}

// inMaildir says whether a file lies in cur or new of a Maildir. A copy may lack the
// empty one of the two; flags show it too.
func inMaildir(path string) bool {
	abs, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	dir := filepath.Dir(abs)
	base := filepath.Base(dir)
	return (base == "cur" || base == "new") && isMaildir(filepath.Dir(dir)) || maildirFlags(abs) != ""
}

// isMaildir says whether a folder has cur and new.
func isMaildir(dir string) bool {
	for _, sub := range []string{"cur", "new"} {
		if st, err := os.Lstat(filepath.Join(dir, sub)); err != nil || !st.IsDir() {
			return false
		}
	}
	return true
}

// listFiles returns the regular files below a folder, sorted by name, without the
// tmp folders of Maildirs: what is there is not delivered. Links are not followed.
func listFiles(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "tmp" && isMaildir(filepath.Dir(path)):
			return filepath.SkipDir
		case d.Type().IsRegular():
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list folder: %w", err)
	}
	return files, nil
}
