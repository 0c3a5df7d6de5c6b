package eventlog

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
	"golang.org/x/sys/windows/svc/eventlog"
)

// Open opens the Application log under a source. It works for one that was
// never installed too; its entries are shown with a complaint then.
func Open(source string) (Writer, error) {
	w, err := eventlog.Open(source)
	if err != nil {
		return nil, fmt.Errorf("event log: %w", err)
	}
	return w, nil
}

const sources = `SYSTEM\CurrentControlSet\Services\EventLog\Application\`

// messages is the file by which Windows shows an entry's text as it is.
const messages = `%SystemRoot%\System32\EventCreate.exe`

// Install makes a source. One that is there is set right.
func Install(source string) error {
	if ok, err := Installed(source); err != nil || ok {
		return err
	}
	if err := Remove(source); err != nil {
		return err
	}
	if err := eventlog.Install(source, messages, true, eventlog.Error|eventlog.Warning|eventlog.Info); err != nil {
		return fmt.Errorf("event log: source %s: %w", source, err)
	}
	return nil
}

// Installed tells whether a source is there and shows entries by Windows' own
// message file and no other: a message file is a program that is loaded by
// whoever looks at the log.
func Installed(source string) (bool, error) {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, sources+source, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("event log: source %s: %w", source, err)
	}
	defer k.Close()
	file, _, err := k.GetStringValue("EventMessageFile")
	return err == nil && file == messages, nil
}

// Remove takes a source away. It is no error when there is none.
func Remove(source string) error {
	err := eventlog.Remove(source)
	if err == nil || errors.Is(err, windows.ERROR_FILE_NOT_FOUND) {
		return nil
	}
	return fmt.Errorf("event log: source %s: %w", source, err)
}
