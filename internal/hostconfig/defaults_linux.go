package hostconfig

// DefaultPath is where the package puts the configuration.
func DefaultPath() string { return "/etc/beckmanconnect/host.toml" }

func defaults() Config {
	return Config{
		Data:   "/var/lib/beckmanconnect",
		Socket: "/run/beckmanconnect/host.sock",
		// A folder of its own: it belongs to root, the service's to the service.
		UpgradeSocket: "/run/beckmanconnect-upgrade/upgrade.sock",
		Trust:         "/etc/beckmanconnect/trust",
		Policy:        "/etc/beckmanconnect/site-policy.note",
		Install:       "/opt/beckmanconnect",
		Scanner:       "/run/clamav/clamd.ctl", // where Debian's clamav-daemon listens
		Region:        "eu",
		Instrument:    Instrument{Profile: "sample"},
		Upgrade:       Upgrade{Interval: defaultInterval},
	}
}
