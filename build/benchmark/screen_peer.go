package main

import (
	"context"
	"fmt"
	"image"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"time"

	"beckmanconnect/build/benchmark/paint"
	"beckmanconnect/build/stage"
	"beckmanconnect/internal/xmanaged"
)

// The remote desktops that are compared.
const (
	ours     = "ours"
	x0vnc    = "x0vncserver"
	xvnc     = "Xvnc"
	x11vnc   = "x11vnc"
	noVNCDir = "/usr/share/novnc"
)

// peers in the order in which they are measured.
var peers = []string{x0vnc, xvnc, x11vnc}

// peerPrograms are what runs for a peer, with its package. Debian calls
// TigerVNC's by these names; x0vncserver itself is a script around the first.
var peerPrograms = map[string][2]string{
	x0vnc:  {"X0tigervnc", "tigervnc-scraping-server"},
	xvnc:   {"Xtigervnc", "tigervnc-standalone-server"},
	x11vnc: {"x11vnc", "x11vnc"},
}

// contender is one remote desktop with the display it shows.
type contender struct {
	name    string
	display string // that the work is painted on
	truth   *xview // what is really there
	line    *line  // between the PC and the engineer's side
	eyes    eyes   // what the engineer sees; nil until a viewer is connected
	pids    func() ([]int, error)
	front   func() error // brings the viewer to the front
	apart   func() ([]image.Rectangle, error)
	closing []func()
}

func (c *contender) close() {
	for i := len(c.closing) - 1; i >= 0; i-- {
		c.closing[i]()
	}
}

// cpu is what its programs on the PC have used until now.
func (c *contender) cpu() (time.Duration, error) {
	pids, err := c.pids()
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, pid := range pids {
		t, err := processTime(pid)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", c.name, err)
		}
		sum += t
	}
	return sum, nil
}

// Ports on loopback. Each contender has two beside each other: the server's and
// the one of the line in front of it.
const firstPort = 46100

// lossless makes the viewer ask for Tight without JPEG, in which all of them
// are pixel-exact. As installed the viewer lets photograph-like parts be JPEG
// of quality 8: TigerVNC's servers replace those later on, x11vnc never does.
var (
	lossless    = []string{"-AutoSelect=0", "-PreferredEncoding=Tight", "-NoJPEG=1"}
	asInstalled = []string{"-AutoSelect=1"}
)

// openPeer starts a VNC server on a display of its own. No viewer is connected
// yet.
func openPeer(ctx context.Context, p *programs, name string, number int) (c *contender, err error) {
	need := peerPrograms[name]
	if _, err := exec.LookPath(need[0]); err != nil {
		return nil, fmt.Errorf("%s is not installed; build/bench screen installs it (Debian: %s)", need[0], need[1])
	}
	c = &contender{name: name, apart: func() ([]image.Rectangle, error) { return nil, nil }, front: func() error { return nil }}
	defer func() {
		if err != nil {
			c.close()
			c = nil
		}
	}()
	port := firstPort + 2*number
	var server *started
	text := strconv.Itoa(port)
	switch name {
	case xvnc:
		c.display, server, err = p.display(name, need[0], "-geometry", fmt.Sprintf("%dx%d", paint.Width, paint.Height), "-depth", "24",
			"-rfbport", text, "-SecurityTypes", "None", "-interface", "127.0.0.1", "-AlwaysShared")
	default:
		if c.display, err = p.xvfb(name + "-display"); err != nil {
			return c, err
		}
		args := []string{"-display", c.display, "-rfbport", text, "-SecurityTypes", "None", "-interface", "127.0.0.1", "-AlwaysShared"}
		if name == x11vnc {
			args = []string{"-display", c.display, "-rfbport", text, "-localhost", "-no6", "-nopw", "-forever", "-shared", "-quiet"}
		}
		server, err = p.start(name, nil, nil, need[0], args...)
	}
	if err != nil {
		return c, err
	}
	c.pids = func() ([]int, error) { return []int{server.pid()}, nil }
	if _, err := p.start(name+"-openbox", []string{"DISPLAY=" + c.display}, nil, "openbox", "--sm-disable"); err != nil {
		return c, err
	}
	wait, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := xmanaged.Await(wait, c.display); err != nil {
		return c, err
	}
	if err := paint.Wallpaper(c.display); err != nil {
		return c, err
	}
	if c.truth, err = openXView(c.display); err != nil {
		return c, err
	}
	c.closing = append(c.closing, c.truth.close)
	target := "127.0.0.1:" + text
	if err := answers(ctx, name, target, server); err != nil {
		return c, err
	}
	if c.line, err = openLine(port+1, target, false); err != nil {
		return c, err
	}
	c.closing = append(c.closing, c.line.close)
	return c, nil
}

// answers waits until a server takes connections.
func answers(ctx context.Context, name, address string, server *started) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return stage.Until(ctx, name+" to answer (see its log)", func() (bool, error) {
		select {
		case <-server.done:
			return false, fmt.Errorf("%s has ended", name)
		default:
		}
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return false, err
		}
		return true, conn.Close()
	})
}

// watchPeer connects TigerVNC's viewer, on a display that has room for the whole
// picture.
func watchPeer(ctx context.Context, p *programs, c *contender, how []string) error {
	display, _, err := p.display(c.name+"-viewer-display", "Xvfb", "-screen", "0", "2200x1300x24")
	if err != nil {
		return err
	}
	args := append([]string{"-display", display, "-RemoteResize=0", "-Shared=1",
		"-SecurityTypes", "None", "-ReconnectOnError=0", "-AlertOnFatalError=0"}, how...)
	if _, err := p.start(c.name+"-viewer", nil, nil, "xtigervncviewer", append(args, fmt.Sprintf("127.0.0.1::%d", c.line.port()))...); err != nil {
		return err
	}
	v, err := openXView(display)
	if err != nil {
		return err
	}
	c.closing = append(c.closing, v.close)
	c.eyes = v
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	most := 0
	if !slices.Equal(how, lossless) {
		most = paint.Width * paint.Height // nearly every one may be off by a little
	}
	return stage.Until(ctx, c.name+"'s picture in its viewer", func() (bool, error) {
		if found, err := v.find(); err != nil || !found {
			return false, err
		}
		n, err := c.compare()
		if err != nil {
			return false, err
		}
		if n > most {
			return false, fmt.Errorf("%d pixels differ", n)
		}
		return true, nil
	})
}

// compare counts the pixels in which the engineer's picture differs from the
// display, apart from the pointer, which everybody shows in their own way.
func (c *contender) compare() (int, error) {
	apart, err := c.apart()
	if err != nil {
		return 0, err
	}
	pointer, err := c.truth.pointer()
	if err != nil {
		return 0, err
	}
	apart = append(apart, pointer)
	is, err := c.truth.picture()
	if err != nil {
		return 0, err
	}
	seen, err := c.eyes.picture()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", c.name, err)
	}
	return differ(is, seen, apart), nil
}
