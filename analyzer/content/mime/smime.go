package mime

import "strings"

// smime reads an opaque signature (RFC 8551 section 3.5.2): the mail stands inside it.
// What is encrypted stays a file.
func (r *Reader) smime(e entity, at Place) {
	data, cut, clean := r.own(e)
	r.record(e, data, cut, clean, at)
	content, kind := cmsContent(data)
	switch {
	case kind == cmsSigned:
		at.depth++
		fields, body, _ := splitFields(content)
		r.walk(r.entity(fields, body), at)
	case len(data) > 0:
		r.Skip(UnreadEncrypted, "an encrypted or compressed mail")
	}
}

// SignedContent returns what stands in a file with a signature around it ("a.pdf.p7m"): nil where the
// file is none of the kind. opaque says that it is one that nobody can read without a key.
func SignedContent(data []byte) (content []byte, opaque bool) {
	if len(data) < 20 || data[0] != 0x30 {
		return nil, false
	}
	content, kind := cmsContent(data)
	if kind == cmsSigned {
		return content, false
	}
	return nil, strings.HasPrefix(kind, cmsSigned[:len(cmsSigned)-1])
}

// cmsSigned is the object identifier of signed-data, 1.2.840.113549.1.7.2 (RFC 5652
// section 5.1), as it is encoded.
const cmsSigned = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"

// cmsContent returns the content inside a CMS structure and the kind that the structure
// says it is. RFC 5652 allows BER, and programs that write in a stream use it: OpenSSL
// and Outlook cut the content into chunks of unknown number.
//
//	ContentInfo ::= SEQUENCE { OID, [0] SignedData }
//	SignedData ::= SEQUENCE { version, digests, SEQUENCE { OID, [0] OCTET STRING }, ... }
func cmsContent(data []byte) (content []byte, kind string) {
	info, _, ok := berNext(data)
	if !ok {
		return nil, ""
	}
	oid, rest, ok := berNext(info.body)
	if !ok {
		return nil, ""
	}
	kind = string(oid.body)
	if kind != cmsSigned {
		return nil, kind
	}
	octets, ok := firstOctets(rest, 0)
	if !ok {
		return nil, kind
	}
	return octets.octets(nil, 0), kind
}

// firstOctets finds the first OCTET STRING in b, which in a SignedData is the content:
// nothing before it is one.
func firstOctets(b []byte, depth int) (v berValue, ok bool) {
	for len(b) > 0 && depth < berDepth {
		tag := b[0]
		v, rest, ok := berNext(b)
		switch {
		case !ok:
			return v, false
		case tag&^0x20 == 0x04:
			return v, true
		case v.constructed:
			if inner, ok := firstOctets(v.body, depth+1); ok {
				return inner, true
			}
		}
		b = rest
	}
	return v, false
}

// berValue is one value in BER (X.690 section 8.1).
type berValue struct {
	constructed bool
	body        []byte
}

// berDepth bounds values of unknown length inside each other.
const berDepth = 16

// berNext reads the value at the start of b. rest is what follows it.
func berNext(b []byte) (v berValue, rest []byte, ok bool) { return berRead(b, 0) }

func berRead(b []byte, depth int) (v berValue, rest []byte, ok bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f || b[0] == 0 { // no long tags in CMS; 0 ends a content
		return v, nil, false
	}
	v.constructed = b[0]&0x20 != 0
	n, head := int(b[1]), 2
	switch {
	case n == 0x80 && v.constructed && depth < berDepth:
		// of unknown length (section 8.1.3.6): values up to one of two zero bytes
		v.body = b[2:]
		for inside := v.body; ; {
			_, next, ok := berRead(inside, depth+1)
			if !ok {
				v.body = v.body[:len(v.body)-len(inside)]
				return v, inside[min(2, len(inside)):], true
			}
			inside = next
		}
	case n >= 0x80:
		count := n & 0x7f
		if n, head = 0, 2+count; count == 0 || count > 4 || len(b) < head {
			return v, nil, false
		}
		for _, c := range b[2:head] {
			n = n<<8 | int(c)
		}
	}
	end := min(head+n, len(b)) // a mail that was cut
	v.body = b[head:end]
	return v, b[end:], true
}

// octets puts the chunks of an OCTET STRING together (X.690 section 8.7.3).
func (v berValue) octets(out []byte, depth int) []byte {
	if !v.constructed {
		if out == nil {
			return v.body
		}
		return append(out, v.body...)
	}
	if out == nil {
		out = make([]byte, 0, len(v.body))
	}
	if depth > 4 {
		return out
	}
	for b := v.body; ; {
		chunk, rest, ok := berNext(b)
		if !ok {
			return out
		}
		out = chunk.octets(out, depth+1)
		b = rest
	}
}
