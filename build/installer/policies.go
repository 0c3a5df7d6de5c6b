package installer

import (
	"archive/zip"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Policies writes the administrator's files as a ZIP: the group policy
// templates and, where the publisher is known, the rules for application
// control. The same publisher gives the same bytes.
func Policies(w io.Writer, chain []*x509.Certificate) error {
	files, err := policyTemplates()
	if err != nil {
		return err
	}
	all := map[string][]byte{}
	for name, text := range files {
		all["PolicyDefinitions/"+name] = text
	}
	if chain != nil {
		rules, err := publisherRules(chain)
		if err != nil {
			return err
		}
		for name, text := range rules {
			all["ApplicationControl/"+name] = text
		}
	}
	z := zip.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: made})
		if err == nil {
			_, err = f.Write(all[name])
		}
		if err != nil {
			return errors.Join(fmt.Errorf("installer: policies: %s: %w", name, err), z.Close())
		}
	}
	return z.Close()
}
