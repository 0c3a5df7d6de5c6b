package stage

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
)

// env is what any Windows program has, on the technician's desktop.
func (w *Wine) env() []string {
	return append(w.display.Env(),
		"WINEPREFIX="+w.prefix, "WINEARCH=win64", "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml,winemenubuilder.exe=",
		"LC_ALL=C.UTF-8", // or Wine cannot name files beyond ASCII
		`WINEPATH=C:\recorder`, "BECKMANCONNECT_RECORD="+w.native(w.record()))
}

// folders are those of the installed product for the first PC; the others are
// installations beside it on the same Windows.
func (w *Wine) folders(name string) (dir, install string) {
	if w.first == "" {
		w.first = name
	}
	if name == w.first {
		name = "BeckmanConnect"
	}
	return w.drive("ProgramData", name), w.drive("Program Files", name)
}

// native is a path as Windows programs write it: drive C is the prefix's, and
// all of this machine is drive Z.
func (w *Wine) native(path string) string {
	if path == "" {
		return ""
	}
	letter := "Z:"
	if inside, err := filepath.Rel(w.drive(), path); err == nil && !strings.HasPrefix(inside, "..") {
		letter, path = "C:", "/"+inside
	}
	return letter + strings.ReplaceAll(path, "/", `\`)
}

func (w *Wine) program(name string) string { return name + ".exe" }

func (w *Wine) command(program string, args []string) (string, []string) {
	return "wine", append([]string{program}, args...)
}

func (w *Wine) pipes(name string) (host, upgrade string, err error) {
	host, upgrade = `\\.\pipe\beckmanconnect-`+name, `\\.\pipe\beckmanconnect-`+name+"-upgrade"
	for _, pipe := range []string{host, upgrade} {
		if _, err := w.ask(context.Background(), "watch", pipe); err != nil {
			return "", "", err
		}
	}
	return host, upgrade, nil
}

func (w *Wine) dial(pipe string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) { return w.say(ctx, []string{"pipe", pipe}) }
}

func (w *Wine) crash(ctx context.Context, pc *PC) error {
	path, err := w.runningNative(ctx, pc)
	if err != nil {
		return err
	}
	_, err = w.ask(ctx, "end", path)
	return err
}

func (w *Wine) running(ctx context.Context, pc *PC) (string, error) {
	path, err := w.runningNative(ctx, pc)
	// On drive C, where versions are.
	return w.drive(strings.Split(strings.TrimPrefix(path, `C:\`), `\`)...), err
}

func (w *Wine) runningNative(ctx context.Context, pc *PC) (string, error) {
	all, err := w.ask(ctx, "running", w.program("beckmanconnect-service"))
	if err != nil {
		return "", err
	}
	versions := w.native(filepath.Join(pc.install, "versions")) + `\`
	for path := range strings.SplitSeq(all, "\t") {
		if strings.HasPrefix(strings.ToLower(path), strings.ToLower(versions)) {
			return path, nil
		}
	}
	return "", errors.New("stage: no version of the service runs")
}
