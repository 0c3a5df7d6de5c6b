package hostconfig

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// folder asks the system instead of the environment: a variable that the
// technician can set must not choose where a service looks (scenario 58).
func folder(id *windows.KNOWNFOLDERID, fallback string) string {
	path, err := windows.KnownFolderPath(id, 0)
	if err != nil {
		path = fallback
	}
	return filepath.Join(path, "BeckmanConnect")
}

// DefaultPath is where the package puts the configuration.
func DefaultPath() string {
	return filepath.Join(folder(windows.FOLDERID_ProgramData, `C:\ProgramData`), "host.toml")
}

func defaults() Config {
	data := folder(windows.FOLDERID_ProgramData, `C:\ProgramData`)
	return Config{
		Data:          filepath.Join(data, "service"),
		Socket:        `\\.\pipe\beckmanconnect-host`,
		UpgradeSocket: `\\.\pipe\beckmanconnect-upgrade`,
		Trust:         filepath.Join(data, "trust"),
		Policy:        filepath.Join(data, "site-policy.note"),
		Install:       folder(windows.FOLDERID_ProgramFiles, `C:\Program Files`),
		Region:        "eu",
		Instrument:    Instrument{Profile: "sample"},
		Upgrade:       Upgrade{Interval: defaultInterval},
	}
}
