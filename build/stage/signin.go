package stage

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/trust"
	"beckmanconnect/session/engineer"
)

var formID = regexp.MustCompile(`name="id" value="([^"]*)"`)

// staffCookie is the session the cloud gives a browser that has signed in.
const staffCookie = "__Host-staff"

// SignIn signs the stage's engineer in at the SSO as a browser would, without
// one. The session goes into a header, as beckmanconnect-desk has it.
func (h *House) SignIn(ctx context.Context) (engineer.API, error) {
	return h.SignInAs(ctx, EngineerAccount)
}

// SignInAs is SignIn for any account of the stage's.
func (h *House) SignInAs(ctx context.Context, account string) (engineer.API, error) {
	api, err := h.signInEngineer(ctx, account)
	if err != nil {
		return engineer.API{}, fmt.Errorf("stage: engineer's sign-in: %w", err)
	}
	return api, nil
}

func (h *House) signInEngineer(ctx context.Context, account string) (engineer.API, error) {
	roots, err := trust.Load(h.Roots())
	if err != nil {
		return engineer.API{}, err
	}
	base, err := url.Parse(h.cloud)
	if err != nil {
		return engineer.API{}, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return engineer.API{}, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots.CloudCA}
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
	h.stop = append(h.stop, transport.CloseIdleConnections)
	browser := &http.Client{Transport: transport, Jar: jar, Timeout: 20 * time.Second}
	at, text, err := browse(ctx, browser, h.cloud+cloudapi.PathLogin, nil)
	if err != nil {
		return engineer.API{}, err
	}
	id := formID.FindSubmatch(text)
	if id == nil {
		return engineer.API{}, fmt.Errorf("no form at %s: %s", at, lastLine(text))
	}
	target, err := at.Parse("/sign-in")
	if err != nil {
		return engineer.API{}, err
	}
	if _, _, err := browse(ctx, browser, target.String(), url.Values{"id": {string(id[1])}, "username": {account}, "password": {EngineerPassword}}); err != nil {
		return engineer.API{}, err
	}
	for _, cookie := range jar.Cookies(base) {
		if cookie.Name == staffCookie {
			bearer := "Bearer " + cookie.Value
			return engineer.API{
				Base: base, Client: &http.Client{Transport: transport, Timeout: 20 * time.Second}, TLS: config, DeviceCA: roots.DeviceCA,
				Header: func() http.Header { return http.Header{"Authorization": {bearer}} },
			}, nil
		}
	}
	return engineer.API{}, errors.New("the cloud gave no session")
}

// browse opens a page, or sends a form to it, and gives where that led.
func browse(ctx context.Context, browser *http.Client, address string, form url.Values) (*url.URL, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if form != nil && err == nil {
		request, err = http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader([]byte(form.Encode())))
		if err == nil {
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	if err != nil {
		return nil, nil, err
	}
	reply, err := browser.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(io.LimitReader(reply.Body, 1<<20))
	return reply.Request.URL, text, err
}
