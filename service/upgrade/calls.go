package upgrade

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"beckmanconnect/ipc/server"
	"beckmanconnect/ipc/upgradepb"
)

// Codes of refused calls.
const (
	CodeNotOffered = "not-offered" // a call named a digest that is not offered
	CodeTooLate    = "too-late"    // what should be cancelled is being switched to, or was
	CodeBadHold    = "bad-hold"
	CodeNotWritten = "not-written" // to the disk
)

// Watch streams the state.
func (u *Upgrader) Watch(_ *upgradepb.WatchRequest, stream grpc.ServerStreamingServer[upgradepb.State]) error {
	for {
		state, changed := u.board.watch()
		if err := stream.Send(state); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

// Check asks the repository now. While something is being installed it only
// returns the state.
func (u *Upgrader) Check(ctx context.Context, _ *upgradepb.CheckRequest) (*upgradepb.State, error) {
	if state := u.board.get(); busy(state.GetPhase()) {
		return state, nil
	}
	done := make(chan struct{})
	select {
	case u.checks <- done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case <-done:
		return u.board.get(), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Download starts to fetch what is offered, and returns at once; what becomes
// of it is watched.
func (u *Upgrader) Download(_ context.Context, r *upgradepb.DownloadRequest) (*upgradepb.State, error) {
	return u.accept(r.GetDigest(), false)
}

// Install starts the installation of what is offered, and returns at once.
// What is being fetched, or here already, is not fetched again.
func (u *Upgrader) Install(_ context.Context, r *upgradepb.InstallRequest) (*upgradepb.State, error) {
	return u.accept(r.GetDigest(), true)
}

func (u *Upgrader) accept(digest string, install bool) (*upgradepb.State, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.job != nil {
		if u.job.offer.Digest != digest || u.job.ctx.Err() != nil {
			return nil, notOffered()
		}
		// The same once more: it is under way, and may go on to the switch.
		u.job.install = u.job.install || install
		return u.board.get(), nil
	}
	if state := u.board.get(); !install && state.GetPhase() == ready && state.GetDigest() == digest {
		return state, nil
	}
	offer, ok := u.board.accept(digest)
	if !ok {
		return nil, notOffered()
	}
	u.job = newJob(offer, install)
	u.jobs <- u.job // has room: there is one job at a time
	return u.board.get(), nil
}

func notOffered() error {
	return server.Fail(codes.FailedPrecondition, CodeNotOffered, "this is not what is offered", "")
}

// Cancel stops what was accepted, unless it is being switched to already. It
// returns when nothing is going on any more; the bytes that came stay.
func (u *Upgrader) Cancel(ctx context.Context, r *upgradepb.CancelRequest) (*upgradepb.State, error) {
	u.mu.Lock()
	j := u.job
	if j == nil {
		defer u.mu.Unlock()
		state := u.board.get()
		if r.GetDigest() == "" || state.GetDigest() != r.GetDigest() {
			return nil, notOffered()
		}
		if busy(state.GetPhase()) || state.GetPhase() == installed {
			return nil, tooLate()
		}
		u.board.step(onCancel, nil) // it is staged and waits
		return u.board.get(), nil
	}
	switch {
	case j.offer.Digest != r.GetDigest():
		u.mu.Unlock()
		return nil, notOffered()
	case j.past:
		u.mu.Unlock()
		return nil, tooLate()
	}
	j.cancel()
	u.mu.Unlock()
	select {
	case <-j.done:
		return u.board.get(), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func tooLate() error {
	return server.Fail(codes.FailedPrecondition, CodeTooLate, "the new version is being started already", "")
}

// Hold keeps downloads and the switch still.
func (u *Upgrader) Hold(_ context.Context, r *upgradepb.HoldRequest) (*upgradepb.State, error) {
	if !validHold(r.GetReason(), r.GetSeconds()) {
		return nil, server.Fail(codes.InvalidArgument, CodeBadHold, "an upgrade is held for a known reason, for 1 to 300 seconds", "")
	}
	u.hold.set(r.GetReason(), time.Duration(r.GetSeconds())*time.Second)
	return u.board.get(), nil
}

// The number of entries in one answer.
const (
	someEntries = 100
	mostEntries = 1000
)

// Journal returns what happened and is not in the log yet, oldest first.
func (u *Upgrader) Journal(_ context.Context, r *upgradepb.JournalRequest) (*upgradepb.JournalReply, error) {
	limit := someEntries
	if r.GetLimit() > 0 {
		limit = int(min(r.GetLimit(), mostEntries))
	}
	return &upgradepb.JournalReply{Entries: u.journal.oldest(limit)}, nil
}

// Taken forgets what the log has by now.
func (u *Upgrader) Taken(_ context.Context, r *upgradepb.TakenRequest) (*upgradepb.TakenReply, error) {
	if err := u.journal.taken(r.GetSequence()); err != nil {
		return nil, server.Fail(codes.Unavailable, CodeNotWritten, "the journal could not be written", "")
	}
	return &upgradepb.TakenReply{}, nil
}
