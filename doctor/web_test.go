package doctor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hisseki/internal/config"
)

// pair writes a certificate that ends after a while.
func pair(t *testing.T, left time.Duration) (cert, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(left)}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, block := range map[string]*pem.Block{"cert": {Type: "CERTIFICATE", Bytes: der}, "key": {Type: "EC PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "cert"), filepath.Join(dir, "key")
}

func TestWeb(t *testing.T) {
	for _, c := range []struct {
		left   time.Duration
		change func(*config.Web)
		want   string
	}{
		{90 * 24 * time.Hour, nil, OK}, {24 * time.Hour, nil, Warn}, {-time.Hour, nil, Bad},
		{90 * 24 * time.Hour, func(w *config.Web) { w.Key = w.Cert }, Bad},
		{0, func(w *config.Web) { *w = config.Web{PasswordOnly: true} }, Warn},
		{0, func(w *config.Web) {
			*w = config.Web{Remote: true, Plain: true, Listen: config.Address{Network: "tcp", Name: "0.0.0.0:80"}}
		}, Warn},
		{0, func(w *config.Web) { *w = config.Web{} }, ""},
	} {
		d := &Doctor{}
		d.Config.Web.Cert, d.Config.Web.Key = pair(t, c.left)
		if c.change != nil {
			c.change(&d.Config.Web)
		}
		d.web()
		got := ""
		if len(d.list) == 1 {
			got = d.list[0].State
		}
		if got != c.want || len(d.list) > 1 {
			t.Errorf("%s, want %s: %+v", c.left, c.want, d.list)
		}
	}
}
