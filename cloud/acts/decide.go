package acts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"beckmanconnect/cloud/events"
	"beckmanconnect/internal/cloudapi"
)

// Bounds of what is kept and answered.
const (
	maxWaiting = 200
	maxListed  = 200
	maxReason  = 300 // characters
	maxParams  = 16 << 10
)

// Propose puts an act before the others. Nothing is done yet.
func (a *Acts) Propose(ctx context.Context, by By, p cloudapi.ActProposal) (cloudapi.Act, error) {
	k, ok := a.kinds[p.Kind]
	if !ok || len(p.Params) > maxParams {
		return cloudapi.Act{}, ErrKind
	}
	reason, ok := Line(p.Reason)
	if !ok {
		return cloudapi.Act{}, ErrReason
	}
	what, err := k.describe(ctx, by.Staff, p.Params)
	if err != nil {
		return cloudapi.Act{}, err
	}
	if !mayDecide(by.Staff, what.Region, what.Regions) {
		a.refused(ctx, by.Staff, Refusal{Kind: p.Kind, Why: WhyRegion, Person: what.Person, Device: what.Device})
		return cloudapi.Act{}, ErrRegion
	}
	now := a.Now()
	act := Kept{Regions: what.Regions, Device: what.Device, Session: by.Session, Act: cloudapi.Act{
		ID: "act-" + strings.ToLower(rand.Text()[:16]), Kind: p.Kind, Region: what.Region, State: cloudapi.ActWaiting, Params: p.Params, Lines: what.Lines,
		Reason: reason, By: by.Staff.Account, ByName: by.Staff.Name, AtMS: now.UnixMilli(), ExpiresMS: now.Add(Life).UnixMilli(), Own: true,
	}}
	act.Hash = digest(act)
	act.Digest = hex.EncodeToString(act.Hash)
	// On the record first: an act that no auditor could find must not wait.
	if a.Events != nil {
		if err := a.Events.Emit(ctx, event(events.ActProposed, act, by.Staff.Account, map[string]string{"reason": reason})); err != nil {
			return cloudapi.Act{}, err
		}
	}
	if err := a.Store.AddAct(ctx, act, maxWaiting); err != nil {
		return cloudapi.Act{}, err
	}
	return act.Act, nil
}

// List gives the acts somebody may decide about, newest first.
func (a *Acts) List(ctx context.Context, by cloudapi.Staff) ([]cloudapi.Act, error) {
	kept, err := a.Store.Acts(ctx, maxListed)
	if err != nil {
		return nil, err
	}
	list := []cloudapi.Act{}
	for _, k := range kept {
		if !mayDecide(by, k.Region, k.Regions) {
			continue
		}
		if k.State == cloudapi.ActWaiting && a.Now().UnixMilli() >= k.ExpiresMS {
			k.State = cloudapi.ActExpired
		}
		k.Own = k.By == by.Account
		list = append(list, k.Act)
	}
	return list, nil
}

// Confirm carries an act out, when another person than its proposer has read
// exactly what stands on record and it would still do just that.
func (a *Acts) Confirm(ctx context.Context, by By, d cloudapi.ActDecision) (cloudapi.Act, error) {
	act, err := a.open(ctx, by, d)
	if err != nil {
		return cloudapi.Act{}, err
	}
	if same, err := a.Store.SameActor(ctx, act.ID, by.Staff.Account); err != nil {
		return cloudapi.Act{}, err
	} else if same || act.By == by.Staff.Account || len(by.Session) == 0 || subtle.ConstantTimeCompare(act.Session, by.Session) == 1 {
		a.refused(ctx, by.Staff, Refusal{Kind: act.Kind, Act: act.ID, Why: WhyOwn, Device: act.Device})
		return cloudapi.Act{}, ErrOwn
	}
	if gone, err := a.Store.StaffRemoved(ctx, act.By); err != nil {
		return cloudapi.Act{}, err
	} else if gone {
		a.refused(ctx, by.Staff, Refusal{Kind: act.Kind, Act: act.ID, Why: WhyProposer, Person: act.By, Device: act.Device})
		return cloudapi.Act{}, ErrProposer
	}
	what, err := a.kinds[act.Kind].describe(ctx, by.Staff, act.Params)
	if err != nil {
		return cloudapi.Act{}, err
	}
	if !mayDecide(by.Staff, what.Region, what.Regions) { // it was told of fewer when it was proposed
		a.refused(ctx, by.Staff, Refusal{Kind: act.Kind, Act: act.ID, Why: WhyRegion, Person: what.Person, Device: what.Device})
		return cloudapi.Act{}, ErrRegion
	}
	now := act
	now.Region, now.Regions, now.Device, now.Lines = what.Region, what.Regions, what.Device, what.Lines
	if !slices.Equal(digest(now), act.Hash) {
		return cloudapi.Act{}, ErrChanged
	}
	first, err := a.Store.DecideAct(ctx, act.ID, cloudapi.ActConfirmed, by.Staff.Account, "", a.Now(),
		event(events.ActConfirmed, act, by.Staff.Account, map[string]string{"proposer": act.By}))
	if err != nil {
		return cloudapi.Act{}, err
	}
	if !first {
		return cloudapi.Act{}, ErrUnknown
	}
	// The caller may be gone; what two people decided is done all the same.
	return a.carryOut(context.WithoutCancel(ctx), act)
}

