package sound

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// players of a Linux desktop and what goes before the file, the first that is
// there is taken. None of them is required.
var players = []struct {
	name string
	args []string
}{
	{"pw-play", nil},
	{"paplay", nil},
	{"canberra-gtk-play", []string{"--file"}},
	{"aplay", []string{"--quiet"}},
}

// find gives the player and its arguments. look is exec.LookPath.
func find(look func(string) (string, error)) (program string, args []string, err error) {
	for _, p := range players {
		at, err := look(p.name)
		if err == nil && filepath.IsAbs(at) { // never one of the working directory
			return at, p.args, nil
		}
	}
	return "", nil, errors.New("sound: no program that plays one")
}

func can() bool {
	_, _, err := find(exec.LookPath)
	return err == nil
}

// play has a program of the desktop play a file: not all of them read a pipe.
func play(ctx context.Context, wav []byte) error {
	program, args, err := find(exec.LookPath)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(os.Getenv("XDG_RUNTIME_DIR"), "beckmanconnect-*.wav")
	if err != nil {
		return fmt.Errorf("sound: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(wav)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("sound: %w", err)
	}
	if err := exec.CommandContext(ctx, program, append(append([]string{}, args...), f.Name())...).Run(); err != nil {
		return fmt.Errorf("sound: %s: %w", program, err)
	}
	return nil
}
