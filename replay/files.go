package replay

import (
	"bufio"
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

// readMail reads one mail, decompressed by its name, with at most most bytes in all.
func readMail(r io.Reader, name string, most, maxBody int64) (content.Source, error) {
	plain, done, err := inflate(r, name)
	if err != nil {
		return content.Source{}, err
	}
	defer done()
	return content.ReadSource(io.LimitReader(plain, most), maxBody)
}

// form is how mail is kept in a file.
type form uint8

const (
	notMail form = iota
	single       // one mail
	mbox         // many
)

// formOf tells by the name, and else by the beginning, what a file holds.
func formOf(path string) (form, error) {
	name := strings.ToLower(trimExt(filepath.Base(path)))
	switch filepath.Ext(name) {
	case ".eml":
		return single, nil
	case ".mbox", ".mbx":
		return mbox, nil
	}
	if inMaildir(path) {
		return single, nil
	}
	f, err := openRegular(path)
	if err != nil {
		return notMail, err
	}
	defer f.Close()
	plain, done, err := inflate(f, path)
	if err != nil {
		return notMail, err
	}
	defer done()
	head, err := bufio.NewReaderSize(plain, 4<<10).Peek(4 << 10)
	if err != nil && err != io.EOF {
		return notMail, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("From ")):
		return mbox, nil
	case mailLike(head):
		return single, nil
	}
	return notMail, nil
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

// inMaildir says whether a file lies in cur or new of a Maildir.
func inMaildir(path string) bool {
	abs, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	dir := filepath.Dir(abs)
	base := filepath.Base(dir)
	return (base == "cur" || base == "new") && isMaildir(filepath.Dir(dir))
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

// trimExt returns a name without the ending of a compressed file.
func trimExt(name string) string {
	for _, ext := range []string{".gz", ".zst"} {
		if s := strings.TrimSuffix(name, ext); s != name {
			return s
		}
	}
	return name
}
