package release

import (
	"crypto/sha256"
	"encoding/base64"
)

// Tag is the HTTP entity tag of a piece of the repository's metadata. The
// cloud computes it of what it would send and the upgrade service of what it
// holds, so that "not modified" can only be said of these very bytes: no tag
// that a hostile mirror gave is ever kept or sent back.
func Tag(data []byte) string {
	sum := sha256.Sum256(data)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}
