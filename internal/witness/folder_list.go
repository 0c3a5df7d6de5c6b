package witness

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// KnownLog is a log that a witness watches.
type KnownLog struct {
	Origin, Verifier string
	Size             int64     // of the newest cosigned checkpoint; 0: none yet
	Time             time.Time // when it was cosigned
	Refused          string    // code of the last refusal, if nothing was cosigned since
	RefusedTime      time.Time
}

// Logs lists what is watched, by name.
func (f *Folder) Logs(ctx context.Context) (list []KnownLog, err error) {
	err = f.locked(func() error {
		found, err := filepath.Glob(filepath.Join(f.dir, dirLogs, "*", fileLog))
		if err != nil {
			return err
		}
		for _, path := range found {
			k, err := f.known(ctx, path)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			list = append(list, k)
		}
		return nil
	})
	slices.SortFunc(list, func(a, b KnownLog) int { return strings.Compare(a.Origin, b.Origin) })
	return list, err
}

func (f *Folder) known(ctx context.Context, path string) (k KnownLog, err error) {
	text, err := readFile(path)
	if err != nil {
		return k, err
	}
	k.Verifier = strings.TrimSpace(string(text))
	k.Origin, _, _ = strings.Cut(k.Verifier, "+")
	log, seen, err := files{f}.Newest(ctx, k.Origin)
	if err != nil {
		return k, err
	}
	if k.Size = seen.Size; k.Size > 0 {
		c, err := Open(seen.Note, log, f.signer.Verifier())
		if err != nil {
			return k, err
		}
		k.Time = c.Time
	}
	if said, err := readFile(filepath.Join(filepath.Dir(path), fileRefused)); err == nil {
		var unix int64
		if _, err := fmt.Sscanf(string(said), "%d %s", &unix, &k.Refused); err == nil {
			k.RefusedTime = time.Unix(unix, 0)
		}
	}
	return k, nil
}
