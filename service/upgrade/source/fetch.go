package source

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// How long the server may keep us waiting: for the first byte, for one piece of
// metadata as a whole, and within an archive.
const (
	answerTime   = 20 * time.Second
	metadataTime = 30 * time.Second
	stallTime    = time.Minute // without one byte of an archive
)

// tlsConfig trusts the cloud's CA alone.
func tlsConfig(ca *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: ca, MinVersion: tls.VersionTLS12}
}

// get opens what is at address. Reading fails when nothing comes for stallTime.
func (s *Source) get(ctx context.Context, address string) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	waiting := time.AfterFunc(answerTime, func() { cancel(errNoAnswer) })
	response, err := s.client.Do(request)
	if !waiting.Stop() && err == nil {
		response.Body.Close()
		err = errNoAnswer
	}
	if err != nil {
		cancel(nil)
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		cancel(nil)
		return nil, &metadata.ErrDownloadHTTP{StatusCode: response.StatusCode, URL: address}
	}
	b := &body{ReadCloser: response.Body, cancel: cancel}
	b.stall = time.AfterFunc(stallTime, func() { cancel(errStalled) })
	return b, nil
}

var (
	errNoAnswer = fmt.Errorf("%w: it does not answer", ErrUnreachable)
	errStalled  = fmt.Errorf("%w: it stopped sending", ErrUnreachable)
)

type body struct {
	io.ReadCloser
	stall  *time.Timer
	cancel context.CancelCauseFunc
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.stall.Reset(stallTime)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return n, err
}

func (b *body) Close() error {
	b.stall.Stop()
	b.cancel(nil)
	return b.ReadCloser.Close()
}
