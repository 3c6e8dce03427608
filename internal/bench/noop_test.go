package bench

import (
	"net/textproto"

	gomilter "github.com/emersion/go-milter"
)

// noop is go-milter's milter that does nothing; at the end it goes on, as hisseki does.
// A silent one gives no answer to packets of header and body.
type noop struct {
	gomilter.NoOpMilter
	silent bool
}

func (n noop) quiet() (gomilter.Response, error) {
	if n.silent {
		return nil, nil
	}
	return gomilter.RespContinue, nil
}

func (n noop) Header(string, string, *gomilter.Modifier) (gomilter.Response, error) {
	return n.quiet()
}

func (n noop) Headers(textproto.MIMEHeader, *gomilter.Modifier) (gomilter.Response, error) {
	return n.quiet()
}

func (n noop) BodyChunk([]byte, *gomilter.Modifier) (gomilter.Response, error) {
	return n.quiet()
}

func (n noop) Body(*gomilter.Modifier) (gomilter.Response, error) {
	return gomilter.RespContinue, nil
}
