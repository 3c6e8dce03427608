// Package signing is the key by which reviewers' decisions are known as theirs. Whoever may
// decide can read it: root, and the group of reviewers. serve cannot, so that whoever has
// taken serve over can write to the store, but cannot have root's agent believe it.
package signing

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"hisseki/ledger"
	"hisseki/store/postgres"
)

// Group is the group of those who may decide without root's rights, where it exists.
const Group = "hisseki-review"

const (
	keyFile  = "decision.key"
	keyBytes = 32 // as long as the hash (RFC 2104, section 3)
	version  = "v1:"
)

var (
	// ErrNoKey says that this process may not decide, or that there is nothing to sign with.
	ErrNoKey = errors.New("there is no key for decisions")
	// ErrUnsigned and ErrForged say why a statement does not count.
	ErrUnsigned = errors.New("nobody has signed it")
	ErrForged   = errors.New("its signature is not by the key for decisions")
)

// Key signs statements and checks them. It implements ledger.Signs.
type Key struct{ secret []byte }

var _ ledger.Signs = (*Key)(nil)

// Sign returns HMAC-SHA256 (RFC 2104) of the statement's bytes, in hex behind a version.
func (k *Key) Sign(s ledger.Statement) string { return version + hex.EncodeToString(k.mac(s)) }

func (k *Key) mac(s ledger.Statement) []byte {
	h := hmac.New(sha256.New, k.secret)
	h.Write(s.Bytes())
	return h.Sum(nil)
}

// Verify returns nil when this key has signed the statement, else ErrUnsigned or ErrForged.
func (k *Key) Verify(s ledger.Statement, signature string) error {
	if signature == "" {
		return ErrUnsigned
	}
	text, ok := strings.CutPrefix(signature, version)
	have, err := hex.DecodeString(text)
	if !ok || err != nil || !hmac.Equal(have, k.mac(s)) {
		return ErrForged
	}
	return nil
}

// machineStore and machineFolder are where the packages' units keep the store, and what serve
// must not write to.
const (
	machineStore  = "/var/lib/hisseki/hisseki.db"
	machineFolder = "/var/lib/hisseki-agent"
)

// Folder returns where the key and the agent's own record lie for a store: as configured, else
// beside the store when the folder is this user's own, else below the machine's. Who runs serve,
// agent and commands as one user needs no more, and has no boundary either.
func Folder(configured, database string) string {
	if configured != "" {
		return configured
	}
	if database == machineStore || postgres.IsURL(database) { // a server's
		return machineFolder
	}
	info, err := os.Stat(filepath.Dir(database))
	if errors.Is(err, fs.ErrNotExist) || err == nil && uid(info) == os.Geteuid() {
		return database + ".agent"
	}
	// /srv/mail/h.db: /var/lib/hisseki-agent/srv-mail-h.db
	name := strings.Trim(strings.ReplaceAll(filepath.Clean(database), "/", "-"), "-.")
	return filepath.Join(machineFolder, name)
}

// Load reads the key of a folder. No key is ErrNoKey, and so is one that this user may not
// read; a key that others could have put there is refused.
func Load(folder string) (*Key, error) {
	path := filepath.Join(folder, keyFile)
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w in %s: hisseki agent makes it", ErrNoKey, folder)
	}
	if err != nil {
		return nil, noAccess(path, err)
	}
	if err := trust(path, info); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, noAccess(path, err)
	}
	secret, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(secret) != keyBytes {
		return nil, fmt.Errorf("%s is not a key for decisions: remove it and start hisseki agent again,"+
			" which makes another one", path)
	}
	return &Key{secret}, nil
}

func noAccess(path string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w that this user may read (%s): use sudo, or be in the group %s", ErrNoKey, path, Group)
	}
	return fmt.Errorf("read the key for decisions: %w", err)
}

// Make returns the key of a folder, and makes both where there is none; made says so.
func Make(folder string) (key *Key, made bool, err error) {
	// Where a key is that this user may not read, Load says so: another one is not made.
	_, missing := os.Lstat(filepath.Join(folder, keyFile))
	if key, err = Load(folder); !errors.Is(err, ErrNoKey) || missing == nil {
		return key, false, err
	}
	if err := os.MkdirAll(folder, 0o711); err != nil {
		return nil, false, noAccess(folder, err)
	}
	info, err := os.Lstat(folder)
	if err != nil {
		return nil, false, noAccess(folder, err)
	}
	if err := trust(folder, info); err != nil {
		return nil, false, err
	}
	made, err = create(folder)
	if err != nil {
		return nil, false, noAccess(folder, err)
	}
	key, err = Load(folder)
	return key, made, err
}

// create makes the key's file; false when another process was quicker. The file gets its name
// when it is whole.
func create(folder string) (made bool, err error) {
	tmp, err := os.CreateTemp(folder, ".key-*") // mode 0600
	if err != nil {
		return false, err
	}
	defer func() {
		err = errors.Join(err, os.Remove(tmp.Name()))
	}()
	secret := make([]byte, keyBytes)
	if _, err := rand.Read(secret); err != nil {
		return false, err
	}
	_, err = tmp.WriteString(hex.EncodeToString(secret) + "\n")
	err = errors.Join(err, share(tmp), tmp.Sync(), tmp.Close())
	if err != nil {
		return false, err
	}
	err = os.Link(tmp.Name(), filepath.Join(folder, keyFile))
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}

// Unshared says of a folder's key that the group of reviewers is there and may not read it, as when the key was
// made before the group, or was copied without its owner: "-rw------- root root decision.key".
func Unshared(folder string) bool {
	group, err := user.LookupGroup(Group)
	if err != nil {
		return false
	}
	info, err := os.Stat(filepath.Join(folder, keyFile))
	return err == nil && !readableBy(info, group.Gid)
}

// readableBy says whether a file is of a group that may read it.
func readableBy(info os.FileInfo, gid string) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && strconv.Itoa(int(stat.Gid)) == gid && info.Mode()&0o040 != 0
}

// share lets the group of reviewers read the key, where root makes it and there is one.
func share(f *os.File) error {
	group, err := user.LookupGroup(Group)
	if err != nil || os.Geteuid() != 0 {
		return nil
	}
	gid, err := strconv.Atoi(group.Gid)
	if err != nil {
		return err
	}
	return errors.Join(f.Chown(0, gid), f.Chmod(0o640))
}
