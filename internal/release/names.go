package release

import (
	"fmt"
	"path/filepath"
	"regexp"
)

var (
	digestForm  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	archiveName = regexp.MustCompile(`^beckmanconnect-(\d{1,6}\.\d{1,6}\.\d{1,6})-((?:linux|windows)-amd64)\.tar\.zst$`)
	fileName    = regexp.MustCompile(`^beckmanconnect-\d{1,6}\.\d{1,6}\.\d{1,6}-(?:linux|windows)-amd64\.(?:tar\.zst|from-[0-9a-f]{16}\.delta)$`)
)

// ArchiveName is the file name of a release's archive, and the target's.
func ArchiveName(version, platform string) string {
	return "beckmanconnect-" + version + "-" + platform + ".tar.zst"
}

// DeltaName is the file name, and the target's, of the delta that makes this
// release out of the one with the digest from.
func DeltaName(version, platform, from string) string {
	return "beckmanconnect-" + version + "-" + platform + ".from-" + from[:min(16, len(from))] + ".delta"
}

// Named reads version and platform out of an archive's file name.
func Named(archive string) (version, platform string, err error) {
	m := archiveName.FindStringSubmatch(filepath.Base(archive))
	if m == nil {
		return "", "", fmt.Errorf("release: %q is not named like a release archive (beckmanconnect-1.2.3-linux-amd64.tar.zst)", filepath.Base(archive))
	}
	return m[1], m[2], nil
}
