package installer

import (
	"archive/zip"
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"encoding/xml"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/release"
	"beckmanconnect/internal/trust"
	"beckmanconnect/internal/version"
	"beckmanconnect/service/upgrade/archive"
)

// source is a package's whole, of small files.
func source(t *testing.T) Source {
	t.Helper()
	dir := t.TempDir()
	file := func(name string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("file "+name), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, name := range archive.Names("windows-amd64") {
		file("bin/" + name)
	}
	file("roots/code-ca.pem")
	work := filepath.Join(dir, "work")
	if err := os.Mkdir(work, 0o755); err != nil {
		t.Fatal(err)
	}
	icon, err := filepath.Abs("../../assets/icons/app.ico")
	if err != nil {
		t.Fatal(err)
	}
	return Source{Version: "1.2.3", Archive: file(release.ArchiveName("1.2.3", "windows-amd64")), Unpacker: file("beckmanconnect-upgrade.exe"),
		Bin: filepath.Join(dir, "bin"), Roots: filepath.Join(dir, "roots"), Licence: file("LICENSE"), Notices: file("NOTICES"),
		Icon: icon, URL: "https://support.example.invalid", Fast: true, Work: work}
}

func needs(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed")
		}
	}
}

// The packages own the launchers, the archive, what unpacks it, and nothing of
// a version: a repair brings no old version back (scenario 38).
func TestItems(t *testing.T) {
	s := source(t)
	items, err := s.Items()
	if err != nil {
		t.Fatal(err)
	}
	places := map[Place][]string{}
	for _, i := range items {
		places[i.Place] = append(places[i.Place], i.Name)
		if info, err := os.Stat(i.From); err != nil || !info.ModTime().Equal(made) {
			t.Errorf("%s: %v, %v", i.Name, info.ModTime(), err)
		}
		if program := strings.HasSuffix(i.Name, ".exe"); program != i.Versioned {
			t.Errorf("%s: versioned %v", i.Name, i.Versioned)
		}
	}
	want := archive.Names("windows-amd64")
	slices.Sort(want)
	if !slices.Equal(places[Bin], want) {
		t.Errorf("bin: %q", places[Bin])
	}
	if !slices.Equal(places[Trust], places[Roots]) || len(places[Trust]) != 1 {
		t.Errorf("trust: %q, %q", places[Trust], places[Roots])
	}
	if len(items) != 6+2+5+1 {
		t.Errorf("%d items", len(items))
	}
}

func TestItemsRefuse(t *testing.T) {
	tests := map[string]func(*Source){
		"another version":    func(s *Source) { s.Version = "1.2.4" },
		"a missing launcher": func(s *Source) { os.Remove(filepath.Join(s.Bin, "beckmanctl.exe")) },
		"no roots":           func(s *Source) { s.Roots = filepath.Join(s.Roots, "none") },
		"a folder in roots":  func(s *Source) { os.Mkdir(filepath.Join(s.Roots, "x"), 0o755) },
		"no unpacker":        func(s *Source) { s.Unpacker += ".gone" },
		"a quote in URL":     func(s *Source) { s.URL = `https://x.example/" --remove-data` },
		"a property in URL":  func(s *Source) { s.URL = "https://x.example/[SERIAL]" },
		"a variable in URL":  func(s *Source) { s.URL = "https://x.example/$INSTDIR" },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			s := source(t)
			change(&s)
			if _, err := s.Items(); err == nil {
				t.Error("passed")
			}
		})
	}
}

// Every property of the table can be said to both packages, and none of them is
// ever part of a command line (scenarios 40, 58).
func TestPropertiesNeverReachACommandLine(t *testing.T) {
	s := source(t)
	items, err := s.Items()
	if err != nil {
		t.Fatal(err)
	}
	wxs, err := s.wxs(items)
	if err != nil {
		t.Fatal(err)
	}
	nsi, err := s.nsi(items, "", "out.exe")
	if err != nil {
		t.Fatal(err)
	}
	queries := strings.Join(s.queries(items), "\n")
	commands := regexp.MustCompile(`(?m)^.*(\$\{Run\}|nsExec).*$`).FindAllString(string(nsi), -1)
	for _, line := range regexp.MustCompile(`(?m)^.*INTO .CustomAction.*$`).FindAllString(queries, -1) {
		if !strings.Contains(line, "'SetAddress'") { // sets a property to the package's own address
			commands = append(commands, line)
		}
	}
	if len(commands) < 20 {
		t.Fatalf("commands: %q", commands)
	}
	for _, p := range hostconfig.Properties() {
		if !bytes.Contains(wxs, []byte(`Name="`+p.Name+`" Type="string" Value="=[`+p.Name+`]"`)) {
			t.Errorf("the MSI does not pass %s on", p.Name)
		}
		if !bytes.Contains(nsi, []byte(`"`+p.Name+`" "=$`+p.Name+`"`)) || !bytes.Contains(nsi, []byte(`"/`+p.Name+`="`)) {
			t.Errorf("setup.exe does not pass %s on", p.Name)
		}
		if !strings.Contains(queries, ";"+p.Name) {
			t.Errorf("%s does not reach the MSI's privileged half", p.Name)
		}
		for _, c := range commands {
			if strings.Contains(c, "["+p.Name+"]") || strings.Contains(c, "$"+p.Name) {
				t.Errorf("%s in %s", p.Name, c)
			}
		}
	}
}

