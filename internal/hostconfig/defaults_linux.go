package hostconfig

// DefaultPath is where the package puts the configuration.
func DefaultPath() string { return "/etc/beckmanconnect/host.toml" }

func defaults() Config {
	return Config{
		Data:          "/var/lib/beckmanconnect",
		Socket:        "/run/beckmanconnect/host.sock",
		UpgradeSocket: "/run/beckmanconnect/upgrade.sock",
		Trust:         "/etc/beckmanconnect/trust",
		Policy:        "/etc/beckmanconnect/site-policy.note",
		Install:       "/opt/beckmanconnect",
		Region:        "eu",
		Instrument:    Instrument{Profile: "sample"},
		Upgrade:       Upgrade{Interval: defaultInterval},
	}
}
