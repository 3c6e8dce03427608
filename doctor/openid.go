package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"hisseki/internal/config"
	"hisseki/internal/term"
	"hisseki/internal/words"
)

const (
	// providerTime is how long the provider of logins may take to answer.
	providerTime = 5 * time.Second
	// providerBytes bounds what is read of its description: a few kilobytes are usual.
	providerBytes = 1 << 20
)

// openID looks whether reviewers can log in at the provider: it answers, calls itself what the
// settings call it, can do the code flow, and the secret is there for nobody else.
func (d *Doctor) openID(o *config.OpenID) {
	if o.Issuer == "" {
		return
	}
	if o.SecretFile != "" {
		d.secret(o.SecretFile)
	}
	about, err := describe(d.ctx, o.Issuer)
	switch {
	case err != nil:
		d.add("login provider", Bad, words.Fault(err), say("doctor-provider-reach"))
	case about.Issuer != o.Issuer:
		d.add("login provider", Bad, say("doctor-provider-name", term.Safe(about.Issuer, 200), term.Safe(o.Issuer, 200)),
			say("doctor-provider-issuer"))
	case about.Authorize == "" || about.Token == "" || about.Keys == "":
		d.add("login provider", Bad, say("doctor-provider-lacks"), say("doctor-provider-is"))
	default:
		d.add("login provider", OK, say("doctor-answers", o.Issuer), nothing)
	}
}

// secret looks whether a secret is for hisseki alone.
func (d *Doctor) secret(path string) {
	switch info, err := os.Stat(path); {
	case err != nil:
		d.add("login provider", Bad, words.Fault(err), say("doctor-secret-put"))
	case info.Mode().Perm()&0o007 != 0:
		d.add("login provider", Bad, say("doctor-secret-open", path), say("doctor-secret-close", path))
	}
}

// description is what of a provider's description a login needs (OpenID Connect Discovery 1.0, section 3).
type description struct {
	Issuer    string `json:"issuer"`
	Authorize string `json:"authorization_endpoint"`
	Token     string `json:"token_endpoint"`
	Keys      string `json:"jwks_uri"`
}

func describe(ctx context.Context, issuer string) (about description, err error) {
	ctx, cancel := context.WithTimeout(ctx, providerTime)
	defer cancel()
	url := strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration"
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return about, fmt.Errorf("ask the provider of logins: %w", err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return about, fmt.Errorf("ask the provider of logins: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return about, fmt.Errorf("the provider of logins answers %s for %s", res.Status, url)
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, providerBytes)).Decode(&about); err != nil {
		return about, fmt.Errorf("read %s: %w", url, err)
	}
	return about, nil
}
