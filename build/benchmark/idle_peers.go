package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"beckmanconnect/build/stage"
)

// peer is a program of Debian that is always there as well.
type idlePeer struct {
	name, program, pkg string
	args               []string
}

// trays stand beside the clock and do little. All run without an account and
// without a network.
var trays = []idlePeer{
	{name: "parcellite", program: "parcellite", pkg: "parcellite"},
	{name: "diodon", program: "diodon", pkg: "diodon"},
	{name: "pasystray", program: "pasystray", pkg: "pasystray"},
}

// sharers wait for somebody to look at the screen, which is what the services
// and the tray do among other things. %s is the technician's display.
var sharers = []idlePeer{
	{name: "x0vncserver", program: peerPrograms[x0vnc][0], pkg: peerPrograms[x0vnc][1],
		args: []string{"-display", "%s", "-rfbport", "46098", "-SecurityTypes", "None", "-interface", "127.0.0.1"}},
	{name: "Xvnc", program: peerPrograms[xvnc][0], pkg: peerPrograms[xvnc][1],
		args: []string{":97", "-geometry", "1280x800", "-depth", "24", "-rfbport", "46099", "-SecurityTypes", "None", "-interface", "127.0.0.1"}},
}

func idlePeersInstalled() error {
	for _, p := range append(append([]idlePeer{}, trays...), sharers...) {
		if _, err := exec.LookPath(p.program); err != nil {
			return fmt.Errorf("%s is not installed; build/bench idle installs it (Debian: %s)", p.program, p.pkg)
		}
	}
	return nil
}

// idlePeerRows measures the others on the same desktop, one after the other and
// in the place of our tray, so that nobody shares libraries with whom they are
// compared to.
func idlePeerRows(ctx context.Context, o options, house *stage.House, pc *stage.PC, desktop *stage.Display, programs []*program) ([]row, error) {
	pc.Tray.Stop(5 * time.Second)
	tray := programs[0]
	var rows []row
	for _, p := range trays {
		theirs, err := idlePeerCost(ctx, o, house, desktop, p)
		if err != nil {
			return nil, err
		}
		rows = append(rows, told("memory, tray", "MB PSS", tray.memory, p.name, theirs.memory), told("processor, tray", "% of a core", tray.cpu, p.name, theirs.cpu))
	}
	memory, cpu := together(programs)
	for _, p := range sharers {
		theirs, err := idlePeerCost(ctx, o, house, desktop, p)
		if err != nil {
			return nil, err
		}
		rows = append(rows, told("memory, all together", "MB PSS", memory, p.name+", nobody connected", theirs.memory),
			told("processor, all together", "% of a core", cpu, p.name+", nobody connected", theirs.cpu))
	}
	return rows, nil
}

// peerSettle is how long one of them may take until it only waits.
const peerSettle = 10 * time.Second

func idlePeerCost(ctx context.Context, o options, house *stage.House, desktop *stage.Display, p idlePeer) (*program, error) {
	fmt.Fprintln(os.Stderr, "  "+p.name)
	args := make([]string, len(p.args))
	for i, a := range p.args {
		args[i] = strings.ReplaceAll(a, "%s", desktop.Name)
	}
	process, err := desktop.Start(house, "peer-"+p.name, p.program, args...)
	if err != nil {
		return nil, err
	}
	defer process.Stop(2 * time.Second)
	if err := pause(ctx, peerSettle); err != nil {
		return nil, err
	}
	theirs := &program{name: p.name, process: process}
	if err := watch(ctx, []*program{theirs}, cmp.Or(o.window, 30*time.Second)); err != nil {
		return nil, fmt.Errorf("%w (see logs/peer-%s.log)", err, p.name)
	}
	return theirs, nil
}
