package installer

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/version"
)

//go:embed setup.nsi
var setupNSI string

// nsisFolders are the places as the setup program names them.
var nsisFolders = map[Place]string{
	Bin:       `$INSTDIR\bin`,
	Package:   `$INSTDIR\package`,
	Roots:     `$INSTDIR\package\trust`,
	Trust:     `$APPDATA\` + Folder + `\trust`, // ProgramData: for all accounts
	StartMenu: `$SMPROGRAMS`,
}

// nsisFile is an item as the setup program lays it.
type nsisFile struct {
	Folder, Name, Path, From string
	Packed                   bool // compressing it again is for nothing
}

// nsisProperty is a property with the length of "/NAME=".
type nsisProperty struct {
	Name   string
	Prefix int
}

// nsisField is a line of the address page.
type nsisField struct {
	Name, Label string
	Number, Top int
}

// fields of the address page, by the properties' names. What else may be said
// is for who installs silently.
var fields = []nsisField{
	{"CLOUDURL", "LABELURL", 1, 24}, {"REGION", "LABELREGION", 2, 42}, {"INSTRUMENT", "LABELINSTRUMENT", 3, 60}, {"SERIAL", "LABELSERIAL", 4, 78},
}

// Setup writes the setup program to a file, by makensis. sign is the command
// that signs the uninstaller in the middle of it ("%1" is the file); empty: it
// is not signed, and two runs over the same files write the same bytes.
func Setup(s Source, sign, out string) error {
	items, err := s.Items()
	if err != nil {
		return err
	}
	made := filepath.Join(s.Work, "setup.exe")
	text, err := s.nsi(items, sign, made)
	if err != nil {
		return fmt.Errorf("installer: setup: %w", err)
	}
	source := filepath.Join(s.Work, "setup.nsi")
	if err := os.WriteFile(source, text, 0o644); err != nil {
		return fmt.Errorf("installer: setup: %w", err)
	}
	if err := tool("makensis", "-NOCD", "-V2", "-INPUTCHARSET", "UTF8", source); err != nil {
		return fmt.Errorf("installer: setup: %w", err)
	}
	data, err := os.ReadFile(made)
	if err != nil {
		return fmt.Errorf("installer: setup: %w", err)
	}
	return os.WriteFile(out, data, 0o755)
}

func (s Source) nsi(items []Item, sign, out string) ([]byte, error) {
	var files []nsisFile
	size := int64(0)
	for _, item := range items {
		folder := nsisFolders[item.Place]
		files = append(files, nsisFile{folder, item.Name, folder + `\` + item.Name, item.From, strings.HasSuffix(item.Name, ".zst")})
		info, err := os.Stat(item.From)
		if err != nil {
			return nil, err
		}
		size += info.Size()
	}
	var properties []nsisProperty
	for _, p := range hostconfig.Properties() {
		properties = append(properties, nsisProperty{p.Name, len("/" + p.Name + "=")})
	}
	t, err := template.New("nsi").Parse(setupNSI)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{
		"Name": version.Name(), "Version": s.Version, "Company": Company, "Folder": Folder, "Key": Key, "Answers": Answers, "MinBuild": MinBuild,
		"Out": out, "Icon": s.Icon, "Licence": s.Licence, "URL": s.URL, "Sign": sign, "Fast": s.Fast, "Files": files, "Size": size / 1024, "Properties": properties,
		"Fields": fields, "Services": services(), "Languages": setupLanguages(s.Version),
		"CommandAdopt": commandAdopt(`$INSTDIR\package\`, filepath.Base(s.Archive)), "CommandAbandon": commandAbandon(`$INSTDIR\package\`),
		"CommandInstall": commandInstall(`$INSTDIR\bin\`), "CommandUninstall": commandUninstall(`$INSTDIR\bin\`),
	})
	return b.Bytes(), err
}

// setupLanguage is a language of the setup program.
type setupLanguage struct {
	Name, Upper string // as NSIS calls it
	Texts       []setupText
}

type setupText struct{ Key, Text string }

func setupLanguages(number string) []setupLanguage {
	fill := strings.NewReplacer("@NAME@", version.Name(), "@VERSION@", number, "@SUPPORTED@", Supported)
	names := []string{"English", "German", "French", "Spanish", "Italian", "SimpChinese", "Japanese"}
	var all []setupLanguage
	for i, name := range names {
		l := setupLanguage{Name: name, Upper: strings.ToUpper(name)}
		for _, t := range setupTexts {
			l.Texts = append(l.Texts, setupText{t.key, fill.Replace(t.in[i])})
		}
		all = append(all, l)
	}
	return all
}
