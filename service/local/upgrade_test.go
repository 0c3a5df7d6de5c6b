package local

import (
	"fmt"
	"slices"
	"testing"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/offers"
	"beckmanconnect/service/policy"
)

func TestUpgrades(t *testing.T) {
	l := newLab(t)
	if _, err := l.AcceptUpgrade(anna, &hostpb.AcceptUpgradeRequest{Digest: "d1", Initials: "A\nW", When: "tonight", RunConfirmed: true}); err != nil {
		t.Fatal(err)
	}
	if by := l.offers.by; by.Role != "technician" || by.Account != "anna" || by.Initials != "A W" {
		t.Errorf("%+v", by)
	}
	for _, hours := range []uint32{0, 169, 1 << 31} {
		_, err := l.PostponeUpgrade(anna, &hostpb.PostponeUpgradeRequest{Digest: "d1", Hours: hours})
		l.code(fmt.Sprint(hours, " hours"), err, "hours-invalid")
	}
	if _, err := l.PostponeUpgrade(anna, &hostpb.PostponeUpgradeRequest{Digest: "d1", Hours: 168}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.CancelUpgrade(root, &hostpb.CancelUpgradeRequest{Digest: "d1"}); err != nil || l.offers.by.Role != "it" {
		t.Fatal(err, l.offers.by)
	}
	if want := []string{"accept d1 tonight true", "postpone d1 168h0m0s", "cancel d1"}; !slices.Equal(l.offers.calls, want) {
		t.Errorf("%q", l.offers.calls)
	}
	for err, code := range map[error]string{
		offers.ErrNotOffered: codeNotOffered, offers.ErrNotPlanned: "upgrade-not-planned", offers.ErrTooLate: "upgrade-too-late", offers.ErrMandatory: "upgrade-mandatory",
		offers.ErrSession: codeSession, offers.ErrRunUnknown: "run-not-confirmed", offers.ErrWhen: "when-invalid", offers.ErrAway: offers.CheckAway,
	} {
		l.offers.err = fmt.Errorf("around: %w", err)
		_, got := l.AcceptUpgrade(anna, &hostpb.AcceptUpgradeRequest{Digest: "d1"})
		l.code(err.Error(), got, code)
	}
}

// Where the site wants to know who acts, a technician without initials is
// refused here, whatever a window asks for; IT acts by its own account.
func TestUpgradesAreSigned(t *testing.T) { // defaults.md, "Who acted"
	l := newLab(t)
	l.withPINs(map[string]string{"AW": "4938"})
	for _, identify := range []policy.Identify{policy.IdentifyInitials, policy.IdentifyPIN} {
		l.site, l.offers.calls = &policy.Site{Number: 1, Identify: identify}, nil
		_, err := l.AcceptUpgrade(anna, &hostpb.AcceptUpgradeRequest{Digest: "d1", Initials: " "})
		l.code("accept", err, "initials-missing")
		_, err = l.CancelUpgrade(anna, &hostpb.CancelUpgradeRequest{Digest: "d1"})
		l.code("cancel", err, "initials-missing")
		if len(l.offers.calls) > 0 {
			t.Errorf("%q", l.offers.calls)
		}
		if _, err := l.AcceptUpgrade(anna, &hostpb.AcceptUpgradeRequest{Digest: "d1", Initials: "AW", Pin: "4938"}); err != nil {
			t.Error(err)
		}
		if _, err := l.AcceptUpgrade(root, &hostpb.AcceptUpgradeRequest{Digest: "d1"}); err != nil {
			t.Error(err)
		}
	}
}

// The vendor's server is not kept busy from here.
func TestChecksAreFew(t *testing.T) {
	l := newLab(t)
	refused := 0
	for range 10 {
		if _, err := l.CheckUpgrades(anna, &hostpb.CheckUpgradesRequest{}); err != nil {
			l.code("again", err, "too-many")
			refused++
		}
	}
	if refused < 6 || len(l.offers.calls) != 10-refused {
		t.Errorf("%d refused, %q", refused, l.offers.calls)
	}
}
