package access

import (
	"crypto/subtle"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// period is how long a code of the second factor is shown (RFC 6238, 5.2).
const period = 30 * time.Second

// codeForm is what every authenticator program knows.
var codeForm = totp.ValidateOpts{Period: uint(period / time.Second), Digits: otp.DigitsSix,
	Algorithm: otp.AlgorithmSHA1}

// NewSecret draws a secret of a second factor. uri is what an authenticator program reads.
func NewSecret(name string, random io.Reader) (secret, uri string, err error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "hisseki", AccountName: name,
		Period: codeForm.Period, Digits: codeForm.Digits, Algorithm: codeForm.Algorithm, Rand: random})
	if err != nil {
		return "", "", fmt.Errorf("draw a second factor: %w", err)
	}
	return key.Secret(), key.URL(), nil
}

// Code is the code that a secret shows at a time.
func Code(secret string, at time.Time) (string, error) {
	return totp.GenerateCodeCustom(secret, at, codeForm)
}

// stepOf returns the time step whose code was given; clocks may differ by one step.
func stepOf(secret, code string, now time.Time) (int64, bool) {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	for _, skew := range []time.Duration{0, -period, period} {
		at := now.Add(skew)
		want, err := Code(secret, at)
		if err == nil && len(code) == len(want) && subtle.ConstantTimeCompare([]byte(code), []byte(want)) == 1 {
			return at.Unix() / int64(period/time.Second), true
		}
	}
	return 0, false
}
