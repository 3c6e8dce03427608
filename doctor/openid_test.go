package doctor

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hisseki/internal/config"
)

// TestOpenID: a provider that does not answer, is no provider or calls itself otherwise is found, and
// so is a secret that is missing or open to everybody.
func TestOpenID(t *testing.T) {
	var issuer string
	mux := http.NewServeMux()
	for path, text := range map[string]string{
		"/good":  `{"issuer":"%s/good","authorization_endpoint":"a","token_endpoint":"t","jwks_uri":"k"}`,
		"/slash": `{"issuer":"%s/slash/","authorization_endpoint":"a","token_endpoint":"t","jwks_uri":"k"}`,
		"/half":  `{"issuer":"%s/half","authorization_endpoint":"a"}`,
		"/html":  `<html>%s</html>`,
	} {
		mux.HandleFunc(path+"/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, text, issuer)
		})
	}
	server := httptest.NewServer(mux)
	defer server.Close()
	issuer = server.URL
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s"), 0o640); err != nil {
		t.Fatal(err)
	}
	open := filepath.Join(t.TempDir(), "open")
	if err := os.WriteFile(open, []byte("s"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, secret, level, says string }{
		{"/good", secret, OK, "answers"},
		{"/slash", secret, Bad, "it calls itself"},
		{"/half", secret, Bad, "lacks where"},
		{"/html", secret, Bad, "read http"},
		{"/none", secret, Bad, "404"},
		{"/good", open, Bad, "open to everybody"},
		{"/good", secret + "-not", Bad, "no such file"},
	} {
		d := &Doctor{ctx: t.Context()}
		d.openID(&config.OpenID{Issuer: issuer + c.path, SecretFile: c.secret})
		if len(d.list) == 0 || d.list[0].State != c.level || !strings.Contains(d.list[0].Found, c.says) {
			t.Errorf("%s, %s: %+v", c.path, c.secret, d.list)
		}
	}
	d := &Doctor{}
	if d.openID(&config.OpenID{}); len(d.list) != 0 {
		t.Errorf("without a provider: %+v", d.list)
	}
}
