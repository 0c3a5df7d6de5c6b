package cloud

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"time"

	"beckmanconnect/cloud/uploads"
	"beckmanconnect/internal/clamd"
)

// Uploads names the malware scanner that everything sent as a file goes
// through. Without one nothing of it can be opened (P13).
//
//	[uploads]
//	clamd = "/run/clamav/clamd.ctl"       # or "10.0.0.5:3310": an address of a private network
//	signature_days = 7                    # absent: 7; with older ones nothing can be opened
//	signatures = "/var/lib/clamav"        # where they are, when all of them are your own
type Uploads struct {
	Clamd         string `toml:"clamd"`
	SignatureDays int    `toml:"signature_days"`
	Signatures    string `toml:"signatures"`

	Scanner clamd.Scanner `toml:"-"` // instead of Clamd
}

func (u Uploads) check() error {
	if u.SignatureDays < 0 || u.SignatureDays > 90 {
		return errors.New("\"uploads\": signature_days is a number from 1 to 90")
	}
	if u.Clamd == "" || filepath.IsAbs(u.Clamd) {
		return nil
	}
	// What is sent to it is not encrypted: only where nobody else listens.
	ap, err := netip.ParseAddrPort(u.Clamd)
	if err != nil || !ap.Addr().IsPrivate() && !ap.Addr().IsLoopback() {
		return fmt.Errorf("\"uploads\": clamd %q is neither the path of a socket nor an address and port of a private network", u.Clamd)
	}
	return nil
}

func (u Uploads) scanner() clamd.Scanner {
	switch {
	case u.Scanner != nil:
		return u.Scanner
	case u.Clamd == "":
		return nil
	case filepath.IsAbs(u.Clamd):
		return clamd.Clamd{Socket: u.Clamd}
	}
	return clamd.Clamd{Address: u.Clamd}
}

func (c *Cloud) newUploads() *uploads.Keeper {
	return uploads.New(uploads.Config{
		Data: c.data, Scanner: c.Uploads.scanner(), MaxAge: time.Duration(c.Uploads.SignatureDays) * 24 * time.Hour, Signatures: c.Uploads.Signatures,
		Log: c.Log, Now: c.Now, Changed: func() { c.feed.Changed(); c.feed.Noted() },
	})
}
