package proofpack

import (
	"bytes"
	"encoding/json"
	"fmt"

	"beckmanconnect/assets/text"
	"beckmanconnect/internal/datasheet"
)

// Names of the files that are not pages.
const (
	FileIndex    = "index.html"
	FileManifest = "MANIFEST.sha256"
	FileSBOM     = "sbom.cdx.json"
)

// file is one file of the folder.
type file struct {
	name string
	data []byte
}

// pageName is the page's in one language; the chosen one is index.html.
func pageName(tag, chosen string) string {
	if tag == chosen {
		return FileIndex
	}
	return "index." + tag + ".html"
}

// files are all of them, without the manifest.
func (p *Pack) files(lang string) ([]file, error) {
	chosen := text.New(lang).Lang()
	var all []file
	for _, l := range text.Languages() {
		var b bytes.Buffer
		if err := p.page(&b, l.Tag, chosen); err != nil {
			return nil, fmt.Errorf("proofpack: page in %s: %w", l.Tag, err)
		}
		all = append(all, file{pageName(l.Tag, chosen), b.Bytes()})
	}
	for _, j := range []struct {
		name  string
		value any
	}{
		{"report.json", p}, {"network.json", p.Network}, {"data.json", datasheet.Rows()}, {"mds2.json", p.MDS2},
		{"defaults.json", p.Defaults}, {"programs.json", p.Programs}, {"log.json", p.Log},
	} {
		text, err := json.MarshalIndent(j.value, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("proofpack: %s: %w", j.name, err)
		}
		all = append(all, file{j.name, append(text, '\n')})
	}
	if len(p.SBOM) > 0 {
		all = append(all, file{FileSBOM, p.SBOM})
	}
	return all, nil
}
