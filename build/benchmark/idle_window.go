package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"beckmanconnect/build/stage"
)

// windowRows opens the window again and again: how long from the start of its
// program to the first frame on the screen, warm, and that nothing is left once
// it is closed.
func windowRows(ctx context.Context, o options, house *stage.House, pc *stage.PC, desktop *stage.Display) ([]row, error) {
	x, err := xgb.NewConnDisplay(desktop.Name)
	if err != nil {
		return nil, fmt.Errorf("look at the desktop: %w", err)
	}
	defer x.Close()
	rounds := o.rounds
	if rounds == 0 {
		rounds = 9
	}
	var opened, memory, closed []float64
	for i := range rounds + 1 {
		r, err := openAndClose(ctx, house, pc, desktop, x)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			continue // reads the program from the disk
		}
		opened, memory, closed = append(opened, r.opened), append(memory, r.memory), append(closed, r.closed)
	}
	fmt.Fprintf(os.Stderr, "  window: first frame after %.0f to %.0f ms, %.0f MB PSS while open\n", quantile(opened, 0), quantile(opened, 1), median(memory))
	return []row{
		limited("window, process start to first frame, warm", "ms", median(opened), "limit", homeWithin),
		told("window, close to the end of its process", "ms", median(closed), "", 0),
		told("memory, of a window that was closed", "MB PSS", 0, "", 0),
	}, nil
}

// opening is one of the window.
type opening struct{ opened, memory, closed float64 } // ms, MB PSS, ms

func openAndClose(ctx context.Context, house *stage.House, pc *stage.PC, desktop *stage.Display, x *xgb.Conn) (r opening, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	before, err := glimpse(x)
	if err != nil {
		return r, err
	}
	began := time.Now()
	process, err := desktop.Start(house, "window", pc.Program("beckmanconnect"), "--config", pc.Config)
	if err != nil {
		return r, err
	}
	defer process.Stop(2 * time.Second)
	for {
		now, err := glimpse(x)
		if err != nil {
			return r, err
		}
		if drawn(before, now) {
			break
		}
		if err := pause(ctx, 4*time.Millisecond); err != nil {
			return r, fmt.Errorf("no window came (see logs/window.log): %w", err)
		}
	}
	r.opened = ms(time.Since(began))
	if err := pause(ctx, time.Second); err != nil { // what is fetched and drawn next
		return r, err
	}
	pid := process.PID()
	if r.memory, err = pss(pid); err != nil {
		return r, err
	}
	began = time.Now()
	if err := closeWindow(x); err != nil {
		return r, err
	}
	select {
	case <-process.Done():
	case <-ctx.Done():
		return r, errors.New("the window program does not end when its window is closed")
	}
	r.closed = ms(time.Since(began))
	return r, nothingLeft(pc)
}

// nothingLeft is an error while a window program runs.
func nothingLeft(pc *stage.PC) error {
	programs, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		return err
	}
	for _, p := range programs {
		file, err := os.Readlink(p)
		if err == nil && filepath.Base(file) == "beckmanconnect" && strings.HasPrefix(file, pc.Dir) {
			return fmt.Errorf("a window program is left: %s", p)
		}
	}
	return nil
}

// every pixels of a row are looked at, in rows so far apart.
const (
	everyPixel = 4
	everyRow   = 40
)

// glimpse is some of what the screen shows.
func glimpse(x *xgb.Conn) ([]uint32, error) {
	screen := xproto.Setup(x).DefaultScreen(x)
	var cookies []xproto.GetImageCookie
	for y := everyRow; y < int(screen.HeightInPixels); y += everyRow {
		cookies = append(cookies, xproto.GetImage(x, xproto.ImageFormatZPixmap, xproto.Drawable(screen.Root), 0, int16(y), screen.WidthInPixels, 1, 0xffffffff))
	}
	var seen []uint32
	for _, c := range cookies {
		reply, err := c.Reply()
		if err != nil {
			return nil, fmt.Errorf("look at the desktop: %w", err)
		}
		for i := 0; i+4 <= len(reply.Data); i += 4 * everyPixel {
			seen = append(seen, uint32(reply.Data[i])|uint32(reply.Data[i+1])<<8|uint32(reply.Data[i+2])<<16)
		}
	}
	return seen, nil
}

// drawn says whether a window with something in it has come: a good part of the
// screen is another one, and not of one colour, as a window is before it draws.
func drawn(before, now []uint32) bool {
	colours, changed, most := map[uint32]int{}, 0, 0
	for i := range now {
		if i < len(before) && now[i] == before[i] {
			continue
		}
		changed++
		colours[now[i]]++
		most = max(most, colours[now[i]])
	}
	return changed*4 > len(now) && len(colours) >= 12 && (changed-most)*20 > changed
}

// closeWindow asks the window on top of the desktop to close, as its cross
// does.
func closeWindow(x *xgb.Conn) error {
	atom := func(name string) (xproto.Atom, error) {
		reply, err := xproto.InternAtom(x, false, uint16(len(name)), name).Reply()
		if err != nil {
			return 0, fmt.Errorf("close the window: %w", err)
		}
		return reply.Atom, nil
	}
	active, err := atom("_NET_ACTIVE_WINDOW")
	if err != nil {
		return err
	}
	closing, err := atom("_NET_CLOSE_WINDOW")
	if err != nil {
		return err
	}
	root := xproto.Setup(x).DefaultScreen(x).Root
	value, err := xproto.GetProperty(x, false, root, active, xproto.AtomWindow, 0, 1).Reply()
	if err != nil || len(value.Value) < 4 {
		return fmt.Errorf("close the window: which one is active is not known: %w", err)
	}
	window := xgb.Get32(value.Value)
	if window == 0 {
		return errors.New("close the window: none is active")
	}
	event := xproto.ClientMessageEvent{Format: 32, Window: xproto.Window(window), Type: closing, Data: xproto.ClientMessageDataUnionData32New([]uint32{0, 2, 0, 0, 0})}
	if err := xproto.SendEventChecked(x, false, root, xproto.EventMaskSubstructureRedirect|xproto.EventMaskSubstructureNotify, string(event.Bytes())).Check(); err != nil {
		return fmt.Errorf("close window %s: %w", strconv.FormatUint(uint64(window), 16), err)
	}
	return nil
}
