package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"beckmanconnect/service/upgrade/archive"
)

const benchPlatform = "linux-amd64"

// build is one way to build the host's programs.
type build struct {
	version string
	flags   []string // of go build
	env     []string
}

// The versions between which the changes lie. As in a real release, every
// program says another one afterwards.
const versionBefore, versionAfter = "0.1.0", "0.1.1"

// older are dependencies of the service one release before the ones in go.mod:
// the programs before a dependency bump.
var older = []string{"google.golang.org/grpc@v1.84.0", "google.golang.org/protobuf@v1.36.11"}

// smallBump: a string and a function of the service.
func smallBump(_ context.Context, dir string) (bump, error) {
	overlay, err := smallChange(dir)
	return bump{
		name: "a string and a function", whole: smallDelta,
		before: build{version: versionBefore}, after: build{version: versionAfter, flags: []string{"-overlay=" + overlay}},
	}, err
}

// modulesBump: newer dependencies.
func modulesBump(ctx context.Context, dir string) (bump, error) {
	modfile, err := olderModules(ctx, dir)
	return bump{
		name: "newer dependencies", whole: 1,
		before: build{version: versionBefore, flags: []string{"-modfile=" + modfile}}, after: build{version: versionAfter},
	}, err
}

// codeBump stands in for a new toolchain, which cannot be had offline: all code
// is generated anew, for another level of processor, by the same one.
func codeBump(context.Context, string) (bump, error) {
	return bump{
		name: "all code generated anew (GOAMD64=v3)", whole: 1,
		before: build{version: versionBefore}, after: build{version: versionAfter, env: []string{"GOAMD64=v3"}},
	}, nil
}

const oneMoreFunction = `package service

import "os"

func init() {
	if n := len(os.Args); n > 1000 {
		os.Stderr.WriteString("more arguments than anybody needs: " + os.Args[n-1] + "\n")
	}
}
`

// smallChange changes a text of the service and adds a function, for go build's
// -overlay: the tree stays as it is.
func smallChange(dir string) (string, error) {
	files, err := filepath.Glob("service/*.go")
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		changed := strings.Replace(string(text), `errors.New("`, `errors.New("as of now: `, 1)
		if strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_windows.go") || changed == string(text) {
			continue
		}
		with := filepath.Join(dir, "changed.go")
		if err := os.WriteFile(with, []byte(changed), 0o600); err != nil {
			return "", err
		}
		if path, err = filepath.Abs(path); err != nil {
			return "", err
		}
		replace[path] = with
		break
	}
	if len(replace) == 0 {
		return "", errors.New("no text of the service was found to be changed")
	}
	more := filepath.Join(dir, "more.go")
	if err := os.WriteFile(more, []byte(oneMoreFunction), 0o600); err != nil {
		return "", err
	}
	at, err := filepath.Abs("service/more_for_the_benchmark.go")
	if err != nil {
		return "", err
	}
	replace[at] = more
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o600)
}

// olderModules makes a go.mod with the older dependencies.
func olderModules(ctx context.Context, dir string) (string, error) {
	modfile := filepath.Join(dir, "older.mod")
	for from, to := range map[string]string{"go.mod": modfile, "go.sum": filepath.Join(dir, "older.sum")} {
		text, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, text, 0o600)
		}
		if err != nil {
			return "", err
		}
	}
	return modfile, run(ctx, nil, append([]string{"get", "-modfile=" + modfile}, older...)...)
}

// programs builds the host's programs into a folder, as build/release does.
func (b build) programs(ctx context.Context, dir string) error {
	for _, name := range archive.Names(benchPlatform) {
		of := "./cmd/" + name
		if name == "beckmanconnect" {
			of = "."
		}
		args := append([]string{"build"}, b.flags...)
		args = append(args, "-ldflags", "-s -w -X beckmanconnect/internal/version.override="+b.version, "-o", filepath.Join(dir, name), of)
		if err := run(ctx, b.env, args...); err != nil {
			return err
		}
	}
	return nil
}

func run(ctx context.Context, env []string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w: %.500s", args[0], err, out)
	}
	return nil
}
