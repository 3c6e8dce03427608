package command

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hisseki/access"
	"hisseki/access/openid"
	"hisseki/internal/config"
)

// provider is where reviewers log in, nil for none; page is the URL of ours.
func provider(o config.OpenID, page string) (*openid.Provider, error) {
	if o.Issuer == "" {
		return nil, nil
	}
	path := o.SecretFile
	if o.SecretCredential != "" {
		dir := os.Getenv("CREDENTIALS_DIRECTORY")
		if dir == "" {
			return nil, fmt.Errorf("web.openid: systemd gave no credentials: add LoadCredential=%s:FILE to"+
				" hisseki-web.service", o.SecretCredential)
		}
		path = filepath.Join(dir, filepath.Base(o.SecretCredential))
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("web.openid: %w", err)
	}
	if info.Mode().Perm()&0o007 != 0 {
		return nil, fmt.Errorf("web.openid: the secret %s is open to everybody: chmod o= %[1]s", path)
	}
	secret, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("web.openid: %w", err)
	}
	roles := map[string]access.Role{}
	for group, role := range o.Roles {
		roles[group] = access.Role(role)
	}
	return openid.New(openid.Settings{Issuer: o.Issuer, ClientID: o.ClientID, Secret: strings.TrimSpace(string(secret)),
		Callback: page + "/openid/back", Scopes: o.Scopes, Name: o.NameClaim, Groups: o.GroupsClaim, Roles: roles},
		time.Now, rand.Reader), nil
}
