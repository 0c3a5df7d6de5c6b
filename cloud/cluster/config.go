// Package cluster is what several nodes of one cloud have between them: a bus
// of small words over NATS, and TLS connections of their own that carry the
// bytes of sessions. A node keeps nothing for another one, and dials only the
// servers and nodes that its configuration names (scenario 46).
package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
)

// Config is the table [cluster] of cloud.toml. Without a node name there is no
// cluster.
type Config struct {
	Node        string            `toml:"node"`        // this node's name, also in its certificate: "a"
	Listen      string            `toml:"listen"`      // for the other nodes: "10.0.0.1:8444"
	Certificate string            `toml:"certificate"` // PEM file, of this node, for both directions
	Key         string            `toml:"key"`
	Authority   string            `toml:"authority"` // PEM file: the authority of nodes and of NATS, and of nothing else
	Peers       map[string]string `toml:"peers"`     // the other nodes: name to address
	Subject     string            `toml:"subject"`   // what subjects begin with; "beckmanconnect": one deployment's own
	NATS        NATS              `toml:"nats"`
}

// NATS says where the bus is.
type NATS struct {
	Servers     []string `toml:"servers"`     // "tls://nats-1.example:4222"
	Credentials string   `toml:"credentials"` // file of a user's JWT and seed; or:
	User        string   `toml:"user"`
	Password    string   `toml:"password" secret:"true"`
}

// On tells whether there is a cluster.
func (c *Config) On() bool { return c.Node != "" }

var (
	nodeName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`)
	subject  = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){0,5}$`)
)

// maxPeers bounds the list of what may be dialled.
const maxPeers = 32

// Check tells all that is wrong.
func (c *Config) Check() error {
	if !c.On() {
		if c.Listen != "" || len(c.Peers) > 0 || len(c.NATS.Servers) > 0 {
			return errors.New(`"cluster.node" is missing: the name of this node`)
		}
		return nil
	}
	var errs []error
	bad := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	if !nodeName.MatchString(c.Node) {
		bad("%q in \"cluster.node\" is not a plain name of small letters and digits", c.Node)
	}
	if _, err := netip.ParseAddrPort(c.Listen); err != nil {
		bad("%q in \"cluster.listen\" is not an address of this machine with a port", c.Listen)
	}
	for key, file := range map[string]string{"certificate": c.Certificate, "key": c.Key, "authority": c.Authority} {
		if file == "" {
			bad("\"cluster.%s\" is missing", key)
		}
	}
	if len(c.Peers) > maxPeers {
		bad("\"cluster.peers\" has %d nodes, more than %d", len(c.Peers), maxPeers)
	}
	for name, address := range c.Peers {
		if !nodeName.MatchString(name) || name == c.Node {
			bad("%q in \"cluster.peers\" is not the name of another node", name)
		}
		if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" {
			bad("%q in \"cluster.peers\" is not an address with a port", address)
		}
	}
	if c.Subject == "" {
		c.Subject = "beckmanconnect"
	}
	if !subject.MatchString(c.Subject) {
		bad("%q in \"cluster.subject\" is not a NATS subject without wildcards", c.Subject)
	}
	if len(c.NATS.Servers) == 0 {
		bad(`"cluster.nats.servers" is missing: the nodes find each other there`)
	}
	for _, server := range c.NATS.Servers {
		u, err := url.Parse(server)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "tls" && !(u.Scheme == "nats" && loopback(u.Hostname())) {
			bad("%q in \"cluster.nats.servers\" is not tls://HOST:PORT", redacted(u, server))
		}
	}
	if c.NATS.Credentials != "" && c.NATS.User != "" {
		bad(`"cluster.nats.credentials" and "cluster.nats.user" are two ways to sign in: name one`)
	}
	return errors.Join(errs...)
}

// redacted never shows what stands before an "@": a password may.
func redacted(u *url.URL, text string) string {
	if u == nil {
		return "(not an address)"
	}
	if u.User != nil {
		return u.Redacted() + " (user and password have settings of their own)"
	}
	return text
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// keys are what a node proves itself with, and knows the others by.
type keys struct {
	certificate tls.Certificate
	authority   *x509.CertPool
}

func (c *Config) keys() (keys, error) {
	cert, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
	if err != nil {
		return keys{}, fmt.Errorf("cluster: certificate of this node: %w", err)
	}
	if !slices.Contains(cert.Leaf.DNSNames, c.Node) {
		return keys{}, fmt.Errorf("cluster: the certificate %s names %q, not this node %q", c.Certificate, cert.Leaf.DNSNames, c.Node)
	}
	pem, err := os.ReadFile(c.Authority)
	if err != nil {
		return keys{}, fmt.Errorf("cluster: authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return keys{}, fmt.Errorf("cluster: authority %s: there is no certificate in it", c.Authority)
	}
	return keys{cert, pool}, nil
}
