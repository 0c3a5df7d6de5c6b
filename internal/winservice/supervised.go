package winservice

import (
	"context"
	"errors"
	"io"
)

// Why a supervised program ends, for context.Cause.
var (
	ErrStop       = errors.New("winservice: the service manager said stop")
	ErrShutdown   = errors.New("winservice: Windows ends")
	ErrNoLauncher = errors.New("winservice: the launcher is gone")
)

// Supervised returns a context that ends when the launcher says so on in, which
// is the program's standard input: at "stop" and "preshutdown", at the input's
// end, since then there is no launcher any more, and at anything that is not a
// line of its. On Windows nothing else ends it, no signal either; elsewhere ctx
// does too. session is called with each change of a log-on session, one at a
// time; it must not block. It may be nil.
//
// What reads in ends with it: on a pipe nothing else ends a read.
func Supervised(ctx context.Context, in io.Reader, session func(Session)) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(listen(ctx))
	go func() {
		err := readLines(in, func(l Line) {
			switch l.Kind {
			case Stop:
				cancel(ErrStop)
			case PreShutdown:
				cancel(ErrShutdown)
			case SessionChanged:
				if session != nil {
					session(l.Session)
				}
			}
		})
		if err == nil {
			err = ErrNoLauncher
		}
		cancel(err)
	}()
	return ctx, func() { cancel(context.Canceled) }
}
