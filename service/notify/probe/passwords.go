package probe

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/BurntSushi/toml"
	"github.com/gosnmp/gosnmp"
)

// maxPasswords is the largest file of passwords that is read.
const maxPasswords = 64 << 10

// login is what SNMP 3 needs of a user. The file has one table for each:
//
//	[USER]
//	auth = "…"                  # at least 8 characters (RFC 3414)
//	priv = "…"
//	auth_protocol = "SHA256"    # SHA, SHA224, SHA256 (when left out), SHA384, SHA512
//	priv_protocol = "AES"       # AES (when left out), AES192, AES256, AES192C, AES256C
//
// The policy names the user; passwords stand in this file alone, which others
// must not be able to read.
type login struct {
	Auth         string `toml:"auth"`
	Priv         string `toml:"priv"`
	AuthProtocol string `toml:"auth_protocol"`
	PrivProtocol string `toml:"priv_protocol"`
}

// MD5 and DES are broken and not offered.
var authProtocols = map[string]gosnmp.SnmpV3AuthProtocol{
	"": gosnmp.SHA256, "SHA": gosnmp.SHA, "SHA224": gosnmp.SHA224, "SHA256": gosnmp.SHA256, "SHA384": gosnmp.SHA384, "SHA512": gosnmp.SHA512,
}

var privProtocols = map[string]gosnmp.SnmpV3PrivProtocol{
	"": gosnmp.AES, "AES": gosnmp.AES, "AES192": gosnmp.AES192, "AES256": gosnmp.AES256, "AES192C": gosnmp.AES192C, "AES256C": gosnmp.AES256C,
}

const minPassword = 8

// loginOf reads a user's passwords. Errors hold nothing of the file.
func loginOf(file, user string) (*gosnmp.UsmSecurityParameters, error) {
	if file == "" {
		return nil, errors.New("there is no file with its password")
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, errors.New("the file with its password cannot be read")
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, errors.New("the file with its password is no file")
	}
	// On Windows the installer gives the folder its rights.
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o027 != 0 {
		return nil, errors.New("the file with its password can be read by others; take that right away")
	}
	text, err := io.ReadAll(io.LimitReader(f, maxPasswords+1))
	if err != nil || len(text) > maxPasswords {
		return nil, errors.New("the file with its password cannot be read")
	}
	var all map[string]login
	meta, err := toml.Decode(string(text), &all)
	var parse toml.ParseError
	switch {
	case errors.As(err, &parse):
		return nil, fmt.Errorf("the file with its password: line %d cannot be understood", parse.Position.Line)
	case err != nil || len(meta.Undecoded()) > 0:
		return nil, errors.New("the file with its password cannot be understood")
	}
	l, ok := all[user]
	auth, knownAuth := authProtocols[l.AuthProtocol]
	priv, knownPriv := privProtocols[l.PrivProtocol]
	switch {
	case !ok:
		return nil, errors.New("the file with passwords does not have its user")
	case !knownAuth || !knownPriv:
		return nil, errors.New("the file with its password names a protocol that is not offered")
	case len(l.Auth) < minPassword || len(l.Priv) < minPassword:
		return nil, fmt.Errorf("its passwords must have at least %d characters", minPassword)
	}
	return &gosnmp.UsmSecurityParameters{
		UserName: user, AuthenticationProtocol: auth, AuthenticationPassphrase: l.Auth, PrivacyProtocol: priv, PrivacyPassphrase: l.Priv,
	}, nil
}
