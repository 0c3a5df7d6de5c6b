package upgrade

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"beckmanconnect/internal/program"
	"beckmanconnect/internal/rights"
	"beckmanconnect/service/upgrade/archive"
	"beckmanconnect/service/upgrade/source"
	"beckmanconnect/service/upgrade/versions"
)

// errFolder: others could write where versions are kept.
var errFolder = errors.New("the folder of versions is not safe")

// checkFolders is an error when somebody else than administrators could change
// what is in the installation, or put another in its place (scenario 37). It is
// asked before anything is written there. A folder that is missing is made.
func checkFolders(i versions.Install) error {
	for _, dir := range []string{filepath.Join(i.Dir, "versions"), folder(i)} {
		_, err := os.Lstat(dir)
		if errors.Is(err, os.ErrNotExist) {
			err = rights.Protect(dir)
		}
		if err == nil {
			err = rights.Folder(dir)
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errFolder, err)
		}
	}
	return nil
}

// smoke is the last look at the release in dir: that it lies there as it was
// signed, and that its programs work. What was verified while it was unpacked is
// not taken for granted here.
func (u *Upgrader) smoke(ctx context.Context, dir string, o source.Offer) error {
	if err := archive.Check(dir, o.Digest, u.config.Manifest); err != nil {
		return fmt.Errorf("%w: %w", source.ErrUntrusted, err)
	}
	manifest, err := archive.Read(dir)
	if err != nil {
		return fmt.Errorf("%w: %w", errPackage, err)
	}
	return trial{Dir: dir, Manifest: manifest, Signed: u.config.Signed}.run(ctx)
}

// trial is the last look at a version before it can become current. Each
// program is opened once, without following a link, and on that handle it is
// compared with the signed manifest, asked for its own signature where it
// carries one, and executed: what was verified is what runs.
type trial struct {
	Dir      string           // of the version, not current yet
	Manifest archive.Manifest // as the publisher signed it
	// Signed verifies the code signature of an open program for Windows
	// (codesign.Gate.File).
	Signed func(*os.File) error
	Limit  time.Duration // of one run; 0: 20 s
}

// What a version's folder holds beside its programs.
var besides = []string{"release.json", "release.json.p7s"}

// The programs that could not be put right from afar are run.
var tried = []string{"beckmanconnect-service", "beckmanconnect-upgrade"}

const trialTime = 20 * time.Second

func (t trial) run(ctx context.Context) error {
	if t.Limit <= 0 {
		t.Limit = trialTime
	}
	if err := errors.Join(rights.Folder(filepath.Dir(t.Dir)), rights.Ours(t.Dir)); err != nil {
		return fmt.Errorf("%w: %w", errFolder, err)
	}
	if err := t.nothingElse(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(t.Manifest.Programs)) {
		if err := t.try(ctx, name); err != nil {
			return err
		}
	}
	for _, name := range tried {
		if t.Manifest.Programs[name+t.ending()] == "" {
			return fmt.Errorf("%w: %s is missing", errPackage, name)
		}
	}
	return nil
}

// nothingElse: programs look for libraries in their own folder first
// (scenario 38).
func (t trial) nothingElse() error {
	entries, err := os.ReadDir(t.Dir)
	if err != nil {
		return fmt.Errorf("%w: %w", errPackage, err)
	}
	for _, e := range entries {
		if t.Manifest.Programs[e.Name()] == "" && !slices.Contains(besides, e.Name()) {
			return fmt.Errorf("%w: %.80q is in its folder and not of the release", source.ErrUntrusted, e.Name())
		}
	}
	return nil
}

func (t trial) windows() bool { return strings.HasPrefix(t.Manifest.Platform, "windows") }

func (t trial) ending() string {
	if t.windows() {
		return ".exe"
	}
	return ""
}

// try verifies one program and, if it is among those, runs it.
func (t trial) try(ctx context.Context, name string) error {
	f, err := openProgram(filepath.Join(t.Dir, name))
	if err != nil {
		return fmt.Errorf("%w: %w", source.ErrUntrusted, err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return fmt.Errorf("%w: %w", errPackage, err)
	}
	if hex.EncodeToString(h.Sum(nil)) != t.Manifest.Programs[name] {
		return fmt.Errorf("%w: %s is not the program that was signed", source.ErrUntrusted, name)
	}
	if t.windows() {
		if t.Signed == nil {
			return fmt.Errorf("%w: nobody can verify the signature of %s", source.ErrUntrusted, name)
		}
		if err := t.Signed(f); err != nil {
			return fmt.Errorf("%w: %s: %w", source.ErrUntrusted, name, err)
		}
	}
	if base := strings.TrimSuffix(name, t.ending()); slices.Contains(tried, base) {
		return t.execute(ctx, f, base)
	}
	return nil
}

// execute has the program say its version, and look at itself.
func (t trial) execute(ctx context.Context, f *os.File, name string) error {
	said, err := t.ask(ctx, f, name, "--version")
	if err != nil {
		return fmt.Errorf("%w: %s does not start: %w", errPackage, name, err)
	}
	if got, want := strings.TrimSpace(said), name+" "+t.Manifest.Version; got != want {
		return fmt.Errorf("%w: %s says %.80q instead of %q", errPackage, name, got, want)
	}
	if said, err = t.ask(ctx, f, name, program.SelfTestFlag); err != nil {
		return fmt.Errorf("%w: the self-test of %s: %w: %.200q", errPackage, name, err, said)
	}
	return nil
}

// ask runs the handle itself: nothing is looked up by a name again. It has no
// environment, so that neither PATH nor a variable of the loader leads it
// elsewhere, and it works in a folder of the system (scenario 38).
func (t trial) ask(ctx context.Context, f *os.File, name, word string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, t.Limit)
	defer cancel()
	cmd := execution(ctx, f, name, word)
	cmd.Env, cmd.WaitDelay = []string{}, time.Second
	out := &limited{left: maxSaid}
	cmd.Stdout, cmd.Stderr = out, out
	err := cmd.Run()
	if ctx.Err() != nil {
		err = fmt.Errorf("it was still running after %v", t.Limit)
	}
	return out.text.String(), err
}

const maxSaid = 16 << 10

// limited keeps the beginning of what is written to it.
type limited struct {
	text bytes.Buffer
	left int
}

func (l *limited) Write(b []byte) (int, error) {
	kept := min(len(b), l.left)
	l.left -= kept
	l.text.Write(b[:kept])
	return len(b), nil
}
