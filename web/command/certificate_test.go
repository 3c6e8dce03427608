package command

import (
	"path/filepath"
	"strings"
	"testing"

	"hisseki/internal/config"
)

// A certificate that cannot be read is an error that names the file, also without a browser's
// greeting: serving asks once before it answers.
func TestCertificateMissing(t *testing.T) {
	w := config.Web{Cert: filepath.Join(t.TempDir(), "review.pem"), Key: "review.key"}
	if c, err := certificate(w)(nil); c != nil || err == nil || !strings.Contains(err.Error(), w.Cert) {
		t.Errorf("%v, error %v, want one that names %s", c, err, w.Cert)
	}
}
