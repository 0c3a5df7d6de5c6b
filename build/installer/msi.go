package installer

import (
	"bytes"
	_ "embed"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/version"
	"beckmanconnect/internal/winservice"
)

//go:embed product.wxs
var productWXS string

// msiFile is an item as the tables of an MSI name it.
type msiFile struct{ ID, FileID, GUID, Name, From string }

// MSI writes the MSI to a file, by wixl and msibuild. action is the custom
// action's library, signed where the package is to be. Two runs over the same
// files write the same bytes.
func MSI(s Source, action, out string) error {
	items, err := s.Items()
	if err != nil {
		return err
	}
	// wixl takes files beside its source alone.
	text, err := s.wxs(items)
	err = errors.Join(err, copyFile(s.Icon, filepath.Join(s.Work, iconName)), copyFile(action, filepath.Join(s.Work, actionName)))
	if err != nil {
		return fmt.Errorf("installer: msi: %w", err)
	}
	source, made := filepath.Join(s.Work, "product.wxs"), filepath.Join(s.Work, "product.msi")
	if err := os.WriteFile(source, text, 0o644); err != nil {
		return fmt.Errorf("installer: msi: %w", err)
	}
	for _, step := range [][]string{{"wixl", "-a", "x64", "-o", made, source}, append([]string{"msibuild", made, "-q"}, s.queries(items)...)} {
		if err := tool(step...); err != nil {
			return fmt.Errorf("installer: msi: %w", err)
		}
	}
	data, err := os.ReadFile(made)
	if err == nil {
		err = settle(data)
	}
	if err == nil {
		err = os.WriteFile(out, data, 0o644)
	}
	if err != nil {
		return fmt.Errorf("installer: msi: %w", err)
	}
	return nil
}

const iconName, actionName = "app.ico", "action.dll"

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}

func tool(command ...string) error {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C.UTF-8") // neither may show in what is made
	out, err := cmd.CombinedOutput()
	// wixl and msibuild warn where they should fail.
	if bytes.Contains(out, []byte("CRITICAL")) || bytes.Contains(out, []byte("failed to")) {
		err = errors.Join(err, errors.New("it complains"))
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, out)
	}
	return nil
}

func (s Source) wxs(items []Item) ([]byte, error) {
	files := map[string][]msiFile{}
	var all []msiFile
	for i, item := range items {
		from, err := filepath.Rel(s.Work, item.From)
		if err != nil {
			return nil, err
		}
		f := msiFile{ID: fmt.Sprintf("c%02d", i), FileID: fileID(i), GUID: componentCode(item.Place, item.Name), Name: item.Name, From: from}
		files[string(item.Place)] = append(files[string(item.Place)], f)
		all = append(all, f)
	}
	t, err := template.New("wxs").Parse(productWXS)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{
		"ProductCode": ProductCode(s.Version), "UpgradeCode": UpgradeCode, "EntryGUID": guid("component", "entry"), "Version": s.Version,
		"Name": version.Name(), "Company": Company, "Folder": Folder, "Key": Key, "Answers": Answers, "Supported": Supported, "MinBuild": MinBuild,
		"Icon": iconName, "Action": actionName, "Files": files, "All": all, "Properties": hostconfig.Properties(), "Services": services(),
	})
	if err == nil {
		err = xml.Unmarshal(b.Bytes(), new(struct{ XMLName xml.Name }))
	}
	return b.Bytes(), err
}

func fileID(i int) string { return fmt.Sprintf("f%02d", i) }

// services are the two, in the order they are stopped in.
func services() []string {
	return []string{winservice.Upgrade().Name, winservice.Host().Name}
}

// Kinds of custom actions (Windows Installer, CustomAction table).
const (
	dllInBinary   = 0x1
	setProperty   = 0x33
	deferred      = 0x400
	rollback      = 0x100
	noImpersonate = 0x800
	carryOn       = 0x40
)

// step is a program of the package that the MSI runs, as an administrator and
// in its place among the changes, and what undoes it.
type step struct {
	name, says string
	command    string // formatted by the MSI from its own tables alone
	when       string
	at         int
	kind       int
}

