package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"

	"beckmanconnect/build/installer"
)

// installerFlags are what both Windows packages are made of.
func installerFlags(set *flag.FlagSet) (*installer.Source, *string) {
	s := &installer.Source{}
	set.StringVar(&s.Version, "version", "", "`version`")
	set.StringVar(&s.Archive, "archive", "", "release archive `file` for Windows")
	set.StringVar(&s.Unpacker, "unpacker", "", "beckmanconnect-upgrade.exe")
	set.StringVar(&s.Bin, "bin", "", "`folder` of the launchers")
	set.StringVar(&s.Roots, "roots", "", "`folder` of public trust roots")
	set.StringVar(&s.Licence, "license", "", "license `file`")
	set.StringVar(&s.Notices, "notices", "", "`file` with third parties' licenses")
	set.StringVar(&s.Icon, "icon", "", "ICO `file`")
	set.StringVar(&s.URL, "url", "", "`address` of the cloud; none: IT sets it")
	set.BoolVar(&s.Fast, "fast", false, "a larger setup program in a tenth of the time, for development")
	return s, set.String("out", "", "`file` to write")
}

// packMSI makes the MSI.
func packMSI(args []string) error {
	set := flag.NewFlagSet("msi", flag.ExitOnError)
	action := set.String("action", "", "`library` of the custom action")
	return packInstaller(set, args, func(s installer.Source, out string) error {
		if *action == "" {
			return errors.New("--action is needed")
		}
		return installer.MSI(s, *action, out)
	})
}

// packSetup makes the setup program.
func packSetup(args []string) error {
	set := flag.NewFlagSet("setup", flag.ExitOnError)
	sign := set.String("sign", "", "`command` that signs the uninstaller; %1 is the file")
	return packInstaller(set, args, func(s installer.Source, out string) error { return installer.Setup(s, *sign, out) })
}

func packInstaller(set *flag.FlagSet, args []string, make func(installer.Source, string) error) error {
	s, out := installerFlags(set)
	_ = set.Parse(args) // ends the program
	for name, value := range map[string]string{"version": s.Version, "archive": s.Archive, "unpacker": s.Unpacker, "bin": s.Bin, "roots": s.Roots,
		"license": s.Licence, "notices": s.Notices, "icon": s.Icon, "out": *out} {
		if value == "" {
			return fmt.Errorf("--%s is needed", name)
		}
	}
	work, err := os.MkdirTemp("", "installer-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	s.Work = work
	return make(*s, *out)
}

// contents lists what the Windows packages lay, a line each, for who compares it
// with what lies on a PC.
func contents(args []string) error {
	set := flag.NewFlagSet("contents", flag.ExitOnError)
	return packInstaller(set, args, func(s installer.Source, out string) error {
		items, err := s.Items()
		if err != nil {
			return err
		}
		return write(out, func(w *bufio.Writer) error {
			for _, item := range items {
				fmt.Fprintf(w, "%s/%s\n", item.Place, item.Name)
			}
			return nil
		})
	})
}

// shortcut writes the Start menu's entry alone.
func shortcut(args []string) error {
	set := flag.NewFlagSet("shortcut", flag.ExitOnError)
	out := set.String("out", "", "`file` to write")
	_ = set.Parse(args) // ends the program
	if *out == "" {
		return errors.New("--out is needed")
	}
	return os.WriteFile(*out, installer.Shortcut(), 0o644)
}
