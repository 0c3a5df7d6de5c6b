package consoletest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axe-core, pinned by version and digest. It is for tests only (MPL-2.0) and
// never part of the page.
const (
	axePackage = "axe-core@4.14.1"
	axeArchive = "axe-core-4.14.1.tgz"
	axeDigest  = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745"
)

var readAxe = sync.OnceValues(axeScript)

// axeScript is axe-core's program, from the cache of the user's account or
// fetched by npm. A test that cannot have it fails: what was not looked at is
// not accessible.
func axeScript() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "beckmanconnect-tests")
	file := filepath.Join(dir, axeArchive)
	archive, err := os.ReadFile(file)
	if err != nil || digest(archive) != axeDigest {
		if archive, err = fetchAxe(dir, file); err != nil {
			return "", fmt.Errorf("%s could not be fetched: %w", axePackage, err)
		}
	}
	return axeOf(archive)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func fetchAxe(dir, file string) ([]byte, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp(dir, "fetch-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "pack", axePackage, "--silent", "--pack-destination", scratch)
	cmd.Dir = scratch
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm pack: %w: %s", err, out)
	}
	archive, err := os.ReadFile(filepath.Join(scratch, axeArchive))
	if err != nil {
		return nil, err
	}
	if got := digest(archive); got != axeDigest {
		return nil, fmt.Errorf("its SHA-256 is %s, not %s", got, axeDigest)
	}
	return archive, os.Rename(filepath.Join(scratch, axeArchive), file)
}

func axeOf(archive []byte) (string, error) {
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return "", err
	}
	for r := tar.NewReader(z); ; {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			return "", errors.New("no axe.min.js in the package")
		}
		if err != nil {
			return "", err
		}
		if head.Name == "package/axe.min.js" {
			script, err := io.ReadAll(r)
			return string(script), err
		}
	}
}

// Finding is one rule of axe-core that the page breaks.
type Finding struct {
	Rule   string   `json:"rule"`
	Impact string   `json:"impact"`
	Help   string   `json:"help"`
	Where  []string `json:"where"`
}

func (f Finding) String() string {
	return fmt.Sprintf("%s (%s): %s\n    %s", f.Rule, f.Impact, f.Help, strings.Join(f.Where, "\n    "))
}

// Audit holds the page as it stands against WCAG 2.0, 2.1 and 2.2, levels A and
// AA, and axe-core's best practices. The script goes in past the page's policy,
// as a debugger's may. Rules named in without are left out.
func (b *Browser) Audit(without ...string) []Finding {
	b.tb.Helper()
	script, err := readAxe()
	if err != nil {
		b.tb.Fatal(err)
	}
	names, _ := json.Marshal(append([]string{}, without...)) // of strings: cannot fail
	var there bool
	b.Do("look for axe", chromedp.Evaluate(`typeof window.axe === "object"`, &there))
	if !there {
		b.Do("bring axe in", chromedp.ActionFunc(func(ctx context.Context) error {
			_, fault, err := runtime.Evaluate(script + "\nundefined").Do(ctx)
			if err == nil && fault != nil {
				return fault
			}
			return err
		}))
	}
	var out []Finding
	b.Do("audit", chromedp.Evaluate(`axe.run(document, {
  runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]},
  resultTypes: ["violations"], preload: false, rules: Object.fromEntries(`+string(names)+`.map(name => [name, {enabled: false}])),
}).then(r => r.violations.map(v => ({rule: v.id, impact: v.impact, help: v.help, where: v.nodes.slice(0, 8).map(n => n.target.join(" ") + ": " + n.failureSummary.replace(/\s+/g, " "))})))`,
		&out, chromedp.EvalAsValue, awaitPromise))
	return out
}
