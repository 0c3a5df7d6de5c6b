package local

import (
	"context"
	"errors"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc/codes"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/server"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/offers"
)

// Upgrades is what decides when an upgrade is installed. Each act is on record
// before it takes effect.
type Upgrades interface {
	Current() *hostpb.Upgrade
	Accept(ctx context.Context, a offers.Acceptance) (*hostpb.Upgrade, error)
	Postpone(ctx context.Context, digest string, wait time.Duration, by notify.Person) (*hostpb.Upgrade, error)
	Cancel(ctx context.Context, digest string, by notify.Person) (*hostpb.Upgrade, error)
	Check(ctx context.Context) (*hostpb.Upgrade, error)
}

// maxPostpone is for how long an upgrade can be postponed, in hours.
const maxPostpone = 168

// newChecks limits looks for upgrades: three at once, then one every ten
// seconds. Whoever may look must not make the vendor's server busy.
func newChecks() *rate.Limiter { return rate.NewLimiter(rate.Every(10*time.Second), 3) }

// AcceptUpgrade has what is offered installed at a time, by its digest.
func (h *Host) AcceptUpgrade(ctx context.Context, r *hostpb.AcceptUpgradeRequest) (*hostpb.Upgrade, error) {
	who, err := h.acting(ctx, r.GetInitials(), r.GetPin())
	if err != nil {
		return nil, err
	}
	u, err := h.config.Upgrades.Accept(ctx, offers.Acceptance{
		Digest: r.GetDigest(), When: r.GetWhen(), RunConfirmed: r.GetRunConfirmed(), By: who,
	})
	return h.upgrade("accept upgrade", u, err)
}

// PostponeUpgrade has an offer said again later.
func (h *Host) PostponeUpgrade(ctx context.Context, r *hostpb.PostponeUpgradeRequest) (*hostpb.Upgrade, error) {
	if r.GetHours() < 1 || r.GetHours() > maxPostpone {
		return nil, invalid("hours-invalid", "an upgrade is postponed for 1 to 168 hours")
	}
	u, err := h.config.Upgrades.Postpone(ctx, r.GetDigest(), time.Duration(r.GetHours())*time.Hour, person(ctx, ""))
	return h.upgrade("postpone upgrade", u, err)
}

// CancelUpgrade takes back what was accepted, until it has switched.
func (h *Host) CancelUpgrade(ctx context.Context, r *hostpb.CancelUpgradeRequest) (*hostpb.Upgrade, error) {
	who, err := h.acting(ctx, r.GetInitials(), r.GetPin())
	if err != nil {
		return nil, err
	}
	u, err := h.config.Upgrades.Cancel(ctx, r.GetDigest(), who)
	return h.upgrade("cancel upgrade", u, err)
}

// CheckUpgrades looks now for what is offered.
func (h *Host) CheckUpgrades(ctx context.Context, _ *hostpb.CheckUpgradesRequest) (*hostpb.Upgrade, error) {
	if !h.checks.Allow() {
		return nil, server.Fail(codes.ResourceExhausted, "too-many", "it was looked for just now; the next look is possible in a few seconds", "try-again")
	}
	u, err := h.config.Upgrades.Check(ctx)
	return h.upgrade("check upgrades", u, err)
}

func (h *Host) upgrade(op string, u *hostpb.Upgrade, err error) (*hostpb.Upgrade, error) {
	switch {
	case err == nil:
		return u, nil
	case errors.Is(err, offers.ErrNotOffered):
		return nil, refuse(codeNotOffered, "this upgrade is not offered")
	case errors.Is(err, offers.ErrNotPlanned):
		return nil, refuse("upgrade-not-planned", "this upgrade was not accepted")
	case errors.Is(err, offers.ErrTooLate):
		return nil, refuse("upgrade-too-late", "the new version runs already; it is checked, and taken back if it does not work")
	case errors.Is(err, offers.ErrMandatory):
		return nil, refuse("upgrade-mandatory", "the vendor and the site's policy want it installed; it can be chosen when, not whether")
	case errors.Is(err, offers.ErrSession):
		return nil, refuse(codeSession, "a session is running")
	case errors.Is(err, offers.ErrRunUnknown):
		return nil, refuse("run-not-confirmed", "a run may be in progress, and the upgrade disturbs the instrument")
	case errors.Is(err, offers.ErrWhen):
		return nil, invalid("when-invalid", `when is "now", "tonight" or "idle"`)
	case errors.Is(err, offers.ErrAway):
		return nil, server.Fail(codes.Unavailable, offers.CheckAway, "the upgrade service does not answer", "try-again")
	}
	return nil, h.fail(op, err)
}
