// Package cases is the desk: who has taken which call for help, how it passes
// from one colleague to another, and what the technician is told of it.
//
// Nothing here opens anything on an instrument PC. A person gets a certificate
// for a request only while its case is theirs, or they were invited to it, and
// comes in only by the code that the technician read out to them. A session is
// one engineer's: whoever comes after needs a code of their own (P23), and
// nothing that was granted before is theirs.
package cases

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/rights"
	"beckmanconnect/internal/cloudapi"
)

const (
	// knownFor is how long after somebody was at the desk a case can be given
	// to them.
	knownFor = 90 * 24 * time.Hour
	// leftAfter: a case that waits goes back when nobody has seen the desk of
	// whoever has it for so long.
	leftAfter = 10 * time.Minute
	// seenEvery bounds how often it is kept that somebody is at the desk.
	seenEvery = time.Minute
	// recentFor and maxRecent bound one's own cases that are over in the list.
	recentFor = 24 * time.Hour
	maxRecent = 20
)

// Config is what a Service works with.
type Config struct {
	Data   *data.DB
	Events events.Sink // nil: none is kept
	// Send publishes to a device (cloudapi's kinds, cloud → device).
	Send func(device, kind string, body any) error
	// Cut ends a request's meeting at the relay, because staff ended it; Unseat
	// sends the engineer at it away, and the PC waits on.
	Cut, Unseat func(request string)
	// Changed has the consoles look again. It must not block.
	Changed func()
	// Removed tells whether an account may do nothing any more.
	Removed func(account string) bool
	// Staff gives who could be given a case, wherever they are. nil: who was
	// at the desk within the last 90 days.
	Staff func(ctx context.Context) ([]cloudapi.Staff, error)
	Log   *slog.Logger
	Now   func() time.Time
}

// Service is the desk.
type Service struct {
	Config
	places places

	mu   sync.Mutex
	seen map[string]time.Time
}

// New makes a Service. Run must be called for technicians to be told.
func New(c Config) *Service {
	s := &Service{Config: c, seen: map[string]time.Time{}}
	s.places = newPlaces()
	return s
}

// Refusal is an act that is not done, and why.
type Refusal struct{ Code, Message string }

func (r *Refusal) Error() string { return r.Message }

func refuse(code, message string) error { return &Refusal{code, message} }

var (
	errUnknown   = &Refusal{"unknown-case", "There is no such case in your regions."}
	errForbidden = &Refusal{"forbidden", "Your role does not allow this."}
	errTaken     = &Refusal{"taken", "Somebody else has this case."}
	errNoSession = &Refusal{"no-session", "No session runs."}
)

// Reach tells whether somebody may do an act about a device: by role, by
// training for its region as of now, and by its site (P16, P20). Where the site
// cannot be read nobody who is assigned to sites may.
func (s *Service) Reach(ctx context.Context, who cloudapi.Staff, act rights.Act, device, region string) bool {
	if !rights.May(who, act) || !trained(who, region, s.Now()) {
		return false
	}
	if len(who.Sites) == 0 {
		return true
	}
	site, err := s.Data.SiteOf(ctx, device)
	if err != nil && ctx.Err() == nil {
		s.Log.Error("desk: the site of a device cannot be read", "device", device, "error", err)
	}
	return err == nil && data.Of(who).Sees(region, site)
}

// reach is Reach for a case's device.
func (s *Service) reach(who cloudapi.Staff, act rights.Act, c *data.Case) bool {
	return rights.May(who, act) && trained(who, c.Region, s.Now()) && data.Of(who).Sees(c.Region, c.Site)
}

// trained: Regions says for what; Training, where it is given, until when.
func trained(who cloudapi.Staff, region string, now time.Time) bool {
	if !slices.Contains(who.Regions, region) {
		return false
	}
	named := false
	for _, t := range who.Training {
		if t.Region == region {
			if t.UntilMS == 0 || t.UntilMS > now.UnixMilli() {
				return true
			}
			named = true
		}
	}
	return !named
}

// Seen keeps that somebody is at the desk. It is called again and again while
// a console is open.
func (s *Service) Seen(ctx context.Context, who cloudapi.Staff) {
	now := s.Now()
	s.mu.Lock()
	if now.Sub(s.seen[who.Account]).Abs() < seenEvery {
		s.mu.Unlock()
		return
	}
	s.seen[who.Account] = now
	s.mu.Unlock()
	if err := s.Data.SeeColleague(ctx, who); err != nil && ctx.Err() == nil {
		s.Log.Error("desk: who is there is not kept", "error", err)
	}
}

