package hook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"hisseki/internal/capped"
)

// Webhook posts events as JSON. Every request is signed; the server's certificate is
// verified; a redirection is an error.
type Webhook struct {
	URL    string
	Secret string // file with the key of the signature, read for every request
	Now    func() time.Time
	client *http.Client
}

// Headers of a request.
const (
	SignatureHeader = "Hisseki-Signature" // "t=UNIX SECONDS,v2=HEX"
	EventHeader     = "Hisseki-Event"     // the event's id
)

// minSecret is the shortest secret taken, in bytes.
const minSecret = 16

// NewWebhook returns a Webhook. authorities is a PEM file of those who may vouch for the
// server, "" for the system's.
func NewWebhook(address, secret, authorities string, now func() time.Time) (*Webhook, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if authorities != "" {
		pem, err := os.ReadFile(authorities)
		if err != nil {
			return nil, fmt.Errorf("read certificate authorities: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM form", authorities)
		}
	}
	w := &Webhook{URL: address, Secret: secret, Now: now, client: &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: config,
			DisableKeepAlives:      true, // events are rare
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	_, err := w.secret()
	return w, err
}

// secret reads the key. Others must not be able to.
func (w *Webhook) secret() ([]byte, error) {
	info, err := os.Stat(w.Secret)
	if err != nil {
		return nil, fmt.Errorf("read the webhook's secret: %w", err)
	}
	if info.Mode().Perm()&0o007 != 0 {
		return nil, fmt.Errorf("the webhook's secret %s is open to everybody: chmod o= %s",
			w.Secret, w.Secret)
	}
	text, err := os.ReadFile(w.Secret)
	if err != nil {
		return nil, fmt.Errorf("read the webhook's secret: %w", err)
	}
	text = bytes.TrimSpace(text)
	if len(text) < minSecret {
		return nil, fmt.Errorf("the webhook's secret in %s is shorter than %d bytes", w.Secret,
			minSecret)
	}
	return text, nil
}

// Sign returns the value of SignatureHeader: the HMAC-SHA256 of the time, the URL and the body,
// the first two with a line end. With the URL in it, one receiver cannot pass a request on to
// another that has the same secret.
func Sign(secret []byte, address string, body []byte, at time.Time) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(stamp + "\n" + address + "\n"))
	mac.Write(body)
	return "t=" + stamp + ",v2=" + hex.EncodeToString(mac.Sum(nil))
}

// Tell implements Teller. Output is the status and the beginning of the response.
func (w *Webhook) Tell(ctx context.Context, e *Event) (string, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("write event as JSON: %w", err)
	}
	secret, err := w.secret()
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("prepare request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "hisseki")
	req.Header.Set(EventHeader, e.ID)
	req.Header.Set(SignatureHeader, Sign(secret, w.URL, body, w.Now()))
	resp, err := w.client.Do(req)
	if err != nil {
		var full *url.Error // its text has the URL, which may hold a token
		if errors.As(err, &full) {
			err = full.Err
		}
		return "", fmt.Errorf("post event: %w", err)
	}
	defer resp.Body.Close()
	said := capped.New(maxOutput)
	// The status is the answer; a body that breaks off changes nothing.
	_, _ = io.Copy(said, io.LimitReader(resp.Body, maxOutput))
	output := strings.TrimSpace(resp.Status + "\n" + said.String())
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return output, errors.New("post event: the server redirects, which is not followed:" +
			" configure the final URL")
	case resp.StatusCode < 200 || resp.StatusCode >= 300:
		return output, fmt.Errorf("post event: the server says %s", resp.Status)
	}
	return output, nil
}
