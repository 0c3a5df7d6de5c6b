package cloud

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"beckmanconnect/cloud/releases/token"
	"beckmanconnect/cloud/staff"
	"beckmanconnect/internal/trust"
)

// Staff is the [staff] table: what a sign-in is held to, and the CA of
// engineers' certificates.
//
//	session = "8h"                  # of a sign-in as a whole
//	idle = "30m"                    # without a person doing anything
//	new_places = "mail"             # confirmed by mail, which needs [mail]; "off": not asked
//	allowed = "/etc/…/staff"        # absent: whoever the SSO vouches for; one account a line, counts at once
//	session_ca = "pkcs11:token=…;object=…?module-path=…&pin-source=file:…" # absent: the key file in private
//	[staff.second_factor]
//	amr = ["mfa", "otp", "hwk"]     # absent: every method of RFC 8176 that is one
//	acr = ["…"]                     # or one of these classes; asked for
//	max_age = "8h"
//	[staff.claims]
//	roles = "beckmanconnect_roles"  # and organisation, regions, training, sites
type Staff struct {
	Session      string       `toml:"session"`
	Idle         string       `toml:"idle"`
	NewPlaces    string       `toml:"new_places"`
	Allowed      string       `toml:"allowed"`
	SessionCA    string       `toml:"session_ca"`
	SecondFactor SecondFactor `toml:"second_factor"`
	Claims       Claims       `toml:"claims"`
}

// SecondFactor is [staff.second_factor].
type SecondFactor struct {
	AMR    []string `toml:"amr"`
	ACR    []string `toml:"acr"`
	MaxAge string   `toml:"max_age"`
}

// Claims is [staff.claims]: by which names the SSO says what.
type Claims struct {
	Organisation string `toml:"organisation"`
	Regions      string `toml:"regions"`
	Training     string `toml:"training"`
	Roles        string `toml:"roles"`
	Sites        string `toml:"sites"`
}

func (s Staff) rules() (staff.Rules, error) {
	r := staff.Rules{
		Claims: staff.Claims(s.Claims), Allowed: staff.Accounts(s.Allowed), NewPlaces: s.NewPlaces != "off",
		SecondFactor: staff.SecondFactor{AMR: s.SecondFactor.AMR, ACR: s.SecondFactor.ACR},
	}
	for name, d := range map[string]struct {
		text string
		to   *time.Duration
	}{"session": {s.Session, &r.Life}, "idle": {s.Idle, &r.Idle}, "second_factor.max_age": {s.SecondFactor.MaxAge, &r.SecondFactor.MaxAge}} {
		if d.text == "" {
			continue
		}
		var err error
		if *d.to, err = time.ParseDuration(d.text); err != nil || *d.to <= 0 {
			return r, fmt.Errorf("%q in %q is no span of time like \"8h\"", d.text, name)
		}
	}
	r = r.WithDefaults()
	return r, r.Check()
}

func (c *Config) checkSignIn() error {
	if _, err := c.Staff.rules(); err != nil {
		return fmt.Errorf("[staff]: %w", err)
	}
	switch {
	case c.Staff.NewPlaces != "" && c.Staff.NewPlaces != "mail" && c.Staff.NewPlaces != "off":
		return fmt.Errorf("[staff]: new_places is \"mail\" or \"off\", not %q", c.Staff.NewPlaces)
	case c.Staff.NewPlaces != "off" && c.Mail.Server == "":
		return errors.New(`"mail.server" is missing: a sign-in from a new place is confirmed by mail; without one set new_places = "off" in [staff]`)
	}
	if c.Staff.SessionCA != "" {
		if _, err := token.Parse(c.Staff.SessionCA); err != nil {
			return fmt.Errorf("[staff]: session_ca: %w", err)
		}
	}
	return nil
}

// loadPrivate reads the online keys; that of the session CA may be on a token.
func (c *Cloud) loadPrivate() error {
	var err error
	if c.Staff.SessionCA == "" {
		c.private, err = trust.LoadPrivate(c.Roots, c.Private)
		return err
	}
	key, err := token.Parse(c.Staff.SessionCA)
	if err != nil {
		return fmt.Errorf("cloud: session CA: %w", err)
	}
	if key.PINFile == "" {
		return errors.New("cloud: session CA: a service is not asked for a PIN; name a file by pin-source")
	}
	signer, closing, err := key.Open(nil)
	if err != nil {
		return fmt.Errorf("cloud: session CA: %w", err)
	}
	c.closeToken = closing
	ca, err := trust.AuthorityOf(filepath.Join(c.Roots, trust.FileStaffCA), signer)
	if err != nil {
		return fmt.Errorf("cloud: session CA: %w", err)
	}
	c.private, err = trust.LoadPrivateWith(c.Roots, c.Private, ca)
	return err
}
