package stage

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/endpoints"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/upgrade"
	"beckmanconnect/service/upgrade/archive"
)

// The instrument PC reaches the configured cloud on port 443 and dials nobody
// else, nor asks for a name, through registration, messages, a support session
// and the search for upgrades (P11, B14); at no moment does anything on it
// listen (scenario 5).
func TestOutbound443Only(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("not root: networks and a firewall of the test's own cannot be made")
	}
	if os.Getenv(farSide) == "" {
		runOnFarSide(t)
		return
	}
	l := newLab(t)
	s := newSite(t, func(c *Config) { c.Name = cloudName })
	s.h.config.Bin = l.programs(s.h.config.Bin, "beckmanconnect-service", "beckmanconnect-upgrade", "beckmanctl")
	l.closed("before anything runs")
	s.h.offer(t, s.ctx, "9.0.0")
	s.h.cloudUp(t, s.ctx)

	s.h.startOnce(t, "upgrade", "beckmanconnect-upgrade", nil, "--config", s.Config)
	s.finds("9.0.0")
	s.serviceUp()
	l.closed("services are up, the upgrade's metadata is here")

	s.register()
	s.raise("sample-syringe-worn")
	d := s.h.signIn(t, s.ctx)
	s.delivered(d, map[string]string{"sample-syringe-worn": "raised"})
	s.online(d)
	l.closed("online")

	s.connected(d) // the service waits at the relay; the engineer comes there with the code
	l.closed("in a session")
	ask(s, hostpb.HostClient.EndSession, &hostpb.EndSessionRequest{How: "button"})
	s.over()
	if out, err := s.ctl("doctor"); err != nil {
		t.Errorf("doctor: %v\n%s", err, out)
	}
	l.closed("after the session")

	got := l.seen()
	if got.Out != 0 || got.In != 0 {
		t.Errorf("the firewall dropped %d packets out and %d in", got.Out, got.In)
	}
	s.standsInTheTable(cloudName, 443)
	// What is dialled is exactly the configured cloud's address.
	if want := []string{"tcp " + cloudIP + " 443"}; !slices.Equal(got.Dialled, want) {
		t.Errorf("dialled %q, want %q", got.Dialled, want)
	}
	l.wouldHaveSeen()
}

// standsInTheTable: what the firewall has to let through is printed for it, and
// no row is about another port than 443 (B14).
func (s *site) standsInTheTable(host string, port int) {
	s.t.Helper()
	out, err := s.ctl("network", "--json")
	if err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
	var table endpoints.Table
	if err := json.Unmarshal([]byte(out), &table); err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
	if !table.Allows(host, port) {
		s.t.Errorf("%s is dialled and not in the table: %s", host, out)
	}
	for _, e := range table {
		if e.Port != endpoints.HTTPS {
			s.t.Errorf("%+v", e)
		}
	}
}

// closed: nothing can be reached on the PC, and no connection goes elsewhere
// than to the cloud.
func (l *lab) closed(when string) {
	l.t.Helper()
	open, connected := sockets(l.t, l.pid)
	if len(open) > 0 {
		l.t.Errorf("%s: can be reached from the network: %q", when, open)
	}
	for _, peer := range connected {
		if peer != "tcp "+cloudIP+":443" {
			l.t.Errorf("%s: connected with %s", when, peer)
		}
	}
}

// wouldHaveSeen has the forbidden done: what found nothing above finds it.
func (l *lab) wouldHaveSeen() {
	l.t.Helper()
	isCloud := func(socket string) bool { return strings.HasPrefix(socket, "tcp") && strings.HasSuffix(socket, ":443") }
	if open, _ := sockets(l.t, os.Getpid()); !slices.ContainsFunc(open, isCloud) {
		l.t.Errorf("the cloud's own port is not among what listens on this side: %q", open)
	}
	before := l.seen()
	dials := map[string]string{
		"/dev/tcp/" + cloudIP + "/80":  "tcp " + cloudIP + " 80",
		"/dev/tcp/" + otherIP + "/443": "tcp " + otherIP + " 443",
		"/dev/tcp/127.0.0.1/443":       "tcp 127.0.0.1 443",
		"/dev/udp/" + otherIP + "/53":  "udp " + otherIP + " 53",
	}
	if l.ipv6() {
		dials["/dev/udp/"+otherIP6+"/443"] = "udp " + otherIP6 + " 443"
	}
	for path, want := range dials {
		ctx, cancel := context.WithCancel(l.t.Context())
		all := append(l.enter(), "bash", "-c", "echo > "+path)
		dial := exec.CommandContext(ctx, all[0], all[1:]...)
		if err := dial.Start(); err != nil {
			l.t.Fatal(err)
		}
		until(l.t, ctx, "the firewall to see "+want, func() (bool, error) {
			now := l.seen()
			return slices.Contains(now.Dialled, want) && now.Out > before.Out, nil
		})
		before = l.seen()
		cancel()
		_ = dial.Wait() // it cannot succeed
	}
	conn, err := net.Dial("udp", net.JoinHostPort(pcIP, "443"))
	if err != nil {
		l.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("knock")); err != nil {
		l.t.Fatal(err)
	}
	until(l.t, l.t.Context(), "the firewall to see the knock", func() (bool, error) { return l.seen().In > before.In, nil })
}

// online waits until the cloud shows the device as there.
func (s *site) online(d *desk) {
	s.t.Helper()
	id := s.status().GetRegistration().GetDeviceId()
	until(s.t, s.ctx, "the device online in the fleet", func() (bool, error) {
		var fleet []cloudapi.Device
		err := d.get(cloudapi.PathFleet, &fleet)
		return slices.ContainsFunc(fleet, func(d cloudapi.Device) bool { return d.ID == id && d.Online }), err
	})
}

// offer puts a release into the upgrade repository. It will not be installed;
// its programs are placeholders.
func (h *House) offer(t *testing.T, ctx context.Context, number string) {
	t.Helper()
	platform := upgrade.Platform()
	bin := t.TempDir()
	for _, name := range archive.Names(platform) {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.Create(filepath.Join(t.TempDir(), strings.Join([]string{"beckmanconnect", number, platform}, "-")+".tar.zst"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := archive.Pack(file, archive.Packing{Dir: bin, Version: number, Platform: platform}); err != nil {
		t.Fatal(err)
	}
	if err := h.Release(ctx, file.Name()); err != nil {
		t.Fatal(err)
	}
}

// finds waits until the upgrade service has verified the offer's metadata.
func (s *site) finds(number string) {
	s.t.Helper()
	until(s.t, s.ctx, "the offer of "+number, func() (bool, error) {
		ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
		defer cancel()
		u, err := client.DialUpgrader(ctx, client.Config{Socket: filepath.Join(filepath.Dir(s.Socket), "upgrade.sock"), Program: "test", Version: version.Version()})
		if err != nil {
			return false, err
		}
		defer u.Close()
		state, err := u.Check(ctx, &upgradepb.CheckRequest{})
		return state.GetPhase() == "offered" && state.GetVersion() == number, err
	})
}