// queries are what wixl cannot say, as SQL.
func (s Source) queries(items []Item) []string {
	fresh := `NOT Installed AND NOT WIX_UPGRADE_DETECTED`
	removed := `REMOVE="ALL" AND NOT UPGRADINGPRODUCTCODE`
	steps := []step{
		// Removal: what was set up goes before the files do.
		{"Uninstall", "Removing the services, the log stays", commandUninstall("[BIN]"), removed + ` AND NOT REMOVEDATA=1`, 1950, deferred},
		{"UninstallAll", "Removing the services, the settings and the log", commandUninstall("[BIN]") + " --remove-data", removed + ` AND REMOVEDATA=1`, 1952, deferred},
		{"Abandon", "Removing the programs", commandAbandon("[PACKAGE]"), removed, 1954, deferred},
		// Installation: the undoing of a first one stands before what it undoes.
		{"UndoAdopt", "Removing the programs", commandAbandon("[PACKAGE]"), fresh, 5810, deferred | rollback | carryOn},
		{"Adopt", "Unpacking and verifying the programs", commandAdopt("[PACKAGE]", filepath.Base(s.Archive)), `NOT REMOVE`, 5812, deferred},
		{"UndoInstall", "Removing the services", commandUninstall("[BIN]"), fresh, 5814, deferred | rollback | carryOn},
		{"Install", "Setting up the services", commandInstall("[BIN]"), `NOT REMOVE`, 5816, deferred},
	}
	all := []string{"CREATE TABLE `ActionText` (`Action` CHAR(72) NOT NULL, `Description` CHAR(255) LOCALIZABLE, `Template` CHAR(255) LOCALIZABLE PRIMARY KEY `Action`)"}
	for _, st := range steps {
		all = append(all,
			insert("CustomAction", "`Action`, `Type`, `Source`, `Target`", quoted("Set"+st.name), setProperty, quoted(st.name), quoted(st.command)),
			insert("CustomAction", "`Action`, `Type`, `Source`, `Target`", quoted(st.name), dllInBinary|noImpersonate|st.kind, quoted("action"), quoted("Run")),
			insert("InstallExecuteSequence", "`Action`, `Condition`, `Sequence`", quoted("Set"+st.name), quoted(st.when), st.at-1),
			insert("InstallExecuteSequence", "`Action`, `Condition`, `Sequence`", quoted(st.name), quoted(st.when), st.at),
			insert("ActionText", "`Action`, `Description`", quoted(st.name), quoted(st.says)))
	}
	if s.URL != "" { // where nobody says another, and nothing was said before
		all = append(all,
			insert("CustomAction", "`Action`, `Type`, `Source`, `Target`", quoted("SetAddress"), setProperty, quoted("CLOUDURL"), quoted(s.URL)),
			insert("InstallExecuteSequence", "`Action`, `Condition`, `Sequence`", quoted("SetAddress"), quoted(fresh+` AND NOT CLOUDURL`), 1010))
	}
	for i, item := range items {
		if item.Versioned { // a file with a version is replaced only by one whose version is known
			all = append(all, fmt.Sprintf("UPDATE `File` SET `Version` = '%s.0', `Language` = '1033' WHERE `File` = '%s'", s.Version, fileID(i)))
		}
	}
	secure := []string{"REMOVEDATA", "WIX_DOWNGRADE_DETECTED", "WIX_UPGRADE_DETECTED"}
	for _, p := range hostconfig.Properties() {
		secure = append(secure, p.Name)
	}
	return append(all,
		fmt.Sprintf("UPDATE `Property` SET `Value` = '%s' WHERE `Property` = 'SecureCustomProperties'", strings.Join(secure, ";")),
		// Behind the point from which a failure undoes everything, so that the old
		// version is back when the new one cannot be installed.
		"UPDATE `InstallExecuteSequence` SET `Sequence` = 1501 WHERE `Action` = 'RemoveExistingProducts'")
}

func insert(table, columns string, values ...any) string {
	var text []string
	for _, v := range values {
		text = append(text, fmt.Sprint(v))
	}
	return fmt.Sprintf("INSERT INTO `%s` (%s) VALUES (%s)", table, columns, strings.Join(text, ", "))
}

func quoted(text string) string { return "'" + text + "'" }

// The commands both packages run. Each is whole here: nothing that was said at
// installation is ever part of a command line. Folders end in a backslash.
func commandAdopt(folder, archive string) string {
	return `"` + folder + unpackerName + `" --log-level warn --config "` + folder + adoptName + `" adopt --package "` + folder + archive + `"`
}

func commandAbandon(folder string) string {
	return `"` + folder + unpackerName + `" --log-level warn --config "` + folder + adoptName + `" abandon`
}

func commandInstall(folder string) string {
	return `"` + folder + winservice.Host().Program + `.exe" install --answers`
}

func commandUninstall(folder string) string {
	return `"` + folder + winservice.Host().Program + `.exe" uninstall`
}
