package lock

import (
	"context"
	"log/slog"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// askEvery is short against the time somebody needs to sit down at another's
// locked screen.
const askEvery = 500 * time.Millisecond

// listen has Windows tell of the session's changes. It makes a window, and is
// done before the caller makes its own: two threads that make a program's first
// windows at once can wait for each other for ever (seen under Wine).
func listen(ctx context.Context, log *slog.Logger, say func(who string, locked bool)) {
	var told absence // of the goroutine that hears
	if err := hear(ctx, func(change uintptr) {
		if told.take(change) {
			say("windows told", told.now())
		}
	}); err != nil {
		log.Info("the screen's lock is asked for, not heard of", "error", err)
	}
}

// watch asks besides: what came before anybody listened, or was not told, is
// known by then.
func watch(ctx context.Context, log *slog.Logger, say func(who string, locked bool)) {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		away, err := isAway()
		if err != nil {
			log.Info("the screen's lock is not watched", "error", err)
			return
		}
		say("windows", away)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// WTSQuerySessionInformation's class and values (wtsapi32.h). The secure
// desktop of a consent prompt is not a lock and does not show here.
const (
	wtsSessionInfoEx  = 25
	wtsCurrentSession = ^uintptr(0) >> 32
	wtsActive         = 0
	wtsLocked         = 0 // WTS_SESSIONSTATE_LOCK
)

// wtsInfoEx is the beginning of WTSINFOEXW with its first level.
type wtsInfoEx struct {
	Level   uint32
	_       uint32
	Session uint32
	State   int32
	Flags   int32
}

var (
	wtsapi     = windows.NewLazySystemDLL("wtsapi32.dll")
	wtsQuery   = wtsapi.NewProc("WTSQuerySessionInformationW")
	wtsFreeMem = wtsapi.NewProc("WTSFreeMemory")
)

func isAway() (bool, error) {
	var info *wtsInfoEx
	var size uint32
	ok, _, err := wtsQuery.Call(0, wtsCurrentSession, wtsSessionInfoEx, uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)))
	if ok == 0 {
		return false, err
	}
	defer wtsFreeMem.Call(uintptr(unsafe.Pointer(info)))
	if info == nil || size < uint32(unsafe.Sizeof(*info)) || info.Level != 1 {
		return false, windows.ERROR_INVALID_DATA
	}
	return info.State != wtsActive || info.Flags == wtsLocked, nil
}
