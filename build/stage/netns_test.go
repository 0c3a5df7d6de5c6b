package stage

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The wire between the laboratory and the rest of the world, in networks of
// their own: nobody else is there. All addresses are for documentation.
const (
	cloudName = "cloud.vendor.example"
	cloudIP   = "192.0.2.1"
	pcIP      = "192.0.2.2"
	otherIP   = "198.51.100.1" // somebody else, and the name server: nobody answers
	otherIP6  = "2001:db8:1::1"
)

// firewall is that of a laboratory's IT (P11), strict in both directions:
// TCP out to the cloud's port 443 and its answers. All else is counted and
// dropped, loopback too; whatever was dialled is remembered. The kernel's own
// talk about IPv6 neighbours is nobody's dialling.
const firewall = `table inet site {
	counter out { }
	counter in { }
	set dialled { type inet_proto . ipv4_addr . inet_service; size 1000; flags dynamic; }
	set dialled6 { type inet_proto . ipv6_addr . inet_service; size 1000; flags dynamic; }
	chain neighbours {
		icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-query, mld-listener-report, mld2-listener-report } accept
	}
	chain output {
		type filter hook output priority 0; policy drop;
		jump neighbours
		tcp flags & (syn | ack) == syn update @dialled { meta l4proto . ip daddr . th dport }
		tcp flags & (syn | ack) == syn update @dialled6 { meta l4proto . ip6 daddr . th dport }
		meta l4proto udp update @dialled { meta l4proto . ip daddr . th dport }
		meta l4proto udp update @dialled6 { meta l4proto . ip6 daddr . th dport }
		ip daddr ` + cloudIP + ` tcp dport 443 accept
		counter name out drop
	}
	chain input {
		type filter hook input priority 0; policy drop;
		jump neighbours
		ip saddr ` + cloudIP + ` tcp sport 443 tcp flags & (syn | ack) != syn accept
		counter name in drop
	}
}
`

// farSide, in the environment, tells this test's second process that it is on
// the far side of the wire.
const farSide = "BECKMANCONNECT_TEST_FAR_SIDE"

// runOnFarSide runs the present test once more as a process with a network and
// mounts of its own. Both have no name and end with the last process in them,
// however that ends: there is nothing to clean up or to collide with.
func runOnFarSide(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "-test.run=^"+t.Name()+"$", "-test.count=1", "-test.v")
	cmd.Env = append(withoutProxy(os.Environ()), farSide+"=1", builtAt+"="+programs(t), "TMPDIR="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("on the far side of the wire (root, CAP_SYS_ADMIN and CAP_NET_ADMIN are needed): %v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// withoutProxy: a proxy of the machine that runs the tests is not there for
// the PC, and would be one more address set at installation.
func withoutProxy(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(setting string) bool {
		name, _, _ := strings.Cut(strings.ToLower(setting), "=")
		return strings.HasSuffix(name, "_proxy")
	})
}

// lab is the instrument PC's end of the wire; the test is at the other one.
type lab struct {
	t   *testing.T
	dir string
	pid int // of a process that does nothing but be there
}

// newLab lays the wire and puts up the firewall.
func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t, dir: t.TempDir()}
	// Names come from files. The PC's name server is beyond the firewall, so
	// that any question would be counted.
	l.file("hosts-cloud", "127.0.0.1 localhost "+cloudName+"\n", 0o644)
	l.file("hosts-pc", "127.0.0.1 localhost\n"+cloudIP+" "+cloudName+"\n", 0o644)
	l.file("resolv-pc", "nameserver "+otherIP+"\n", 0o644)
	if err := syscall.Mount(filepath.Join(l.dir, "hosts-cloud"), "/etc/hosts", "", syscall.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	holder := exec.Command("sh", "-ec", `mount --bind hosts-pc /etc/hosts
[ ! -e /etc/resolv.conf ] || mount --bind resolv-pc /etc/resolv.conf
touch ready
exec sleep infinity`)
	holder.Dir = l.dir
	holder.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = holder.Process.Kill()
		_ = holder.Wait() // killed
	})
	l.pid = holder.Process.Pid
	until(t, t.Context(), "the PC's namespaces", func() (bool, error) {
		_, err := os.Stat(filepath.Join(l.dir, "ready"))
		return err == nil, err
	})
	l.file("firewall.nft", firewall, 0o644)
	l.here("ip", "link", "set", "lo", "up")
	l.inside("ip", "link", "set", "lo", "up")
	l.inside("nft", "-f", filepath.Join(l.dir, "firewall.nft"))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the firewall saw %+v", l.seen())
		}
	})
	l.here("ip", "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", fmt.Sprint(l.pid))
	l.here("ip", "addr", "add", cloudIP+"/24", "dev", "wire")
	l.here("ip", "link", "set", "wire", "up")
	l.inside("ip", "addr", "add", pcIP+"/24", "dev", "wire")
	l.inside("ip", "link", "set", "wire", "up")
	// With a way to everywhere, dialling anybody fails at the firewall only.
	l.inside("ip", "route", "add", "default", "via", cloudIP)
	if l.ipv6() {
		l.inside("ip", "addr", "add", "2001:db8::2/64", "dev", "wire", "nodad")
		l.inside("ip", "route", "add", "default", "via", "2001:db8::1")
	}
	return l
}

