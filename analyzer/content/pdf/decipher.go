package pdf

import (
	"bytes"
	"cmp"
	"slices"
)

// objectID names an object, "12 0 obj", and says where it begins.
type objectID struct{ at, number, generation int }

// maxGuesses is how many words "12 0 obj" in front of a string or stream are tried: some may stand in
// comments, to mislead.
const maxGuesses = 4

// maxDeciphered is how many strings are decrypted: each costs a key of its own. A book has some
// thousand links.
const maxDeciphered = 10_000

// objectsAt returns the objects in which a place of the file may stand, the likeliest first.
func (f *file) objectsAt(at int) (list []objectID) {
	i, _ := slices.BinarySearchFunc(f.starts, at, func(o objectID, at int) int { return cmp.Compare(o.at, at+1) })
	most := maxGuesses
	if f.noise { // no more work on what is said to be unread anyway
		most = 1
	}
	for i--; i >= 0 && len(list) < most; i-- {
		list = append(list, f.starts[i])
	}
	return list
}

// decipher decrypts the streams. What is left out is not read, or says itself that it is in clear.
func (f *file) decipher() {
	for i := range f.streams {
		s := &f.streams[i]
		if s.kind == skipped || s.inClear() {
			continue
		}
		if f.budget.Late != nil && f.budget.Late() {
			f.budget.Over = true
			return
		}
		f.decipherStream(s)
	}
}

// decipherStream decrypts a stream by the first object whose key makes sense of it. One that makes
// sense as it stands is noted, for then the dictionary of the encryption may be a decoy.
func (f *file) decipherStream(s *stream) {
	raw := s.data
	if len(raw) == 0 {
		return
	}
	for _, of := range f.objectsAt(s.at) {
		plain := f.lock.undo(f.lock.streams, of, raw)
		if s.plausible(plain) {
			f.noise = f.noise || f.lock.streams != inClear && s.plausible(raw)
			s.data = plain
			return
		}
	}
	f.noise = true
}

// plausible says whether a stream's bytes look like what its first filter undoes.
func (s *stream) plausible(data []byte) bool {
	if len(data) < 2 {
		return false
	}
	first := ""
	if len(s.filters) > 0 {
		first = s.filters[0]
	}
	switch first {
	case "Flate":
		return data[0]&15 == 8 && (uint(data[0])<<8|uint(data[1]))%31 == 0
	case "JPEG":
		return data[0] == 0xff && data[1] == 0xd8
	case "", "Hex", "85":
		if s.kind == content || first != "" {
			return mostlyText(bytes.TrimRight(data[:min(len(data), 64)], "\x00\x0b\x0c"))
		}
	}
	return true
}

// inClear says whether a stream has a filter of its own that decrypts nothing (7.4.10).
func (s *stream) inClear() bool {
	with := s.dict["DecodeParms"]
	return slices.Contains(s.filters, "Crypt") && !bytes.Contains(with[:min(len(with), 100)], []byte("StdCF"))
}

// clear decrypts a string of a dictionary that stands at a place of the file. One that becomes no
// text under any key of the objects before it is returned as it is; telling says that it may have
// led somewhere.
func (f *file) clear(raw []byte, at int, telling bool) []byte {
	if f.lock == nil || f.lock.strings == inClear {
		return raw
	}
	if f.deciphered++; f.deciphered > maxDeciphered {
		f.noise = true
		return raw
	}
	for _, of := range f.objectsAt(at) {
		if s := f.lock.undo(f.lock.strings, of, raw); len(s) > 0 && readable(s) {
			return s
		}
	}
	f.noise = f.noise || telling
	return raw
}

// readable says whether bytes may be a string of text.
func readable(s []byte) bool {
	return mostlyText(s) || bytes.HasPrefix(s, []byte("\xfe\xff")) || bytes.HasPrefix(s, []byte("\xff\xfe")) ||
		bytes.HasPrefix(s, []byte("\xef\xbb\xbf"))
}
