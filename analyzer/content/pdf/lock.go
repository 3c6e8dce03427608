package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" //nolint:gosec // as the format has it
	"crypto/rc4" //nolint:gosec // as the format has it
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
)

// Files that are encrypted for nobody in particular open without a password: it is the empty one
// (ISO 32000-1, 7.6; ISO 32000-2 for AES-256). Programs write them to forbid printing or copying;
// who wants to hide where a link leads may too.

// A cipherKind says how strings or streams are encrypted.
type cipherKind uint8

const (
	rc4Cipher cipherKind = iota
	aes128
	aes256
	inClear
)

// A lock is what a file's encryption dictionary says, with the key of the empty password.
type lock struct {
	key              []byte
	streams, strings cipherKind
}

// padding stands for what an empty password lacks (7.6.3.3, algorithm 2).
var padding = []byte("\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08" +
	"\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")

// maxLocks bounds how many encryption dictionaries and identifiers of a file are tried: versions of
// a file that was changed have one each, the same as a rule.
const maxLocks = 8

// unlock returns the lock that the empty password opens, nil for none.
func (f *file) unlock() *lock {
	ids := append(f.after("/ID", func(v []byte) []byte {
		if len(v) == 0 || v[0] != '[' {
			return nil
		}
		id, _, _ := readString(trimLeft(v[1:]), nil)
		return id
	}), []byte{})
	for _, d := range f.after("/Encrypt", func(v []byte) []byte {
		if ref, ok := reference(v); ok {
			v = trimLeft(f.objects[ref])
		}
		return v[:min(len(v), maxDict)]
	}) {
		if l := openLock(topDict(d), ids); l != nil {
			return l
		}
	}
	return nil
}

// after returns what the last occurrences of a key are followed by, as read makes of it.
func (f *file) after(key string, read func([]byte) []byte) (list [][]byte) {
	for end := len(f.data); len(list) < maxLocks; {
		if end = bytes.LastIndex(f.data[:end], []byte(key)); end < 0 {
			return list
		}
		if v := read(trimLeft(f.data[end+len(key):])); v != nil {
			list = append(list, v)
		}
	}
	return list
}

// openLock tries the empty password on an encryption dictionary, with each of a file's identifiers.
func openLock(d map[string][]byte, ids [][]byte) *lock {
	text := func(key string) []byte {
		s, _, _ := readString(d[key], nil)
		return s
	}
	version, revision := atoi(d["V"]), atoi(d["R"])
	user, owner := text("U"), text("O")
	l := &lock{}
	if !l.methods(d, version) {
		return nil
	}
	if version >= 5 {
		if len(user) < 48 {
			return nil
		}
		l.key = openAES256(revision, user, text("UE"))
		return l.orNil()
	}
	size := 5
	if revision >= 3 {
		size = 16
		if n := atoi(d["Length"]) / 8; n >= 5 && n <= 16 && version < 4 {
			size = n
		}
	}
	if len(user) < 32 || len(owner) < 32 {
		return nil
	}
	for _, id := range ids {
		if l.key = openRC4(d, size, revision, user, owner[:32], id); l.key != nil {
			return l
		}
	}
	return nil
}

func (l *lock) orNil() *lock {
	if l.key == nil {
		return nil
	}
	return l
}

// methods reads how streams and strings are encrypted; false where that is not known.
func (l *lock) methods(d map[string][]byte, version int) bool {
	switch version {
	case 1, 2:
		return true
	case 4, 5:
	default:
		return false
	}
	filters := topDict(d["CF"])
	known := true
	method := func(key string) cipherKind {
		name := nameOf(d[key])
		if name == "" || name == "Identity" {
			return inClear
		}
		switch nameOf(topDict(filters[name])["CFM"]) {
		case "V2":
			return rc4Cipher
		case "AESV2":
			return aes128
		case "AESV3":
			return aes256
		case "None":
			return inClear
		}
		known = false
		return inClear
	}
	l.streams, l.strings = method("StmF"), method("StrF")
	return known
}

