package cloud

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"beckmanconnect/cloud/mail"
	"beckmanconnect/cloud/registry"
)

// What an unconfirmed registration may do.
const (
	confirmAuto     = ""         // wait where there is mail to confirm by
	confirmRequired = "required" // help waits for the confirmation
	confirmOptional = "optional" // it is asked for, and help does not wait
)

// Registry is the [registry] table: who is taken in, and what becomes of them.
//
//	confirmation = "required"        # or "optional"; absent: required where [mail] is
//	regions = ["eu", "uk"]           # of this deployment; absent: any
//	elsewhere = ["us=https://cloud.us.vendor.example"]  # where devices of other regions register
//	erase_days = 90                  # after its end, a device's personal data goes
//	token_host = "hub.example"       # what device tokens are for; absent: the first of "names"
//	token_minutes = 60               # how long one is good, 5 to 1440
type Registry struct {
	Confirmation string      `toml:"confirmation"`
	Regions      []string    `toml:"regions"`
	Elsewhere    []string    `toml:"elsewhere"`
	EraseDays    int         `toml:"erase_days"`
	TokenHost    string      `toml:"token_host"`
	TokenMinutes int         `toml:"token_minutes"`
	Mail         mail.Sender `toml:"-"` // nil: by [mail]
}

func (r *Registry) check(canMail bool) error {
	if !slices.Contains([]string{confirmAuto, confirmRequired, confirmOptional}, r.Confirmation) {
		return fmt.Errorf("[registry]: confirmation %q is neither %q nor %q", r.Confirmation, confirmRequired, confirmOptional)
	}
	if r.Confirmation == confirmRequired && !canMail {
		return errors.New(`[registry]: confirmation is required and there is no [mail] to ask by`)
	}
	for _, region := range r.Regions {
		if !registry.Region(region) {
			return fmt.Errorf("[registry]: %q in \"regions\" is not a region", region)
		}
	}
	if _, err := r.elsewhere(); err != nil {
		return err
	}
	if r.EraseDays == 0 {
		r.EraseDays = 90
	}
	if r.TokenMinutes == 0 {
		r.TokenMinutes = 60
	}
	switch {
	case r.EraseDays < 1 || r.EraseDays > 3650:
		return errors.New(`[registry]: "erase_days" must be 1 to 3650`)
	case r.TokenMinutes < 5 || r.TokenMinutes > 24*60:
		return errors.New(`[registry]: "token_minutes" must be 5 to 1440`)
	}
	return nil
}

// elsewhere gives where devices of other regions register.
func (r *Registry) elsewhere() (map[string]string, error) {
	out := map[string]string{}
	for _, line := range r.Elsewhere {
		region, address, _ := strings.Cut(line, "=")
		u, err := url.Parse(address)
		if !registry.Region(region) || err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" || u.User != nil {
			return nil, fmt.Errorf("[registry]: %q in \"elsewhere\" is not region=https://host", line)
		}
		if slices.Contains(r.Regions, region) {
			return nil, fmt.Errorf("[registry]: region %q is here and elsewhere", region)
		}
		out[region] = address
	}
	return out, nil
}

// confirmed tells whether help waits for the confirmation.
func (r *Registry) required(canMail bool) bool {
	return r.Confirmation == confirmRequired || r.Confirmation == confirmAuto && canMail
}

func (r *Registry) eraseAfter() time.Duration { return time.Duration(r.EraseDays) * 24 * time.Hour }
