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

// fetcher fetches metadata for go-tuf, whose interface knows no context.
type fetcher struct {
	ctx    context.Context
	source *Source
}

// DownloadFile reads at most limit bytes: one more is an endless file
// (scenario 36).
func (f *fetcher) DownloadFile(address string, limit int64, _ time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(f.ctx, metadataTime)
	defer cancel()
	r, err := f.source.get(ctx, address)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, &metadata.ErrDownloadLengthMismatch{Msg: fmt.Sprintf("%s is longer than %d bytes", address, limit)}
	}
	return data, nil
}
