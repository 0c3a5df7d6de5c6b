package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/internal/release"
)

// maxMetadata bounds one piece of metadata in bytes. The lengths that metadata
// claim for each other may only lower it: whoever holds the timestamp's key
// alone could claim any.
const maxMetadata = 5_000_000

// fetcher fetches metadata for go-tuf, whose interface knows no context.
type fetcher struct {
	ctx    context.Context
	source *Source
}

// DownloadFile reads at most limit bytes: one more is an endless file
// (scenario 36). A timestamp that has not changed is not sent again: the bytes
// this PC holds are returned, which go-tuf verifies as it does those that came.
func (f *fetcher) DownloadFile(address string, limit int64, _ time.Duration) ([]byte, error) {
	role := roleOf(address)
	held, err := f.source.held(role)
	if err != nil {
		return nil, err
	}
	data, err := f.source.fetchMetadata(f.ctx, address, min(limit, maxMetadata), held)
	if err != nil {
		return nil, err
	}
	return data, wellFormed(role, data)
}

// held is the timestamp of the last check, nil where there is none.
func (s *Source) held(role string) ([]byte, error) {
	if role != metadata.TIMESTAMP {
		return nil, nil
	}
	data, err := os.ReadFile(filepath.Join(s.metadataDir(), metadata.TIMESTAMP+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// roleOf reads the role out of an address: ".../3.root.json".
func roleOf(address string) string {
	name := strings.TrimSuffix(path.Base(address), ".json")
	return name[strings.LastIndexByte(name, '.')+1:]
}

// fetchMetadata asks for one piece of metadata with as few bytes as HTTP
// needs. Where the server answers that nothing changed, held is returned.
func (s *Source) fetchMetadata(ctx context.Context, address string, limit int64, held []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.config.Patience, errNoAnswer)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", "") // not sent
	if held != nil {
		request.Header.Set("If-None-Match", release.Tag(held))
	}
	response, err := s.metadataClient().Do(request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusNotModified && held != nil:
		return held, nil
	case response.StatusCode != http.StatusOK:
		return nil, &metadata.ErrDownloadHTTP{StatusCode: response.StatusCode, URL: address}
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	if int64(len(data)) > limit {
		return nil, &metadata.ErrDownloadLengthMismatch{Msg: fmt.Sprintf("%s is longer than %d bytes", address, limit)}
	}
	return data, nil
}