// List gives the cases somebody may see: those whose technician waits or is in
// session, in the order of the queue, and their own of the last day.
func (s *Service) List(ctx context.Context, who cloudapi.Staff) ([]cloudapi.Case, error) {
	list := []cloudapi.Case{}
	if !rights.May(who, rights.SeeQueue) {
		return list, nil
	}
	open, err := s.Data.OpenCases(ctx)
	if err != nil {
		return nil, err
	}
	number(open)
	recent, err := s.Data.RecentCases(ctx, who.Account, s.Now().Add(-recentFor).UnixMilli(), maxRecent)
	if err != nil {
		return nil, err
	}
	for _, c := range append(open, recent...) {
		if slices.ContainsFunc(list, func(o cloudapi.Case) bool { return o.Number == c.Number }) {
			continue
		}
		if s.reach(who, rights.SeeQueue, c) {
			list = append(list, c.For(who.Account))
		}
	}
	return list, nil
}

// number gives each case that waits and that nobody has taken its place in its
// region's queue. The order is that of the list.
func number(open []*data.Case) map[string]int {
	lengths := map[string]int{}
	for _, c := range open {
		if c.State == "waiting" && c.Holder == nil {
			lengths[c.Region]++
			c.Place = lengths[c.Region]
		}
	}
	return lengths
}

// Read gives all of a case.
func (s *Service) Read(ctx context.Context, who cloudapi.Staff, number string) (cloudapi.CaseFile, error) {
	c, err := s.find(ctx, who, number)
	if err != nil {
		return cloudapi.CaseFile{}, err
	}
	f, err := s.Data.CaseFile(ctx, c)
	f.Case = c.For(who.Account)
	return f, err
}

// find gives a case that somebody may see; for any other there is none.
func (s *Service) find(ctx context.Context, who cloudapi.Staff, number string) (*data.Case, error) {
	c, err := s.Data.CaseOf(ctx, number)
	if errors.Is(err, data.ErrNotFound) || err == nil && !s.reach(who, rights.SeeQueue, c) {
		return nil, errUnknown
	}
	return c, err
}

// Join says whether somebody may get a certificate for a request and meet its
// PC at the relay, and takes the case for them when nobody has it. It is asked
// for every certificate and every socket; region and site were asked before.
func (s *Service) Join(ctx context.Context, who cloudapi.Staff, request string, from netip.Addr) error {
	if !rights.May(who, rights.Help) {
		return errForbidden
	}
	number, taken, err := s.Data.JoinCase(ctx, request, who)
	if errors.Is(err, data.ErrHeld) {
		var c *data.Case
		if c, err = s.Data.CaseOfRequest(ctx, request); err == nil {
			err = s.freed(ctx, c)
		}
		if err == nil {
			number, taken, err = s.Data.JoinCase(ctx, request, who)
		}
	}
	if errors.Is(err, data.ErrHeld) {
		return errTaken
	}
	if err != nil || !taken {
		return err
	}
	return s.tookCase(ctx, who, number, from)
}

// Colleagues gives who may be given a case: they may help, here, and are not
// the one who has it. Whether they still may is asked again when they come.
func (s *Service) Colleagues(ctx context.Context, who cloudapi.Staff, number string) ([]cloudapi.Colleague, error) {
	if !rights.May(who, rights.HandOver) && !rights.May(who, rights.Assign) {
		return nil, errForbidden
	}
	c, err := s.find(ctx, who, number)
	if err != nil {
		return nil, err
	}
	staff, err := s.staff(ctx)
	if err != nil {
		return nil, err
	}
	list := []cloudapi.Colleague{}
	for _, p := range staff {
		if !c.Held(p.Account) && s.receives(p, c) {
			list = append(list, cloudapi.Colleague{Account: p.Account, Name: p.Name})
		}
	}
	slices.SortFunc(list, byName)
	return list, nil
}

func (s *Service) staff(ctx context.Context) ([]cloudapi.Staff, error) {
	if s.Staff != nil {
		return s.Staff(ctx)
	}
	return s.Data.Colleagues(ctx, s.Now().Add(-knownFor))
}

// receives tells whether a case may be given to somebody.
func (s *Service) receives(p cloudapi.Staff, c *data.Case) bool {
	return s.reach(p, rights.Help, c) && (s.Removed == nil || !s.Removed(p.Account))
}

// History gives what was with a device. Whether the reader may see the device
// is the caller's to ask; what of it is of the desk is asked here.
func (s *Service) History(ctx context.Context, who cloudapi.Staff, device data.DeviceRecord) (cloudapi.DeviceHistory, error) {
	h, err := s.Data.DeskHistory(ctx, device.ID)
	if !s.Reach(ctx, who, rights.SeeQueue, device.ID, device.Region) {
		h.Cases = []cloudapi.DeviceCase{}
	}
	return h, err
}
