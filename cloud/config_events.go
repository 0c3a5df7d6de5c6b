package cloud

import (
	"fmt"
	"net/netip"

	"beckmanconnect/cloud/eventlog"
)

// Events is how long events are kept and where they go.
//
//	[events]
//	retention_days = 1095                 # absent: 1095
//	syslog = "siem.example:6514"          # RFC 5424 over TLS, or:
//	url = "https://siem.example/ingest"   # JSON lines; absent both: nowhere
//	ca = "…"                              # PEM; absent: the system's
//	certificate = "…", key = "…"          # for a receiver that asks for one
//	token = "…"                           # file with a bearer token, for url
//	networks = ["10.0.0.0/8"]             # private networks it may stand in; absent: none
//	[events.regions]
//	us = 2190                             # days, where a region has its own
type Events struct {
	RetentionDays int            `toml:"retention_days"`
	Regions       map[string]int `toml:"regions"`
	Syslog        string         `toml:"syslog"`
	URL           string         `toml:"url"`
	CA            string         `toml:"ca"`
	Certificate   string         `toml:"certificate"`
	Key           string         `toml:"key"`
	Token         string         `toml:"token"`
	Networks      []netip.Prefix `toml:"networks"`
}

func (e Events) retention() eventlog.Retention {
	return eventlog.Retention{Days: e.RetentionDays, Regions: e.Regions}
}

func (e Events) siem() eventlog.SIEM {
	return eventlog.SIEM{Syslog: e.Syslog, URL: e.URL, CA: e.CA, Certificate: e.Certificate, Key: e.Key, Token: e.Token, Networks: e.Networks}
}

func (e Events) check() error {
	if err := e.retention().Check(); err != nil {
		return fmt.Errorf("\"events\": %w", err)
	}
	if err := e.siem().Check(); err != nil {
		return fmt.Errorf("\"events\": %w", err)
	}
	return nil
}
