package store

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"hisseki/analyzer"
)

// evidence is kept without its names and compressed: it would be a quarter of the store.
type evidence []analyzer.Evidence

// evidenceWords is what evidence is made of, for zstd (RFC 8878, section 5) to point to.
// What is in a store was compressed with it, so it must never change: better words need
// a new file under a new id beside it.
//
//go:embed evidence.dict
var evidenceWords []byte

// evidenceWordsID is in every compressed evidence.
const evidenceWordsID = 1

// maxEvidence bounds, in bytes, what evidence may become when it is read.
const maxEvidence = 1 << 20

// packer compresses and reads evidence. It is safe for concurrent use.
type packer struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

func newPacker() (packer, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderDictRaw(evidenceWordsID, evidenceWords),
		zstd.WithEncoderCRC(false), zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithWindowSize(16<<10), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return packer{}, fmt.Errorf("set up compression: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderDictRaw(evidenceWordsID, evidenceWords),
		zstd.WithDecoderMaxMemory(maxEvidence), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return packer{}, fmt.Errorf("set up compression: %w", err)
	}
	return packer{enc, dec}, nil
}

// pack returns nothing for no evidence.
func (p packer) pack(e evidence) ([]byte, error) {
	if len(e) == 0 {
		return []byte{}, nil
	}
	text, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return p.enc.EncodeAll(text, nil), nil
}

// detail reads a journal row's detail, with what pack made of its evidence.
func (p packer) detail(more, reasons []byte) (d detail, err error) {
	if err := json.Unmarshal(more, &d); err != nil {
		return d, fmt.Errorf("read detail: %w", err)
	}
	if len(reasons) == 0 { // none, or an old store's: it is in the detail
		return d, nil
	}
	d.Evidence, err = p.unpack(reasons)
	return d, err
}

// unpack reads what pack made of evidence.
func (p packer) unpack(packed []byte) (e evidence, err error) {
	if len(packed) == 0 {
		return nil, nil
	}
	text, err := p.dec.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	return e, nil
}

// MarshalJSON writes lists of signal, points, observed, usual and text.
func (e evidence) MarshalJSON() ([]byte, error) {
	list := make([][5]any, len(e))
	for i := range e {
		list[i] = [5]any{e[i].Signal, e[i].Points, e[i].Observed, e[i].Usual, e[i].Text}
	}
	return json.Marshal(list)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *evidence) UnmarshalJSON(data []byte) error {
	var list [][5]json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	*e = make(evidence, len(list))
	for i, l := range list {
		v := &(*e)[i]
		for n, into := range []any{&v.Signal, &v.Points, &v.Observed, &v.Usual, &v.Text} {
			if err := json.Unmarshal(l[n], into); err != nil {
				return err
			}
		}
	}
	return nil
}

// leastPoints is below what every second mail shows (0.3 points). In mail that passes
// such a signal explains nothing.
const leastPoints = 0.3

// storedEvidence is the evidence that is kept: all of a mail that would be kept, of other mail
// what has some weight.
func storedEvidence(v *analyzer.Verdict) evidence {
	if v.Would != analyzer.Pass {
		return v.Evidence
	}
	var list evidence
	for i := range v.Evidence {
		if v.Evidence[i].Points >= leastPoints {
			list = append(list, v.Evidence[i])
		}
	}
	return list
}
