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
		d.add("login provider", Bad, err.Error(), "see that it runs and that this machine reaches it; reviewers with a"+
			" password of the page's own can log in meanwhile")
	case about.Issuer != o.Issuer:
		d.add("login provider", Bad, fmt.Sprintf("it calls itself %.200q, web.openid.issuer says %.200q", about.Issuer, o.Issuer),
			"write the issuer as it calls itself: tokens are refused else")
	case about.Authorize == "" || about.Token == "" || about.Keys == "":
		d.add("login provider", Bad, "its description lacks where logins, tokens or keys are", "see whether it is an OpenID Connect provider")
	default:
		d.add("login provider", OK, o.Issuer+" answers", "")
	}
}

// secret looks whether a secret is for hisseki alone.
func (d *Doctor) secret(path string) {
	switch info, err := os.Stat(path); {
	case err != nil:
		d.add("login provider", Bad, err.Error(), "put the client's secret there: docs/review.md")
	case info.Mode().Perm()&0o007 != 0:
		d.add("login provider", Bad, "the secret "+path+" is open to everybody", "chmod o= "+path)
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
