package hostconfig

// Property is one thing that whoever installs the product may say: the
// packages take it as NAME=VALUE, group policy sets it under the same name, and
// "beckmanconnect-service install" writes it into the configuration (P1, P25).
type Property struct {
	Name string // CLOUDURL
	Key  string // "cloud.url"; empty: it is no setting of the file
	Says string // one line, for --help, the IT guide and the policy templates
}

// Properties are all of them, in the order they are asked for.
func Properties() []Property {
	return []Property{
		{"CLOUDURL", "cloud.url", "address of the support network: https, port 443"},
		{"REGION", "region", "region whose endpoints are used: eu, us, cn, …"},
		{"INSTRUMENT", "instrument.profile", "profile of the instrument on this PC"},
		{"SERIAL", "instrument.serial", "serial number of the instrument"},
		{"INSTRUMENTLOG", "instrument.log", "log file of the instrument's software"},
		{"PHONE", "instrument.phone", "the vendor's service number, shown to the technician"},
		{"HOURS", "instrument.hours", "when the vendor's service can be called, shown to the technician"},
		{"CHANNEL", "upgrade.channel", "channel that upgrades are taken from"},
		{"PROXY", "cloud.proxy.url", "proxy: http://HOST:PORT, or direct"},
		{"PROXYUSER", "cloud.proxy.user", "the proxy's user, for Basic"},
		{"PROXYPASSWORDFILE", "cloud.proxy.password_file", "file that holds the proxy's password"},
		{"POLICY", "", "signed site policy to install; what it authorises is authorised at installation"},
	}
}
