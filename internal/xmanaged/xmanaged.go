// Package xmanaged waits for an X display's window manager, for tests and the
// stage. What is asked of openbox while it starts lies in its queue until
// something else happens; a window that is shown then never comes.
package xmanaged

import (
	"context"
	"fmt"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

const askEvery = 20 * time.Millisecond

// Await returns when the window manager of a display has put a window into a
// frame and let it go again.
func Await(ctx context.Context, display string) error {
	x, err := xgb.NewConnDisplay(display)
	if err != nil {
		return fmt.Errorf("xmanaged: %w", err)
	}
	defer x.Close()
	screen := xproto.Setup(x).DefaultScreen(x)
	id, err := xproto.NewWindowId(x)
	if err != nil {
		return fmt.Errorf("xmanaged: %w", err)
	}
	err = xproto.CreateWindowChecked(x, screen.RootDepth, id, screen.Root, 0, 0, 1, 1, 0,
		xproto.WindowClassInputOutput, screen.RootVisual, xproto.CwEventMask, []uint32{xproto.EventMaskStructureNotify}).Check()
	if err != nil {
		return fmt.Errorf("xmanaged: %w", err)
	}
	var frame xproto.Window
	if err := until(ctx, "a window", func() (bool, error) {
		// Asked again, it hears what was asked before.
		if err := xproto.MapWindowChecked(x, id).Check(); err != nil {
			return false, err
		}
		tree, err := xproto.QueryTree(x, id).Reply()
		if err != nil {
			return false, err
		}
		frame = tree.Parent
		is, err := xproto.GetWindowAttributes(x, id).Reply()
		return err == nil && frame != screen.Root && is.MapState == xproto.MapStateViewable, err
	}); err != nil {
		return err
	}
	if err := xproto.DestroyWindowChecked(x, id).Check(); err != nil {
		return fmt.Errorf("xmanaged: %w", err)
	}
	return until(ctx, "no window", func() (bool, error) {
		_, err := xproto.GetWindowAttributes(x, frame).Reply()
		return err != nil, nil // the frame went with it
	})
}

func until(ctx context.Context, what string, holds func() (bool, error)) error {
	for {
		ok, err := holds()
		if err != nil {
			return fmt.Errorf("xmanaged: %s: %w", what, err)
		}
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("xmanaged: the window manager shows %s: %w", what, ctx.Err())
		case <-time.After(askEvery):
		}
	}
}
