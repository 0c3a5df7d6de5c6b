package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tc-hib/winres"
	"github.com/tc-hib/winres/version"

	"beckmanconnect/internal/release"
	appversion "beckmanconnect/internal/version"
)

// company is the publisher as Windows shows it in a file's properties.
const company = "BeckmanConnect"

// described are the Windows programs: what each is, as the task manager and a
// file's properties say it, and whether it has windows of its own.
var described = map[string]struct {
	says string
	gui  bool
}{
	"beckmanconnect":          {"BeckmanConnect Remote Support", true},
	"beckmanconnect-tray":     {"BeckmanConnect in the notification area", true},
	"beckmanconnect-desktop":  {"BeckmanConnect screen and input of a support session", true},
	"beckmanconnect-service":  {"BeckmanConnect service", false},
	"beckmanconnect-upgrade":  {"BeckmanConnect upgrades", false},
	"beckmanconnect-launcher": {"BeckmanConnect launcher", false},
	"beckmanctl":              {"BeckmanConnect on the command line", false},
	"beckmanconnect-cloud":    {"BeckmanConnect cloud", false},
	"beckmanconnect-desk":     {"BeckmanConnect engineer's desk", false},
}

// addResources gives Windows programs their version, icon and manifest after
// they were linked, so that a change of these rebuilds nothing. It comes before
// signing. With --launcher it makes the launchers of the package: one under each
// program's name, with that program's description, and without a console where
// the program has windows.
func addResources(args []string) error {
	set := flag.NewFlagSet("resources", flag.ExitOnError)
	number := set.String("version", "", "`version` of the release")
	icon := set.String("icon", "", "ICO `file`")
	launcher := set.String("launcher", "", "launcher `program` to copy under each name")
	out := set.String("out", "", "`folder` for the programs with resources")
	_ = set.Parse(args) // ends the program
	if *number == "" || *icon == "" || *out == "" || (*launcher == "") == (set.NArg() == 0) {
		return errors.New("--version, --icon, --out and either programs or --launcher are needed")
	}
	picture, err := readICO(*icon)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(*out, 0o755); err != nil {
		return err
	}
	from := map[string]string{} // name → file
	for _, path := range set.Args() {
		from[strings.TrimSuffix(filepath.Base(path), ".exe")] = path
	}
	if *launcher != "" {
		for _, name := range launched() {
			from[name] = *launcher
		}
	}
	for name, path := range from {
		r := resources{name: name, version: *number, icon: picture}
		if err := r.add(path, filepath.Join(*out, name+".exe")); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

func readICO(path string) (*winres.Icon, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	icon, err := winres.LoadICO(f)
	return icon, errors.Join(err, f.Close())
}

type resources struct {
	name, version string
	icon          *winres.Icon
}

func (r resources) add(from, to string) error {
	about, ok := described[r.name]
	if !ok {
		return errors.New("nothing is known of this program")
	}
	set, err := r.set(about.says)
	if err != nil {
		return err
	}
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	if err := write(to, func(w *bufio.Writer) error {
		return set.WriteToEXE(w, src)
	}); err != nil {
		return err
	}
	return setSubsystem(to, about.gui)
}

func (r resources) set(says string) (*winres.ResourceSet, error) {
	set := &winres.ResourceSet{}
	if err := set.SetIcon(winres.ID(1), r.icon); err != nil {
		return nil, err
	}
	info := version.Info{}
	info.SetFileVersion(r.version)
	info.SetProductVersion(r.version)
	for key, value := range map[string]string{
		version.CompanyName: company, version.FileDescription: says, version.FileVersion: r.version,
		version.InternalName: r.name, version.LegalCopyright: company, version.OriginalFilename: r.name + ".exe",
		version.ProductName: appversion.Name(), version.ProductVersion: r.version,
	} {
		if err := info.Set(version.LangDefault, key, value); err != nil {
			return nil, err
		}
	}
	set.SetVersionInfo(info)
	return set, set.Set(winres.RT_MANIFEST, winres.ID(1), winres.LCIDDefault, manifest(r.name, r.version))
}

// manifest says what Windows may take for granted: Windows 10 and 11, no rights
// beyond those of who starts it, pixels as they are on each monitor, long paths,
// the common controls of this century.
func manifest(name, number string) []byte {
	return []byte(strings.NewReplacer("@NAME@", release.Product+"."+name, "@VERSION@", number+".0", "\n", "\r\n").Replace(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0">
  <assemblyIdentity type="win32" name="@NAME@" version="@VERSION@" processorArchitecture="amd64"/>
  <dependency>
    <dependentAssembly>
      <assemblyIdentity type="win32" name="Microsoft.Windows.Common-Controls" version="6.0.0.0" processorArchitecture="amd64" publicKeyToken="6595b64144ccf1df" language="*"/>
    </dependentAssembly>
  </dependency>
  <trustInfo xmlns="urn:schemas-microsoft-com:asm.v3">
    <security>
      <requestedPrivileges>
        <requestedExecutionLevel level="asInvoker" uiAccess="false"/>
      </requestedPrivileges>
    </security>
  </trustInfo>
  <compatibility xmlns="urn:schemas-microsoft-com:compatibility.v1">
    <application>
      <supportedOS Id="{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"/>
    </application>
  </compatibility>
  <application xmlns="urn:schemas-microsoft-com:asm.v3">
    <windowsSettings>
      <dpiAware xmlns="http://schemas.microsoft.com/SMI/2005/WindowsSettings">true/pm</dpiAware>
      <dpiAwareness xmlns="http://schemas.microsoft.com/SMI/2016/WindowsSettings">PerMonitorV2, PerMonitor</dpiAwareness>
      <longPathAware xmlns="http://schemas.microsoft.com/SMI/2016/WindowsSettings">true</longPathAware>
    </windowsSettings>
  </application>
</assembly>
`))
}

// fileVersion reads "1.2.3" out of a program's version resource.
func fileVersion(set *winres.ResourceSet) (string, error) {
	info, err := version.FromBytes(set.Get(winres.RT_VERSION, winres.ID(1), winres.LCIDDefault))
	if err != nil {
		return "", err
	}
	v := info.FileVersion
	return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]), nil
}
