package main

import (
	"bufio"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"beckmanconnect/build/installer"
	"beckmanconnect/internal/trust"
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

// packPolicies writes the group policy templates and the publisher's rules for
// application control.
func packPolicies(args []string) error {
	set := flag.NewFlagSet("policies", flag.ExitOnError)
	cert := set.String("cert", "", "PEM `file`: the publisher's certificate, then those between it and the CA; none: no publisher's rules")
	roots := set.String("roots", "", "`folder` of trust roots, for the CA")
	out := set.String("out", "", "ZIP `file` to write")
	_ = set.Parse(args) // ends the program
	if *out == "" || (*cert == "") != (*roots == "") {
		return errors.New("--out, and --cert with --roots, are needed")
	}
	var chain []*x509.Certificate
	if *cert != "" {
		for _, path := range []string{*cert, filepath.Join(*roots, trust.FileCodeCA)} {
			part, err := trust.LoadChain(path)
			if err != nil {
				return err
			}
			chain = append(chain, part...)
		}
	}
	return write(*out, func(w *bufio.Writer) error { return installer.Policies(w, chain) })
}