// openRC4 returns the key of the empty password, or nil (7.6.3.3, algorithms 2, 4 and 5).
func openRC4(d map[string][]byte, size, revision int, user, owner, id []byte) []byte {
	h := md5.New()
	h.Write(padding)
	h.Write(owner)
	_ = binary.Write(h, binary.LittleEndian, permissions(d["P"]))
	h.Write(id)
	if revision >= 4 && bytes.HasPrefix(d["EncryptMetadata"], []byte("false")) {
		h.Write([]byte("\xff\xff\xff\xff"))
	}
	key := h.Sum(nil)
	if revision >= 3 {
		for range 50 {
			sum := md5.Sum(key[:size])
			copy(key, sum[:])
		}
	}
	key = key[:size]
	if revision < 3 {
		if !bytes.Equal(unRC4(key, padding), user[:32]) {
			return nil
		}
		return key
	}
	sum := md5.Sum(append(bytes.Clone(padding), id...))
	check := unRC4(key, sum[:])
	for i := byte(1); i < 20; i++ {
		turned := bytes.Clone(key)
		for k := range turned {
			turned[k] ^= i
		}
		check = unRC4(turned, check)
	}
	if !bytes.Equal(check, user[:16]) {
		return nil
	}
	return key
}

// permissions reads /P, a signed number of 32 bits that may be written as an unsigned one.
func permissions(v []byte) uint32 {
	n, negative := uint32(0), len(v) > 0 && v[0] == '-'
	for _, c := range bytes.TrimLeft(v[:min(len(v), 12)], "+-") {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + uint32(c-'0')
	}
	if negative {
		return -n
	}
	return n
}

// openAES256 returns the key of the empty password, or nil (ISO 32000-2, 7.6.4.3.3, algorithm 2.A).
func openAES256(revision int, user, wrapped []byte) []byte {
	hash := func(salt []byte) []byte {
		if revision < 6 {
			sum := sha256.Sum256(salt)
			return sum[:]
		}
		return hardened(salt)
	}
	if len(wrapped) < 32 || !bytes.Equal(hash(user[32:40]), user[:32]) {
		return nil
	}
	block, err := aes.NewCipher(hash(user[40:48]))
	if err != nil {
		return nil
	}
	key := make([]byte, 32)
	cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(key, wrapped[:32])
	return key
}

// hardened is the hash of an empty password and a salt (ISO 32000-2, algorithm 2.B). It ends after
// some 64 turns; each is likely to be the last from then on.
func hardened(salt []byte) []byte {
	first := sha256.Sum256(salt)
	k := first[:]
	for turn := 1; turn < 1000; turn++ {
		e := bytes.Repeat(k, 64)
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(e, e)
		rest := 0
		for _, c := range e[:16] {
			rest += int(c)
		}
		switch rest % 3 { // 256 is 1 modulo 3, so the sum is the number
		case 0:
			sum := sha256.Sum256(e)
			k = sum[:]
		case 1:
			sum := sha512.Sum384(e)
			k = sum[:]
		default:
			sum := sha512.Sum512(e)
			k = sum[:]
		}
		if turn >= 64 && int(e[len(e)-1]) <= turn-32 {
			break
		}
	}
	return k[:32]
}

func unRC4(key, data []byte) []byte {
	c, err := rc4.NewCipher(key)
	if err != nil {
		return nil
	}
	out := make([]byte, len(data))
	c.XORKeyStream(out, data)
	return out
}

// undo decrypts a string or stream of an object (7.6.2, algorithm 1); nil where it cannot be.
func (l *lock) undo(kind cipherKind, of objectID, data []byte) []byte {
	key := l.key
	if kind == rc4Cipher || kind == aes128 {
		salted := append(bytes.Clone(l.key), byte(of.number), byte(of.number>>8), byte(of.number>>16),
			byte(of.generation), byte(of.generation>>8))
		if kind == aes128 {
			salted = append(salted, "sAlT"...)
		}
		sum := md5.Sum(salted)
		key = sum[:min(len(l.key)+5, 16)]
	}
	switch kind {
	case inClear:
		return data
	case rc4Cipher:
		return unRC4(key, data)
	}
	return unCBC(key, data)
}

// unCBC undoes AES with the vector in front and, where it is whole, the padding behind (RFC 8018).
func unCBC(key, data []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil || len(data) < 2*aes.BlockSize {
		return nil
	}
	vector, data := data[:aes.BlockSize], data[aes.BlockSize:]
	out := make([]byte, len(data)/aes.BlockSize*aes.BlockSize)
	cipher.NewCBCDecrypter(block, vector).CryptBlocks(out, data[:len(out)])
	if n := int(out[len(out)-1]); n >= 1 && n <= aes.BlockSize {
		out = out[:len(out)-n]
	}
	return out
}
