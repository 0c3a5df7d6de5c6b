package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// module is one version of somebody else's module, unpacked in the cache.
type module struct {
	Path, Version, Dir string
	Indirect           bool
}

// builds are all builds that are distributed: the programs on each system, and
// the part of the console that runs in a browser.
var builds = []struct {
	env      []string
	packages []string
}{
	{[]string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=1"}, []string{".", "./cmd/..."}},
	{[]string{"GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=1"}, []string{".", "./cmd/..."}},
	{[]string{"GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0"}, []string{"./cloud/console/wasm"}},
}

// linkedModules are those a package of which is in some program.
func linkedModules(ctx context.Context, root string) ([]module, error) {
	seen := map[string]module{}
	for _, b := range builds {
		args := append([]string{"list", "-e", "-deps", "-json=Module"}, b.packages...)
		err := goJSON(ctx, root, b.env, args, func(dec *json.Decoder) error {
			var p struct {
				Module *struct {
					module
					Main    bool
					Replace *struct{ Path string }
				}
			}
			if err := dec.Decode(&p); err != nil {
				return err
			}
			own := p.Module == nil || p.Module.Main || p.Module.Replace != nil && strings.HasPrefix(p.Module.Replace.Path, ".")
			if !own {
				seen[p.Module.Path] = p.Module.module
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(seen) == 0 {
		return nil, errors.New("no module was found")
	}
	return sorted(seen), nil
}

// otherDirect are the modules go.mod asks for that no program links: tools to
// build and to test with.
func otherDirect(ctx context.Context, root string, linked []module) ([]module, error) {
	var mod struct {
		Require []module
	}
	err := goJSON(ctx, root, nil, []string{"mod", "edit", "-json"}, func(dec *json.Decoder) error { return dec.Decode(&mod) })
	if err != nil {
		return nil, err
	}
	args := []string{"list", "-m", "-json"}
	for _, m := range mod.Require {
		if !m.Indirect && !slices.ContainsFunc(linked, func(l module) bool { return l.Path == m.Path }) {
			args = append(args, m.Path)
		}
	}
	if len(args) == 3 {
		return nil, nil
	}
	seen := map[string]module{}
	err = goJSON(ctx, root, nil, args, func(dec *json.Decoder) error {
		var m module
		if err := dec.Decode(&m); err != nil {
			return err
		}
		seen[m.Path] = m
		return nil
	})
	return sorted(seen), err
}

// goJSON runs the go command and hands its stream of values to each.
func goJSON(ctx context.Context, root string, env, args []string, each func(*json.Decoder) error) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), env...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("go %s: %w\n%s", args[0], err, &errs)
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		if err := each(dec); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("go %s: %w", args[0], err)
		}
	}
}

func sorted(set map[string]module) []module {
	list := make([]module, 0, len(set))
	for _, m := range set {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b module) int { return cmp.Compare(a.Path, b.Path) })
	return list
}