// Reject ends an act. Its proposer may, too.
func (a *Acts) Reject(ctx context.Context, by By, d cloudapi.ActDecision) (cloudapi.Act, error) {
	reason, ok := Line(d.Reason)
	if !ok {
		return cloudapi.Act{}, ErrReason
	}
	act, err := a.open(ctx, by, d)
	if err != nil {
		return cloudapi.Act{}, err
	}
	first, err := a.Store.DecideAct(ctx, act.ID, cloudapi.ActRejected, by.Staff.Account, reason, a.Now(),
		event(events.ActRejected, act, by.Staff.Account, map[string]string{"proposer": act.By, "reason": reason}))
	if err != nil {
		return cloudapi.Act{}, err
	}
	if !first {
		return cloudapi.Act{}, ErrUnknown
	}
	act.State, act.Decided, act.Why = cloudapi.ActRejected, by.Staff.Account, reason
	return act.Act, nil
}

// open gives an act that waits, to somebody who may decide about it and has
// seen it as it is.
func (a *Acts) open(ctx context.Context, by By, d cloudapi.ActDecision) (Kept, error) {
	act, err := a.Store.Act(ctx, d.ID)
	if err != nil {
		return act, err
	}
	seen, err := hex.DecodeString(d.Digest)
	switch {
	case !mayDecide(by.Staff, act.Region, act.Regions):
		a.refused(ctx, by.Staff, Refusal{Kind: act.Kind, Act: act.ID, Why: WhyRegion, Device: act.Device})
		return act, ErrUnknown // who may not see it learns nothing about it
	case act.State != cloudapi.ActWaiting:
		return act, ErrUnknown
	case a.Now().UnixMilli() >= act.ExpiresMS:
		return act, ErrExpired
	case err != nil || subtle.ConstantTimeCompare(seen, act.Hash) != 1:
		return act, ErrChanged
	case a.kinds[act.Kind].execute == nil:
		return act, ErrUnknown // of another version of the cloud
	case subtle.ConstantTimeCompare(digest(act), act.Hash) != 1:
		return act, ErrChanged // not as it was written
	}
	return act, nil
}

// carryOut does what was confirmed, unless somebody else is at it.
func (a *Acts) carryOut(ctx context.Context, act Kept) (cloudapi.Act, error) {
	now := a.Now()
	mine, err := a.Store.CarryAct(ctx, act.ID, now, now.Add(-carryTime))
	if err != nil || !mine {
		return act.Act, err
	}
	k, ok := a.kinds[act.Kind]
	if !ok {
		return act.Act, nil // of another version of the cloud
	}
	ctx, cancel := context.WithTimeout(ctx, carryTime-time.Minute)
	defer cancel()
	act.State, act.Why, act.WhyCode = cloudapi.ActDone, "", ""
	var failed *Error
	if err := k.execute(ctx, act.Act); err != nil {
		a.Log.Error("a confirmed act failed", "act", act.ID, "kind", act.Kind, "error", err)
		if !errors.As(err, &failed) {
			failed = errFailed
		}
		act.State, act.Why, act.WhyCode = cloudapi.ActFailed, failed.Message, failed.Code
	}
	return act.Act, a.Store.FinishAct(ctx, act.ID, act.State, failed)
}

// digest covers all that the two people read and all that is carried out.
func digest(k Kept) []byte {
	text, err := json.Marshal(struct {
		Version                  string
		ID, Kind, Region, Device string
		Params                   json.RawMessage
		Lines                    []cloudapi.ActLine
		Reason, By, ByName       string
		AtMS, ExpiresMS          int64
		Regions                  []string `json:",omitempty"`
	}{"beckmanconnect act v1", k.ID, k.Kind, k.Region, k.Device, k.Params, k.Lines, k.Reason, k.By, k.ByName, k.AtMS, k.ExpiresMS, k.Regions})
	if err != nil {
		return nil // parameters that are no JSON: equal to no digest
	}
	sum := sha256.Sum256(text)
	return sum[:]
}

// Line gives a reason as it is kept, and whether it is one: a line of plain text
// of 1 to 300 characters, without control and direction marks.
func Line(text string) (string, bool) {
	text = strings.TrimSpace(text)
	return text, text != "" && utf8.RuneCountInString(text) <= maxReason && strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
