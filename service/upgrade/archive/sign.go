package archive

import (
	"bytes"
	"fmt"
	"io"

	"beckmanconnect/internal/release"
)

// Sign writes the release in archive again, with the publisher's signature in
// the place of whatever was there, and returns its new digest. The programs are
// taken over as they are; who installs it compares them with release.json.
func Sign(w io.Writer, archive io.Reader, sign func(manifest []byte) (signature []byte, err error)) (digest string, err error) {
	digest, err = resign(w, archive, sign)
	if err != nil {
		return "", fmt.Errorf("archive: sign: %w", err)
	}
	return digest, nil
}

func resign(w io.Writer, archive io.Reader, sign func([]byte) ([]byte, error)) (string, error) {
	tar, err := release.Decompress(archive)
	if err != nil {
		return "", err
	}
	defer tar.Close()
	r := reader{io.LimitReader(tar, release.MaxUnpacked)}
	text, err := r.small(manifestName, maxManifest)
	if err != nil {
		return "", err
	}
	if _, err := r.small(signatureName, maxSignature); err != nil {
		return "", err
	}
	if _, err := parse(text); err != nil {
		return "", err
	}
	if sign == nil {
		return "", fmt.Errorf("%w: there is nobody to sign", ErrUnsigned)
	}
	signature, err := signed(text, sign)
	if err != nil {
		return "", err
	}
	return compressed(w, func(w io.Writer) error {
		for _, f := range []struct {
			name string
			data []byte
		}{{manifestName, text}, {signatureName, signature}} {
			if err := addFile(w, f.name, int64(len(f.data)), bytes.NewReader(f.data)); err != nil {
				return err
			}
		}
		_, err := io.Copy(w, r.r)
		return err
	})
}
