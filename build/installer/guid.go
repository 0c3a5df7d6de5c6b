package installer

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// UpgradeCode is what all versions of the MSI have in common. It never changes.
const UpgradeCode = "{6C0B9C0E-4F0D-5C1B-9B7E-3A0C5E2D71A4}"

// ProductCode is the MSI's identity of one version: the same each time that
// version is built.
func ProductCode(version string) string { return guid("product", version) }

// componentCode is the identity of a file's place, over all versions: Windows
// counts by it who needs a file.
func componentCode(place Place, name string) string {
	return guid("component", string(place), strings.ToLower(name))
}

// guid derives a GUID from words (RFC 9562, version 8), in the form of MSI.
func guid(words ...string) string {
	sum := sha256.Sum256([]byte("com.beckmanconnect.remotesupport\x00" + strings.Join(words, "\x00")))
	return guidOf(sum[:])
}

func guidOf(s []byte) string {
	s[6], s[8] = s[6]&0x0f|0x80, s[8]&0x3f|0x80
	return fmt.Sprintf("{%X-%X-%X-%X-%X}", s[:4], s[4:6], s[6:8], s[8:10], s[10:16])
}
