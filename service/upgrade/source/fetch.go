package source

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
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

// base is the address of the repository: the mirror that the signed site policy
// names, or else the vendor's. A client is kept for as long as it is the same.
func (s *Source) base() string {
	at, roots := s.config.URL, s.config.CloudCA
	if mirror := s.config.Site().Mirror; mirror != "" {
		at = strings.TrimSuffix(mirror, "/") + "/"
		// A mirror stands in the hospital's own network, and its certificate is
		// from a CA that this PC's system knows. It vouches for nothing but the
		// way there: what comes from it is signed by the vendor.
		roots = s.config.MirrorCA
	}
	if s.client == nil || s.at != at {
		s.Close()
		s.at = at
		s.connect(roots)
	}
	return at
}

// get opens what is at address, from the byte from on where the server does
// that; answer.from says where it begins. Reading fails when nothing comes for
// stallTime.
func (s *Source) get(ctx context.Context, address string, from int64) (*answer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	if from > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
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
	b := &answer{ReadCloser: response.Body, cancel: cancel}
	switch {
	case response.StatusCode == http.StatusOK:
	case response.StatusCode == http.StatusPartialContent && from > 0 &&
		strings.HasPrefix(response.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", from)):
		b.from = from
	default:
		response.Body.Close()
		cancel(nil)
		return nil, &metadata.ErrDownloadHTTP{StatusCode: response.StatusCode, URL: address}
	}
	b.stall = time.AfterFunc(stallTime, func() { cancel(errStalled) })
	b.stall.Stop() // runs while something is read
	return b, nil
}

var (
	errNoAnswer = fmt.Errorf("%w: it does not answer", ErrUnreachable)
	errStalled  = fmt.Errorf("%w: it stopped sending", ErrUnreachable)
)

// answer is what comes, from the byte from on.
type answer struct {
	io.ReadCloser
	from   int64
	stall  *time.Timer
	cancel context.CancelCauseFunc
}

func (b *answer) Read(p []byte) (int, error) {
	b.stall.Reset(stallTime) // whoever reads may have rested for long
	n, err := b.ReadCloser.Read(p)
	b.stall.Stop()
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return n, err
}

func (b *answer) Close() error {
	b.stall.Stop()
	b.cancel(nil)
	return b.ReadCloser.Close()
}
