package main

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tc-hib/winres"

	"beckmanconnect/service/upgrade/archive"
)

const (
	subsystemGUI     = 2
	subsystemConsole = 3
	// The subsystem's place behind the start of the optional header, and the
	// checksum's, in 32 and 64 bit alike.
	subsystemAt = 68
	checksumAt  = 64
	dosPE       = 0x3c
	headers     = 24 // signature and COFF header before the optional one
)

// systemDLLs are those of Windows that programs may name in their import table:
// what Windows finds in System32 because it always is there (scenarios 38, 58).
var systemDLLs = []string{"gdi32.dll", "kernel32.dll", "msvcrt.dll", "opengl32.dll", "shell32.dll", "user32.dll"}

// launched are the programs that have a launcher in bin, without ".exe".
func launched() []string { return archive.Names("linux-amd64") }

// checkPrograms is an error unless Windows programs are as they are to ship:
// version, icon and manifest, the right subsystem, no DLL beside the system's.
func checkPrograms(args []string) error {
	set := flag.NewFlagSet("check-programs", flag.ExitOnError)
	number := set.String("version", "", "`version` they have to have")
	_ = set.Parse(args) // ends the program
	if *number == "" || set.NArg() == 0 {
		return errors.New("--version and programs are needed")
	}
	var all error
	for _, path := range set.Args() {
		if err := checkProgram(path, *number); err != nil {
			all = errors.Join(all, fmt.Errorf("%s: %w", path, err))
		}
	}
	return all
}

func checkProgram(path, number string) error {
	f, err := pe.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	head, ok := f.OptionalHeader.(*pe.OptionalHeader64)
	if !ok || f.Machine != pe.IMAGE_FILE_MACHINE_AMD64 {
		return errors.New("this is not a program for 64-bit Windows")
	}
	name := strings.TrimSuffix(filepath.Base(path), ".exe")
	about, known := described[name]
	if !known {
		return errors.New("nothing is known of this program")
	}
	if gui := head.Subsystem == subsystemGUI; gui != about.gui {
		return fmt.Errorf("subsystem %d: a program with windows has no console, and the others have one", head.Subsystem)
	}
	const dynamicBase, nxCompatible = 0x40, 0x100
	if head.DllCharacteristics&dynamicBase == 0 || head.DllCharacteristics&nxCompatible == 0 {
		return fmt.Errorf("characteristics %#x: address randomisation and data execution prevention are not both on", head.DllCharacteristics)
	}
	symbols, err := f.ImportedSymbols()
	if err != nil {
		return err
	}
	for _, symbol := range symbols {
		if _, dll, _ := strings.Cut(symbol, ":"); !slices.Contains(systemDLLs, strings.ToLower(dll)) {
			return fmt.Errorf("%s is imported, which is none of the system's", dll)
		}
	}
	return checkResources(path, name, number)
}

func checkResources(path, name, number string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	set, err := winres.LoadFromEXE(f)
	if err != nil {
		return fmt.Errorf("resources: %w", err)
	}
	if _, err := set.GetIcon(winres.ID(1)); err != nil {
		return fmt.Errorf("icon: %w", err)
	}
	if !bytes.Equal(set.Get(winres.RT_MANIFEST, winres.ID(1), winres.LCIDDefault), manifest(name, number)) {
		return errors.New("its manifest is not the product's")
	}
	if found, err := fileVersion(set); err != nil || found != number {
		return fmt.Errorf("its version is %q and not %q (%v)", found, number, err)
	}
	return nil
}

// setSubsystem says whether Windows gives the program a console, and writes the
// checksum anew, which covers it.
func setSubsystem(path string, gui bool) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if len(data) < dosPE+4 {
		return errors.New("this is not a Windows program")
	}
	optional := int(binary.LittleEndian.Uint32(data[dosPE:])) + headers
	if optional+subsystemAt+2 > len(data) {
		return errors.New("this is not a Windows program")
	}
	subsystem := uint16(subsystemConsole)
	if gui {
		subsystem = subsystemGUI
	}
	binary.LittleEndian.PutUint16(data[optional+subsystemAt:], subsystem)
	binary.LittleEndian.PutUint32(data[optional+checksumAt:], 0)
	binary.LittleEndian.PutUint32(data[optional+checksumAt:], imageChecksum(data))
	return os.WriteFile(path, data, 0o755)
}

// imageChecksum is the sum of a program with an empty checksum field, folded to
// 16 bits, plus its length (PE Format).
func imageChecksum(data []byte) uint32 {
	var sum uint32
	for i := 0; i < len(data); i += 2 {
		word := uint32(data[i])
		if i+1 < len(data) {
			word |= uint32(data[i+1]) << 8
		}
		sum += word
		sum = sum>>16 + sum&0xffff
	}
	return sum + uint32(len(data))
}