func (l *lab) ipv6() bool {
	_, err := os.Stat("/proc/sys/net/ipv6")
	return err == nil
}

func (l *lab) file(name, text string, mode os.FileMode) {
	l.t.Helper()
	if err := os.WriteFile(filepath.Join(l.dir, name), []byte(text), mode); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) here(name string, args ...string) string {
	l.t.Helper()
	// Also after the test, whose context has ended then.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.t.Context()), 20*time.Second)
	defer cancel()
	out, err := run(ctx, nil, name, args...)
	if err != nil {
		l.t.Fatal(err)
	}
	return out
}

// enter is the command that starts another one on the PC.
func (l *lab) enter() []string {
	return []string{"nsenter", fmt.Sprintf("--net=/proc/%d/ns/net", l.pid), fmt.Sprintf("--mount=/proc/%d/ns/mnt", l.pid), "--"}
}

func (l *lab) inside(args ...string) string {
	l.t.Helper()
	all := append(l.enter(), args...)
	return l.here(all[0], all[1:]...)
}

// programs is a folder with the programs of bin of which those of the
// instrument PC start there.
func (l *lab) programs(bin string, ofPC ...string) string {
	l.t.Helper()
	entries, err := os.ReadDir(bin)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, e := range entries {
		program := filepath.Join(bin, e.Name())
		if slices.Contains(ofPC, e.Name()) {
			l.file(e.Name(), fmt.Sprintf("#!/bin/sh\nexec %s '%s' \"$@\"\n", strings.Join(l.enter(), " "), program), 0o755)
		} else if err := os.Symlink(program, filepath.Join(l.dir, e.Name())); err != nil {
			l.t.Fatal(err)
		}
	}
	return l.dir
}

// seen is what the firewall saw.
type seen struct {
	Out, In int      // packets it dropped
	Dialled []string // "tcp 192.0.2.1 443", sorted
}

func (l *lab) seen() seen {
	l.t.Helper()
	var list struct {
		Nftables []struct {
			Counter struct {
				Name    string
				Packets int
			}
			Set struct {
				Elem []struct{ Concat []any }
			}
		}
	}
	out := l.inside("nft", "-j", "list", "table", "inet", "site")
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		l.t.Fatalf("%v\n%s", err, out)
	}
	var s seen
	for _, object := range list.Nftables {
		switch object.Counter.Name {
		case "out":
			s.Out = object.Counter.Packets
		case "in":
			s.In = object.Counter.Packets
		}
		for _, e := range object.Set.Elem {
			s.Dialled = append(s.Dialled, strings.TrimSuffix(fmt.Sprintln(e.Concat...), "\n"))
		}
	}
	slices.Sort(s.Dialled)
	return s
}

// sockets reads a network's tables as ss does, through a process in it: what
// can be reached from outside, and the other ends of TCP connections.
func sockets(t *testing.T, pid int) (open, peers []string) {
	t.Helper()
	for _, kind := range []string{"tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6", "icmp", "icmp6"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, kind))
		if os.IsNotExist(err) && kind != "tcp" && kind != "udp" {
			continue // this kernel does not have it
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
			fields := strings.Fields(line) // number, here, there, state
			if len(fields) < 4 {
				t.Fatalf("%s: %q", kind, line)
			}
			const listening = "0A"
			if here := kind + " " + endpoint(t, fields[1]); !strings.HasPrefix(kind, "tcp") || fields[3] == listening {
				open = append(open, here)
			} else {
				peers = append(peers, kind+" "+endpoint(t, fields[2]))
			}
		}
	}
	slices.Sort(peers)
	return open, slices.Compact(peers)
}

// endpoint reads "020002C0:01BB": the address in words of the machine's order.
func endpoint(t *testing.T, text string) string {
	t.Helper()
	address, port, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(address)
	if err != nil || len(raw)%4 != 0 {
		t.Fatalf("endpoint %q: %v", text, err)
	}
	for i := 0; i < len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	ip, ok := netip.AddrFromSlice(raw)
	number, err := hex.DecodeString(port)
	if !ok || err != nil || len(number) != 2 {
		t.Fatalf("endpoint %q", text)
	}
	return netip.AddrPortFrom(ip.Unmap(), binary.BigEndian.Uint16(number)).String()
}
