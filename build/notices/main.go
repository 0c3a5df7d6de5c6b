// Command notices writes THIRD-PARTY-NOTICES.md out of what the programs link
// on every system they are built for, and the licence files of those modules.
//
//	go run ./build/notices           write it
//	go run ./build/notices --check   fail when it is not what would be written
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
)

// file is where the notices are, in the repository's root.
const file = "THIRD-PARTY-NOTICES.md"

func main() {
	check := flag.Bool("check", false, "compare instead of writing")
	flag.Parse()
	if err := run(context.Background(), ".", *check); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root string, check bool) error {
	text, err := compose(ctx, root)
	if err != nil {
		return err
	}
	path := root + "/" + file
	if !check {
		return os.WriteFile(path, text, 0o644)
	}
	have, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(have, text) {
		return errors.New(file + ` is not what the programs are made of; run "go run ./build/notices"`)
	}
	return nil
}

func compose(ctx context.Context, root string) ([]byte, error) {
	linked, err := linkedModules(ctx, root)
	if err != nil {
		return nil, err
	}
	tools, err := otherDirect(ctx, root, linked)
	if err != nil {
		return nil, err
	}
	shipped, err := read(linked)
	if err != nil {
		return nil, err
	}
	used, err := read(tools)
	if err != nil {
		return nil, err
	}
	fonts, err := os.ReadFile(root + "/assets/fonts/OFL.txt")
	if err != nil {
		return nil, err
	}
	vpx, err := os.ReadFile(root + "/app/desktop/video/LICENSE.libvpx")
	if err != nil {
		return nil, err
	}
	return render(shipped, used, string(fonts), string(vpx)), nil
}
