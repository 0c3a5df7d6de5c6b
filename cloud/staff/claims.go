package staff

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"beckmanconnect/internal/cloudapi"
)

// Bounds of what an SSO may say about one person.
const (
	maxRegions = 32
	maxRoles   = 16
	maxSites   = 200
)

var (
	region = regexp.MustCompile(`^[a-z][a-z0-9-]{1,15}$`)
	siteID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
)

// claims are what the SSO says about a person.
type claims struct {
	Email         string
	EmailVerified bool
	Name          string
	Organisation  string
	Regions       []string
	Training      []trained
	Roles         []string
	Sites         []string
	AMR           []string
	ACR           string
	AuthTime      int64
}

// trained is one training, until the end of a day or a moment.
type trained struct {
	Region string `json:"region"`
	Until  string `json:"until"`
}

// read takes the claims out of a token by the names they have there.
func (n Claims) read(token map[string]json.RawMessage) (c claims, err error) {
	for name, to := range map[string]any{
		"email": &c.Email, "email_verified": &c.EmailVerified, "name": &c.Name, "amr": &c.AMR, "acr": &c.ACR, "auth_time": &c.AuthTime,
		n.Organisation: &c.Organisation, n.Regions: &c.Regions, n.Training: &c.Training,
	} {
		if raw := token[name]; raw != nil {
			if err := json.Unmarshal(raw, to); err != nil {
				return c, fmt.Errorf("staff: ID token: claim %s is not as expected", name)
			}
		}
	}
	for name, to := range map[string]*[]string{n.Roles: &c.Roles, n.Sites: &c.Sites} {
		if *to, err = wordList(token[name]); err != nil {
			return c, fmt.Errorf("staff: ID token: claim %s is not a list of words", name)
		}
	}
	return c, nil
}

// wordList reads a list of words, or one word, which some services send alone.
func wordList(raw json.RawMessage) (list []string, err error) {
	if raw == nil {
		return nil, nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}, nil
	}
	err = json.Unmarshal(raw, &list)
	return list, err
}

// staff checks the claims. The account is what site policies list, so it is
// plain ASCII in lower case or it is nobody (scenarios 15, 27). A role that is
// not known is kept: it allows nothing, while no role at all is an engineer's.
func (c claims) staff() (cloudapi.Staff, error) {
	account := strings.ToLower(c.Email)
	a, err := mail.ParseAddress(account)
	switch {
	case err != nil || a.Address != account || strings.IndexFunc(account, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0:
		return cloudapi.Staff{}, errors.New("staff: ID token: no usable account")
	case !c.EmailVerified:
		return cloudapi.Staff{}, errors.New("staff: ID token: the account's address is not verified")
	case !readable(c.Name) || !readable(c.Organisation):
		return cloudapi.Staff{}, errors.New("staff: ID token: name and organisation are needed, as plain text")
	case len(c.Regions)+len(c.Training) > maxRegions || slices.ContainsFunc(c.Regions, func(s string) bool { return !region.MatchString(s) }):
		return cloudapi.Staff{}, errors.New("staff: ID token: a trained region is not one")
	case len(c.Roles) > maxRoles || slices.ContainsFunc(c.Roles, func(s string) bool { return !readable(s) }):
		return cloudapi.Staff{}, errors.New("staff: ID token: a role is not one")
	case len(c.Sites) > maxSites || slices.ContainsFunc(c.Sites, func(s string) bool { return !siteID.MatchString(s) }):
		return cloudapi.Staff{}, errors.New("staff: ID token: a site is not one")
	}
	who := cloudapi.Staff{Account: account, Name: c.Name, Organisation: c.Organisation, Sites: sorted(c.Sites)}
	for _, r := range sorted(c.Roles) {
		who.Roles = append(who.Roles, cloudapi.Role(r))
	}
	if who.Training, err = c.training(); err != nil {
		return cloudapi.Staff{}, err
	}
	for _, t := range who.Training {
		who.Regions = append(who.Regions, t.Region)
	}
	return who, nil
}

// training joins both claims: of two words on one region the earlier end counts.
func (c claims) training() ([]cloudapi.Training, error) {
	until := map[string]int64{}
	for _, name := range c.Regions {
		until[name] = 0
	}
	for _, t := range c.Training {
		end, err := endOf(t.Until)
		if err != nil || !region.MatchString(t.Region) {
			return nil, errors.New("staff: ID token: a training is not one")
		}
		until[t.Region] = earlier(until[t.Region], end)
	}
	return listed(until), nil
}

// endOf reads the end of a training: the end of a day (UTC), or a moment; 0 when
// there is none. An end before 1970 is over, and must not read as none.
func endOf(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return max(1, day.AddDate(0, 0, 1).UnixMilli()), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	return max(1, at.UnixMilli()), err
}

// earlier of two ends, of which 0 is none.
func earlier(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

func listed(until map[string]int64) []cloudapi.Training {
	var list []cloudapi.Training
	for name, end := range until {
		list = append(list, cloudapi.Training{Region: name, UntilMS: end})
	}
	slices.SortFunc(list, func(a, b cloudapi.Training) int { return strings.Compare(a.Region, b.Region) })
	return list
}

func sorted(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }

func readable(s string) bool {
	return s != "" && len(s) <= 200 && strings.TrimSpace(s) == s && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
