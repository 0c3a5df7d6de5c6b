// Package brokers holds the configurations of the broker engines as they are
// handed out, and starts the engines with exactly these for tests and benches.
package brokers

import _ "embed"

// The files as they are handed out.
var (
	//go:embed mosquitto.conf
	MosquittoConf string
	//go:embed acl
	MosquittoACL string
	//go:embed nats.conf
	NATSConf string
)
