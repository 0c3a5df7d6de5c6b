package main

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"beckmanconnect/cloud/releases"
	"beckmanconnect/internal/codesign"
	"beckmanconnect/internal/release"
	"beckmanconnect/internal/trust"
)

// The scripts run the release officers' tool as a program of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"beckmanconnect-cloud": main})
}

func TestRelease(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:       "testdata/release",
		Condition: condition,
		Cmds:      map[string]func(*testscript.TestScript, bool, []string){"archive": scriptArchive, "find": scriptFind, "keyid": scriptKeyID},
	})
}

// softHSM is where Debian puts the library.
const softHSM = "/usr/lib/softhsm/libsofthsm2.so"

func condition(cond string) (bool, error) {
	if cond != "softhsm" {
		return false, fmt.Errorf("unknown condition %q", cond)
	}
	_, err := os.Stat(softHSM)
	return err == nil, nil
}

// scriptArchive makes a small release archive: archive VERSION PLATFORM [SET],
// signed by the publisher of the development set SET where one is named. It
// sets $ARCHIVE.
func scriptArchive(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: archive VERSION PLATFORM [SET]")
	}
	manifest := []byte(fmt.Sprintf(`{"product":%q,"version":%q,"platform":%q,"programs":{}}`, release.Product, args[0], args[1]))
	var tarred bytes.Buffer
	w := tar.NewWriter(&tarred)
	entry := func(name string, data []byte) {
		ts.Check(w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(data)), Mode: 0o644}))
		_, err := w.Write(data)
		ts.Check(err)
	}
	entry("release.json", manifest)
	if len(args) > 2 {
		publisher, err := codesign.LoadPublisher(ts.MkAbs(filepath.Join(args[2], trust.DirPrivate)))
		ts.Check(err)
		signature, err := publisher.Sign(manifest)
		ts.Check(err)
		entry("release.json.p7s", signature)
	}
	ts.Check(w.Close())
	name := release.ArchiveName(args[0], args[1])
	ts.Check(os.WriteFile(ts.MkAbs(name), compressed(ts, tarred.Bytes()), 0o644))
	ts.Setenv("ARCHIVE", name)
}

func compressed(ts *testscript.TestScript, data []byte) []byte {
	var out bytes.Buffer
	w, err := release.Compress(&out)
	ts.Check(err)
	_, err = w.Write(data)
	ts.Check(err)
	ts.Check(w.Close())
	return out.Bytes()
}

// scriptFind sets a variable to the one file of a pattern: find NAME PATTERN.
func scriptFind(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: find NAME PATTERN")
	}
	all, err := filepath.Glob(ts.MkAbs(args[1]))
	ts.Check(err)
	if len(all) != 1 {
		ts.Fatalf("%s: %q", args[1], all)
	}
	ts.Setenv(args[0], all[0])
}

// scriptKeyID sets a variable to the ID of a public key: keyid NAME PATTERN.
func scriptKeyID(ts *testscript.TestScript, neg bool, args []string) {
	scriptFind(ts, neg, args)
	public, err := releases.ReadPublic(ts.Getenv(args[0]))
	ts.Check(err)
	ts.Setenv(args[0], public.ID)
}
