package cloud

import (
	"errors"
	"fmt"
	"os"
	"regexp"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/data/postgres"
)

// Keys names the wrapping keys above everything that is sealed, by a file's
// path or as a key on a PKCS#11 token:
//
//	[keys]
//	data = "pkcs11:token=cloud;object=data?module-path=/usr/lib/…/lib….so&pin-source=file:/run/…/pin"
//	confidential = "/etc/beckmanconnect-cloud/confidential.key"
//
// Absent: files in the data folder, made on the first start. Nodes that share a
// database name the same keys.
type Keys struct {
	Data         string `toml:"data"`
	Confidential string `toml:"confidential"`
}

var plainNode = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

func (c *Config) checkDatabase() error {
	if c.Database == "" {
		return nil
	}
	if err := postgres.Check(c.Database); err != nil {
		return fmt.Errorf("\"database\": %w", err)
	}
	if c.Keys.Data == "" || c.Keys.Confidential == "" {
		return errors.New(`"keys.data" and "keys.confidential" are missing: with "database" every node names the same wrapping keys`)
	}
	if _, err := c.node(); err != nil {
		return err
	}
	return nil
}

// node is this process's name among those that share the database: the
// machine's where none is set.
func (c *Config) node() (string, error) {
	name := c.Node
	if c.Database == "" {
		return "", nil
	}
	if name == "" {
		var err error
		if name, err = os.Hostname(); err != nil {
			return "", fmt.Errorf(`"node" is missing, and the machine has no name: %w`, err)
		}
	}
	if !plainNode.MatchString(name) {
		return "", fmt.Errorf("%q is no node's name: letters, digits, dots and dashes", name)
	}
	return name, nil
}

// DataConfig is where this configuration's data is, for the cloud and tools
// beside it.
func (c *Config) DataConfig() (data.Config, error) {
	node, err := c.node()
	return data.Config{
		Dir: c.Data, URL: c.Database, Node: node, Now: c.Now,
		Keys: data.Keys{Data: c.Keys.Data, Confidential: c.Keys.Confidential},
	}, err
}
