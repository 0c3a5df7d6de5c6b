// Package boot tells one boot of the machine from another, and how long it
// lasts: clocks may jump, a boot does not.
package boot

import (
	"fmt"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// ID names this boot of the machine: Windows counts its boots. Where the
// counter is absent the moment of the boot, to the minute, stands in.
func ID() (string, error) {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE,
		`SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters`, registry.QUERY_VALUE)
	if err == nil {
		defer k.Close()
		if n, _, err := k.GetIntegerValue("BootId"); err == nil {
			return fmt.Sprintf("boot-%d", n), nil
		}
	}
	return "boot-at-" + time.Now().Add(-Since()).UTC().Format("2006-01-02T15:04"), nil
}

// Since is a clock that only goes forward, sleep included.
func Since() time.Duration { return windows.DurationSinceBoot() }
