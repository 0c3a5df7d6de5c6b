package install

import (
	"context"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf16"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// taskWithin bounds one call of schtasks, and taskDelay what it leaves behind.
const (
	linkCommand = `\shell\open\command`
	taskWithin  = 30 * time.Second
	taskDelay   = 2 * time.Second
)

func setRun(command string) error {
	k, _, err := registry.CreateKey(registry.LOCAL_MACHINE, runKey, registry.SET_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return fmt.Errorf("start of the tray at log-on: %w", err)
	}
	defer k.Close()
	if err := k.SetStringValue(runValue, command); err != nil {
		return fmt.Errorf("start of the tray at log-on: %w", err)
	}
	return nil
}

// run is the Run key's value, "" where there is none.
func run() (string, error) {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, runKey, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer k.Close()
	text, _, err := k.GetStringValue(runValue)
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	return text, err
}

func removeRun() error {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, runKey, registry.SET_VALUE|registry.WOW64_64KEY)
	if err == nil {
		defer k.Close()
		err = k.DeleteValue(runValue)
	}
	if err != nil && !errors.Is(err, registry.ErrNotExist) {
		return fmt.Errorf("start of the tray at log-on: %w", err)
	}
	return nil
}

// setLink registers the addresses of pages, for all accounts of this PC.
func setLink(command string) error {
	for _, v := range []struct{ key, name, value string }{
		{linkKey, "", "URL:BeckmanConnect"}, {linkKey, "URL Protocol", ""}, {linkKey + linkCommand, "", command},
	} {
		k, _, err := registry.CreateKey(registry.LOCAL_MACHINE, v.key, registry.SET_VALUE|registry.WOW64_64KEY)
		if err == nil {
			err = errors.Join(k.SetStringValue(v.name, v.value), k.Close())
		}
		if err != nil {
			return fmt.Errorf("addresses of pages: %w", err)
		}
	}
	return nil
}

// link is what opens a page's address, "" where nothing does.
func link() (string, error) {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, linkKey+linkCommand, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer k.Close()
	text, _, err := k.GetStringValue("")
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	return text, err
}

func removeLink() error {
	// A key goes when nothing is in it any more.
	for _, key := range []string{linkKey + linkCommand, linkKey + `\shell\open`, linkKey + `\shell`, linkKey} {
		if err := registry.DeleteKey(registry.LOCAL_MACHINE, key); err != nil && !errors.Is(err, registry.ErrNotExist) {
			return fmt.Errorf("addresses of pages: %w", err)
		}
	}
	return nil
}

// setTask registers the log-on task. schtasks takes it from a file, which lies
// where nobody else writes.
func setTask(ctx context.Context, l Layout) error {
	text, err := l.taskXML()
	if err != nil {
		return err
	}
	file := filepath.Join(l.Root, "tray-task.xml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return err
	}
	defer os.Remove(file)
	return schtasks(ctx, "/Create", "/TN", taskName, "/XML", file, "/F")
}

func removeTask(ctx context.Context) error {
	if _, err := os.Stat(taskFile()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return schtasks(ctx, "/Delete", "/TN", taskName, "/F")
}

// schtasks is called by its full path: no folder of PATH is believed (scenario
// 38).
func schtasks(ctx context.Context, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, taskWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(systemFolder(), "schtasks.exe"), args...)
	cmd.WaitDelay = taskDelay // what it started may hold its output
	out, err := cmd.CombinedOutput()
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) { // that one ended well
		return fmt.Errorf("schtasks %s: %w: %s", args[0], err, strings.TrimSpace(string(out)))
	}
	return nil
}

func systemFolder() string {
	dir, err := windows.GetSystemDirectory()
	if err != nil {
		return `C:\Windows\System32`
	}
	return dir
}

// taskFile is where Task Scheduler keeps the task; only administrators read it.
func taskFile() string { return filepath.Join(systemFolder(), "Tasks"+taskName) }

// readTask reads the task as it is registered.
func readTask() (task, error) {
	b, err := os.ReadFile(taskFile())
	if err != nil {
		return task{}, err
	}
	if len(b) >= 2 && b[0] == 0xff && b[1] == 0xfe {
		var units []uint16
		for i := 2; i+1 < len(b); i += 2 {
			units = append(units, binary.LittleEndian.Uint16(b[i:]))
		}
		b = []byte(string(utf16.Decode(units)))
	}
	d := xml.NewDecoder(strings.NewReader(string(b)))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 by now
	var t task
	return t, d.Decode(&t)
}
