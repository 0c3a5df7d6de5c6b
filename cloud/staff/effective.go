package staff

import (
	"context"
	"slices"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
)

// Sites tells at which site a device stands; "": at none.
type Sites interface {
	SiteOf(ctx context.Context, device string) (string, error)
}

// effective is what somebody may help with at this moment: what the SSO said
// at sign-in, what the cloud has on them, and what has not ended, all three
// (B2, P16, P20).
func effective(who cloudapi.Staff, p *data.StaffPerson, now time.Time) cloudapi.Staff {
	training := who.Training
	if len(training) == 0 { // a session of an older version
		for _, r := range who.Regions {
			training = append(training, cloudapi.Training{Region: r})
		}
	}
	who.Regions, who.Training = nil, nil
	if p != nil && len(p.Sites) > 0 {
		if len(who.Sites) == 0 {
			who.Sites = p.Sites
		} else if who.Sites = both(who.Sites, p.Sites); len(who.Sites) == 0 {
			return who // assigned to no site that both name: none must not read as every one
		}
	}
	for _, t := range training {
		if p != nil && p.Trained {
			i := slices.IndexFunc(p.Training, func(o cloudapi.Training) bool { return o.Region == t.Region })
			if i < 0 {
				continue
			}
			t.UntilMS = earlier(t.UntilMS, p.Training[i].UntilMS)
		}
		if t.UntilMS != 0 && t.UntilMS <= now.UnixMilli() {
			continue
		}
		who.Regions, who.Training = append(who.Regions, t.Region), append(who.Training, t)
	}
	return who
}

func both(a, b []string) []string {
	var list []string
	for _, s := range a {
		if slices.Contains(b, s) {
			list = append(list, s)
		}
	}
	return list
}

// Reaches tells whether somebody may see a device: trained for its region, and
// assigned to its site where they are assigned to some alone (P5, P20).
func (d *Desk) Reaches(ctx context.Context, who cloudapi.Staff, device, region string) bool {
	return Trained(who, region) && d.MaySite(ctx, who, device)
}

// MaySite tells whether a device stands at a site somebody is assigned to. Who
// is assigned to some alone does not reach a device of which nobody can say
// where it stands.
func (d *Desk) MaySite(ctx context.Context, who cloudapi.Staff, device string) bool {
	if len(who.Sites) == 0 {
		return true
	}
	if d.Sites == nil {
		return false
	}
	site, err := d.Sites.SiteOf(ctx, device)
	if err != nil {
		d.Log.Error("staff: the site of a device cannot be looked up", "device", device, "error", err)
		return false
	}
	return site != "" && slices.Contains(who.Sites, site)
}
