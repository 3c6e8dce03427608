// Package seal encrypts what is kept of a mail's own words, with age
// (https://age-encryption.org/v1, X25519). Whoever seals knows the public half of the
// key, the recipient, and cannot read back what was sealed; the private half, the
// identity, lies in a file of the reviewers.
package seal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// Recipient seals.
type Recipient struct{ key age.Recipient }

// ParseRecipient reads the public half of a key, "age1...".
func ParseRecipient(text string) (*Recipient, error) {
	key, err := age.ParseX25519Recipient(text)
	if err != nil {
		return nil, fmt.Errorf("not a public key such as \"age1...\": %w", err)
	}
	return &Recipient{key}, nil
}

// Seal returns the text as an armored age file.
func (r *Recipient) Seal(text string) (string, error) {
	var b strings.Builder
	lines := armor.NewWriter(&b)
	w, err := age.Encrypt(lines, r.key)
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	if err := errors.Join(w.Close(), lines.Close()); err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	return b.String(), nil
}

// maxText bounds what is read back, in bytes: what is sealed is a short excerpt.
const maxText = 64 << 10

// Open reads a sealed text with the identity in a file, which nobody but its owner may
// be able to read.
func Open(sealed, identityFile string) (string, error) {
	f, err := os.Open(identityFile)
	if err != nil {
		return "", fmt.Errorf("open identity: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("open identity: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return "", fmt.Errorf("identity %s can be read by others (%04o): chmod 600 it", identityFile,
			mode)
	}
	keys, err := age.ParseIdentities(io.LimitReader(f, maxText))
	if err != nil {
		return "", fmt.Errorf("read identity %s: %w", identityFile, err)
	}
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(sealed)), keys...)
	if err != nil {
		return "", fmt.Errorf("unseal with %s: %w", identityFile, err)
	}
	text, err := io.ReadAll(io.LimitReader(r, maxText))
	if err != nil {
		return "", fmt.Errorf("unseal with %s: %w", identityFile, err)
	}
	return string(text), nil
}

// NewIdentity writes a new key to a file that must not exist yet, readable for its owner
// only, and returns its public half.
func NewIdentity(file string) (string, error) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return "", fmt.Errorf("make a key: %w", err)
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("write a key: %w", err)
	}
	_, err = fmt.Fprintf(f, "# public key: %s\n%s\n", key.Recipient(), key)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", fmt.Errorf("write a key: %w", err)
	}
	return key.Recipient().String(), nil
}
