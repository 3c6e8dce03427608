package content

import (
	"archive/tar"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"io"
	"strings"

	"hisseki/analyzer/content/mime"
	"hisseki/analyzer/content/pack"
)

// opaque collects the URLs of a file that is neither text nor a page: what an archive holds is
// read as an attachment would be, other files are looked through for URLs as they stand. What is
// not opened is said.
func (p *parser) opaque(f *mime.File, at mime.Place) {
	switch f.Sniffed {
	case "application/gzip":
		p.compressed(f, at, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })
	case "application/x-bzip2":
		p.compressed(f, at, func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil })
	case "application/x-tar":
		p.tar(f.Data, at)
	case "application/x-ole-storage", "application/vnd.ms-outlook", "application/onenote":
		p.older(f.Data, at)
	case "application/ms-tnef":
		p.tnef(f.Data, at)
	case "application/x-7z-compressed", "application/vnd.rar", "application/x-xz", "application/zstd",
		"application/vnd.ms-cab-compressed", "application/x-installshield", "application/x-arj",
		"application/vnd.ms-htmlhelp":
		p.Skip(mime.UnreadEncoding, "an archive of a kind that is not opened")
	default:
		switch {
		case f.Kind == mime.DiskImage: // its files stand in it as they are
			p.binary(f.Data, at)
			p.Skip(mime.UnreadEncoding, "an image of a disk")
		case isWide(f.Data):
			p.textFile(&mime.File{Data: f.Data, Charset: "utf-16le"}, at)
		default:
			p.unknown(f, at)
		}
	}
}

// unknown reads a file that nothing in it explains: a signature around another file, or what nobody
// reads here.
func (p *parser) unknown(f *mime.File, at mime.Place) {
	content, opaque := mime.SignedContent(f.Data)
	name := strings.ToLower(f.Name)
	switch {
	case len(content) > 0:
		inner := strings.TrimSuffix(name, ".p7m")
		if inner == "smime" || inner == name {
			inner = "smime.eml"
		}
		p.inside(inner, content, at)
	case opaque, strings.HasSuffix(name, ".pgp"), strings.HasSuffix(name, ".gpg"), isOpenPGP(f.Data):
		p.Skip(mime.UnreadEncrypted, "an encrypted file")
	case f.Kind == mime.Archive && !pack.Is(f.Data):
		p.Skip(mime.UnreadEncoding, "an archive of a kind that is not opened")
	}
}

// isOpenPGP says whether a file begins as one that is encrypted for somebody's key, of RSA of 2048 to
// 4096 bits or of Curve25519 (RFC 9580 sections 4.2 and 5.1.1).
func isOpenPGP(data []byte) bool {
	if len(data) < 4 {
		return false
	}
	switch data[0] {
	case 0x84:
		return data[2] == 3
	case 0x85:
		return data[1] <= 4 && data[3] == 3
	case 0xc1:
		return data[1] >= 0xc0 && data[1] < 0xe0 && data[3] == 3 || data[1] < 0xc0 && data[2] == 3
	}
	return false
}

// isWide says whether a file is UTF-16 without a mark that says so.
func isWide(data []byte) bool {
	head := data[:min(len(data), 1024)&^1]
	zeros := 0
	for i := 1; i < len(head); i += 2 {
		if head[i] == 0 && head[i-1] != 0 {
			zeros++
		}
	}
	return len(head) > 8 && zeros*4 > len(head)
}

// compressed reads the one file that a compressed file holds, whose name says what it is:
// "a.html.gz".
func (p *parser) compressed(f *mime.File, at mime.Place, open func(io.Reader) (io.Reader, error)) {
	r, err := open(bytes.NewReader(f.Data))
	if err != nil {
		p.Skip(mime.UnreadEncoding, "a compressed file that cannot be unpacked")
		return
	}
	name := f.Name
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		name = name[:i]
		if strings.EqualFold(f.Name[i:], ".svgz") {
			name += ".svg"
		}
	}
	budget := p.unpack()
	data := budget.Read(r, maxMember)
	defer budget.Free(data)
	if budget.Over {
		p.Skip(mime.UnreadSize, "files that unpack to more than is read")
	}
	p.inside(name, data, at)
}

// maxTarFiles bounds the files of a tar archive.
const maxTarFiles = 4000

// tar reads the files of a tar archive.
func (p *parser) tar(data []byte, at mime.Place) {
	r := tar.NewReader(bytes.NewReader(data))
	for range maxTarFiles {
		h, err := r.Next()
		switch {
		case err == io.EOF:
			return
		case err != nil:
			p.Skip(mime.UnreadEncoding, "an archive that is broken")
			return
		case h.Size <= 0:
			continue
		}
		budget := p.unpack()
		file := budget.Read(r, maxMember)
		if budget.Over {
			p.Skip(mime.UnreadSize, "files that unpack to more than is read")
		}
		p.inside(h.Name, file, at)
		if budget.Free(file); budget.Left <= 0 || p.OutOfTime() {
			return
		}
	}
	p.Skip(mime.UnreadSize, "a package of more files than are read")
}

// inside reads a file that stood in another one.
func (p *parser) inside(name string, data []byte, at mime.Place) {
	if len(data) == 0 {
		return
	}
	if p.depth >= maxPacked {
		p.Skip(mime.UnreadNesting, "packages in packages deeper than is read")
		return
	}
	p.depth++
	defer func() { p.depth-- }()
	f := &mime.File{Name: name, Data: data}
	f.Sniffed, f.Kind = mime.Sniff(data, name, "")
	p.File(f, at)
}
