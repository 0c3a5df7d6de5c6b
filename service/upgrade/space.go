package upgrade

import (
	"errors"
	"fmt"

	"beckmanconnect/internal/release"
)

// reserve stays free beside what an upgrade needs, for the product's own log
// and database, bytes.
const reserve = 64 << 20

// expansion is how much larger a release is than what is fetched of it, where
// the vendor did not sign how large.
const expansion = 5

// need asks for room for what is fetched and for the programs that come out of
// it; the tar in between is never on disk. What is there of a download already
// is asked for once more.
func need(free, fetch, unpacked int64) error {
	if unpacked <= 0 {
		unpacked = min(fetch*expansion, release.MaxUnpacked)
	}
	if wanted := fetch + unpacked + reserve; free < wanted {
		return fmt.Errorf("%w: %d MB are free, %d MB are needed", errSpace, free>>20, wanted>>20)
	}
	return nil
}

// space makes a disk that became full on the way the same error as one that
// was.
func space(err error) error {
	if err != nil && !errors.Is(err, errSpace) && full(err) {
		return fmt.Errorf("%w: %w", errSpace, err)
	}
	return err
}
