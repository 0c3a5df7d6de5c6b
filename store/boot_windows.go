package store

import (
	"fmt"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// bootID names this boot of the machine: Windows counts its boots. Where the
// counter is absent the moment of the boot, to the minute, stands in.
func bootID() (string, error) {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE,
		`SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters`, registry.QUERY_VALUE)
	if err == nil {
		defer k.Close()
		if n, _, err := k.GetIntegerValue("BootId"); err == nil {
			return fmt.Sprintf("boot-%d", n), nil
		}
	}
	return "boot-at-" + time.Now().Add(-sinceBoot()).UTC().Format("2006-01-02T15:04"), nil
}

// sinceBoot is a clock that only goes forward, sleep included.
func sinceBoot() time.Duration { return windows.DurationSinceBoot() }
