package access

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Argon2id as RFC 9106, section 4, recommends it where memory is scarce: 64 MiB, three passes.
const (
	passes  = 3
	memory  = 64 << 10 // KiB
	lanes   = 4
	saltLen = 16
	keyLen  = 32
)

// Bounds of a password, in characters (NIST SP 800-63B, 3.1.1.2) and bytes.
const (
	minPassword = 12
	maxPassword = 1024
)

// CheckPassword says what is wrong with a password that somebody chose.
func CheckPassword(text string) error {
	switch {
	case utf8.RuneCountInString(text) < minPassword:
		return fmt.Errorf("the password is too short: at least %d characters", minPassword)
	case len(text) > maxPassword:
		return errors.New("the password is too long")
	}
	return nil
}

// HashPassword returns a password's hash with a fresh salt in PHC form:
// "$argon2id$v=19$m=65536,t=3,p=4$SALT$HASH".
func HashPassword(text string, random io.Reader) (string, error) {
	salt := make([]byte, saltLen)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("draw a salt: %w", err)
	}
	key := argon2.IDKey([]byte(text), salt, passes, memory, lanes, keyLen)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes,
		b64(salt), b64(key)), nil
}

// nobody is the hash that a name without one is compared with, so that an answer takes as
// long for names that exist as for others.
const nobody = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// verify says whether a password has a hash. Only our own parameters are taken: what a
// damaged store asks for could take all memory.
func verify(hash, text string) bool {
	known := hash != ""
	if !known {
		hash = nobody
	}
	want := fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, memory, passes, lanes)
	salt, key, ok := strings.Cut(strings.TrimPrefix(hash, want), "$")
	s, errSalt := base64.RawStdEncoding.DecodeString(salt)
	k, errKey := base64.RawStdEncoding.DecodeString(key)
	if !ok || !strings.HasPrefix(hash, want) || errSalt != nil || errKey != nil || len(k) != keyLen {
		return false
	}
	got := argon2.IDKey([]byte(text[:min(len(text), maxPassword)]), s, passes, memory, lanes, keyLen)
	return subtle.ConstantTimeCompare(got, k) == 1 && known
}