// Scenario 57, 58: the paths in every command are quoted.
func TestCommandsAreQuoted(t *testing.T) {
	for _, command := range []string{commandAdopt(`C:\a b\`, "x.tar.zst"), commandAbandon(`C:\a b\`), commandInstall(`C:\a b\`), commandUninstall(`C:\a b\`)} {
		outside := ""
		for i, part := range strings.Split(command, `"`) {
			if i%2 == 0 {
				outside += part
			}
		}
		if strings.ContainsAny(outside, `\:`) || strings.Count(command, `"`)%2 == 1 {
			t.Errorf("%s", command)
		}
	}
}

// Two runs write the same bytes; another content has another package code, and
// the same version the same product code (release runbook).
func TestPackagesAreReproducible(t *testing.T) {
	needs(t, "wixl", "msibuild", "msiinfo", "makensis")
	s := source(t)
	action := filepath.Join(t.TempDir(), "action.dll")
	if err := os.WriteFile(action, []byte("library"), 0o600); err != nil {
		t.Fatal(err)
	}
	make := func(s Source) (msi, setup []byte) {
		t.Helper()
		s.Work = t.TempDir()
		out := filepath.Join(s.Work, "out")
		for i, err := range []error{MSI(s, action, out+".msi"), Setup(s, "", out+".exe")} {
			if err != nil {
				t.Fatal(i, err)
			}
		}
		for i, to := range []*[]byte{&msi, &setup} {
			var err error
			if *to, err = os.ReadFile(out + []string{".msi", ".exe"}[i]); err != nil {
				t.Fatal(err)
			}
		}
		return msi, setup
	}
	msi1, setup1 := make(s)
	if err := os.Chtimes(s.Licence, made, made.AddDate(20, 1, 1)); err != nil {
		t.Fatal(err)
	}
	msi2, setup2 := make(s)
	if !bytes.Equal(msi1, msi2) {
		t.Error("a second MSI has other bytes")
	}
	if !bytes.Equal(setup1, setup2) {
		t.Error("a second setup.exe has other bytes")
	}
	if err := os.WriteFile(s.Licence, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	msi3, setup3 := make(s)
	if bytes.Equal(msi1, msi3) || bytes.Equal(setup1, setup3) {
		t.Error("another content has the same bytes")
	}
	if a, b := suminfo(t, msi1), suminfo(t, msi3); a == b || !strings.Contains(a, "1980") {
		t.Errorf("summary information: %s, %s", a, b)
	}
}

// The custom action is the same library wherever it is built, by the line that a
// release builds it with.
func TestActionIsReproducible(t *testing.T) {
	needs(t, "x86_64-w64-mingw32-gcc")
	script, err := os.ReadFile("../lib/windows.sh")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^ *(x86_64-w64-mingw32-gcc .*) -o "\$work/action\.dll" build/installer/(\S+) (\S+)$`).FindStringSubmatch(string(script))
	if line == nil {
		t.Fatal("no such line in windows.sh")
	}
	var built [][]byte
	for range 2 {
		out := filepath.Join(t.TempDir(), "action.dll")
		command := append(strings.Fields(line[1]), "-o", out, line[2], line[3])
		if said, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		built = append(built, data)
	}
	if !bytes.Equal(built[0], built[1]) {
		t.Error("another folder gives other bytes")
	}
}

func suminfo(t *testing.T, msi []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.msi")
	if err := os.WriteFile(path, msi, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("msiinfo", "suminfo", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestCodes(t *testing.T) {
	// What was installed once is found by these for ever.
	if ProductCode("0.1.0") != "{324C305F-B5AC-8E93-B235-7B9616ED5E05}" || ProductCode("0.1.1") == ProductCode("0.1.0") {
		t.Error(ProductCode("0.1.0"), ProductCode("0.1.1"))
	}
	form := regexp.MustCompile(`^\{[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}\}$`)
	seen := map[string]bool{}
	for _, code := range []string{ProductCode("1.2.3"), componentCode(Bin, "a"), componentCode(Package, "a"), guid("component", "entry")} {
		if !form.MatchString(code) || seen[code] {
			t.Error(code)
		}
		seen[code] = true
	}
	if componentCode(Bin, "A.exe") != componentCode(Bin, "a.EXE") {
		t.Error("Windows' names have no case")
	}
}

// A file that is not an MSI of ours is not changed into one.
func TestSettleRefuses(t *testing.T) {
	for _, data := range [][]byte{nil, []byte("MSI"), summaryFormat, append(make([]byte, 28), summaryFormat...), append(append(make([]byte, 28), summaryFormat...), bytes.Repeat([]byte{0xff}, 200)...)} {
		if settle(bytes.Clone(data)) == nil {
			t.Errorf("%d bytes passed", len(data))
		}
	}
}

// P6: the shortcut starts the window and carries the application's identity.
func TestShortcut(t *testing.T) {
	link := Shortcut()
	wide := func(text string) []byte {
		var b bytes.Buffer
		for _, r := range text {
			_ = binary.Write(&b, binary.LittleEndian, uint16(r))
		}
		return b.Bytes()
	}
	if link[0] != 0x4c || !bytes.Contains(link, appModel) || !bytes.Contains(link, append(wide(version.ID()), 0, 0)) {
		t.Error("no identity in the shortcut")
	}
	if !bytes.Contains(link, wide(`%ProgramFiles%\BeckmanConnect\bin\beckmanconnect.exe`)) {
		t.Error("no target in the shortcut")
	}
	// The blocks at its end are as long as they say, and the last is the end.
	at := 76 + int(binary.LittleEndian.Uint32(link[76:]))
	for range 3 {
		at += 2 + 2*int(binary.LittleEndian.Uint16(link[at:]))
	}
	for {
		size := int(binary.LittleEndian.Uint32(link[at:]))
		at += max(size, 4)
		if size == 0 {
			break
		}
	}
	if at != len(link) {
		t.Errorf("blocks end at %d of %d", at, len(link))
	}
}

// The setup program speaks the product's seven languages, and no text is left out.
func TestSetupTexts(t *testing.T) {
	for _, l := range setupLanguages("1.2.3") {
		for _, text := range l.Texts {
			if text.Text == "" || strings.ContainsAny(text.Text, `"@`) {
				t.Errorf("%s: %s: %q", l.Name, text.Key, text.Text)
			}
		}
	}
	used := regexp.MustCompile(`\$\(([A-Z]+)\)`).FindAllStringSubmatch(setupNSI, -1)
	for _, u := range used {
		if !slices.ContainsFunc(setupTexts, func(x struct {
			key string
			in  [7]string
		}) bool {
			return x.key == u[1]
		}) {
			t.Errorf("no text %s", u[1])
		}
	}
}

