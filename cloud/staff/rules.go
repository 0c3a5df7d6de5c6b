package staff

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Rules are what a sign-in is held to (P16, P18, P21).
type Rules struct {
	Claims       Claims
	SecondFactor SecondFactor
	Life         time.Duration // of a session, whatever is done in it; 8 h
	Idle         time.Duration // without a person doing anything; 30 min
	NewPlaces    bool          // a sign-in from a new place waits for a mail
	Allowed      Accounts      // when it names a file: nobody else signs in
}

// Claims names the claims of the ID token. Empty ones have the names in
// brackets.
type Claims struct {
	Organisation string // [organisation]
	Regions      string // [trained_regions]: names of regions, trained for without an end
	Training     string // [trained]: {"region", "until"}
	Roles        string // [beckmanconnect_roles]
	Sites        string // [beckmanconnect_sites]
}

func (c Claims) named() Claims {
	return Claims{
		Organisation: cmp.Or(c.Organisation, "organisation"), Regions: cmp.Or(c.Regions, "trained_regions"), Training: cmp.Or(c.Training, "trained"),
		Roles: cmp.Or(c.Roles, "beckmanconnect_roles"), Sites: cmp.Or(c.Sites, "beckmanconnect_sites"),
	}
}

// SecondFactor is how the SSO must have asked who somebody is.
type SecondFactor struct {
	AMR    []string      // one of these methods (RFC 8176) must have been used
	ACR    []string      // or one of these classes reached; asked for by acr_values
	MaxAge time.Duration // since the SSO last asked; 8 h
}

// strong are the methods of RFC 8176 that are a second factor or stand for one.
var strong = []string{"mfa", "otp", "hwk", "swk", "fpt", "face", "iris", "vbm", "sc"}

const (
	defaultLife = 8 * time.Hour
	defaultIdle = 30 * time.Minute
)

// WithDefaults fills in what is not set.
func (r Rules) WithDefaults() Rules {
	r.Claims = r.Claims.named()
	r.Life, r.Idle = cmp.Or(r.Life, defaultLife), cmp.Or(r.Idle, defaultIdle)
	r.SecondFactor.MaxAge = cmp.Or(r.SecondFactor.MaxAge, defaultLife)
	if len(r.SecondFactor.AMR) == 0 && len(r.SecondFactor.ACR) == 0 {
		r.SecondFactor.AMR = strong
	}
	return r
}

// Check says what is wrong with rules that have their defaults.
func (r Rules) Check() error {
	switch {
	case r.Life < time.Minute || r.Life > 24*time.Hour:
		return fmt.Errorf("a session lives between a minute and a day, not %v", r.Life)
	case r.Idle < time.Minute || r.Idle > r.Life:
		return fmt.Errorf("a session without activity lives between a minute and %v, not %v", r.Life, r.Idle)
	case r.SecondFactor.MaxAge < time.Minute || r.SecondFactor.MaxAge > 24*time.Hour:
		return fmt.Errorf("max_age is between a minute and a day, not %v", r.SecondFactor.MaxAge)
	case slices.Contains(r.SecondFactor.AMR, "") || slices.Contains(r.SecondFactor.ACR, "") || slices.Contains(r.SecondFactor.AMR, "pwd"):
		return errors.New("a password alone is no second factor")
	}
	if _, err := r.Allowed.Has(""); err != nil {
		return err
	}
	return nil
}

var (
	errOneFactor = errors.New("staff: ID token: the sign-in service asked for no second factor")
	errOldSignIn = errors.New("staff: ID token: the sign-in service asked too long ago")
)

// met tells whether the SSO asked as it should have. What it does not say it
// did not do.
func (f SecondFactor) met(amr []string, acr string, asked, now time.Time) error {
	byClass := acr != "" && slices.Contains(f.ACR, acr)
	byMethod := slices.ContainsFunc(amr, func(m string) bool { return slices.Contains(f.AMR, m) })
	switch {
	case !byClass && !byMethod:
		return errOneFactor
	case asked.IsZero() || now.Sub(asked) > f.MaxAge+clockSkew || asked.Sub(now) > clockSkew:
		return errOldSignIn
	}
	return nil
}

const clockSkew = time.Minute

// values is how it is asked for.
func (f SecondFactor) values() string { return strings.Join(f.ACR, " ") }