// Group policy can say what an installation can, in five languages; and
// application control knows the publisher and the CA.
func TestPolicies(t *testing.T) {
	set := filepath.Join(t.TempDir(), "set")
	if err := trust.Init(set); err != nil {
		t.Fatal(err)
	}
	var chain []*x509.Certificate
	for _, path := range []string{filepath.Join(trust.DirPrivate, trust.FileCode), filepath.Join(trust.DirRoots, trust.FileCodeCA)} {
		part, err := trust.LoadChain(filepath.Join(set, path))
		if err != nil {
			t.Fatal(err)
		}
		chain = append(chain, part...)
	}
	var one, two bytes.Buffer
	if err := Policies(&one, chain); err != nil {
		t.Fatal(err)
	}
	if err := Policies(&two, chain); err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Errorf("a second run: %v", err)
	}
	z, err := zip.NewReader(bytes.NewReader(one.Bytes()), int64(one.Len()))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
		for d := xml.NewDecoder(bytes.NewReader(text)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
	}
	templates := files["PolicyDefinitions/BeckmanConnect.admx"]
	for _, p := range hostconfig.Properties() {
		if has := strings.Contains(templates, `valueName="`+p.Name+`"`); has != (p.Key != "") {
			t.Errorf("%s in the templates: %v", p.Name, has)
		}
	}
	// Every string and presentation that is referred to is there, in each language.
	for _, ref := range regexp.MustCompile(`\$\((string|presentation)\.([A-Za-z_]+)\)`).FindAllStringSubmatch(templates, -1) {
		for _, l := range policyLanguages {
			if !strings.Contains(files["PolicyDefinitions/"+l+"/BeckmanConnect.adml"], "<"+ref[1]+` id="`+ref[2]+`">`) {
				t.Errorf("%s: no %s %s", l, ref[1], ref[2])
			}
		}
	}
	if !strings.Contains(files["ApplicationControl/wdac-publisher.xml"], `<CertPublisher Value="`+chain[0].Subject.CommonName+`"/>`) {
		t.Error("the publisher is not in the rules of App Control")
	}
	if !strings.Contains(files["ApplicationControl/applocker-publisher.xml"], `PublisherName="O=`+strings.ToUpper(chain[0].Subject.Organization[0])) {
		t.Error("the publisher is not in AppLocker's rules")
	}
	if Policies(io.Discard, chain[:1]) == nil {
		t.Error("rules without a CA")
	}
}
