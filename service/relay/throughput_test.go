package relay

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"beckmanconnect/app/files"
	"beckmanconnect/service/scan"
	"beckmanconnect/service/scan/scantest"
	"beckmanconnect/session/channel"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/session/wire"
)

// TestThroughput measures, and asserts nothing: what the bare relay carries,
// and what files do through it, both ways. BECKMANCONNECT_FILES_MIB says how
// large they are.
func TestThroughput(t *testing.T) {
	mib := 0
	for _, c := range os.Getenv("BECKMANCONNECT_FILES_MIB") {
		mib = 10*mib + int(c-'0')
	}
	if mib == 0 {
		t.Skip("measures only when BECKMANCONNECT_FILES_MIB is set")
	}
	for name, lanes := range map[string]bool{"in the TLS": false, "on the lane": true} {
		t.Run(name, func(t *testing.T) { throughput(t, noise(mib<<20), lanes) })
	}
}

func throughput(t *testing.T, data []byte, lanes bool) {
	rate := func(what string, since time.Time) {
		d := time.Since(since)
		t.Logf("%-34s %7.1f MB/s (%v)", what, float64(len(data))/1e6/d.Seconds(), d.Round(time.Millisecond))
	}
	r := newRigWith(t, nil, func(c *Config) { c.Files.Scanner = reads{} })
	r.lanes = lanes
	r.bare(make([]byte, len(data)), rate) // nothing in it looks like a frame of a lane
	r.channelAlone(data, rate)

	e := r.enter()
	most := wire.MaxChunk
	if lanes {
		most = wire.MaxPiece
	}
	if m := e.offer(fileID, "up.bin", data); !m.Granted {
		t.Fatalf("%+v", m)
	}
	began := time.Now()
	held := make(chan int64, 4096)
	states := make(chan wire.Message, 16)
	go func() {
		for {
			_, payload, err := e.conn.Receive(t.Context())
			if err != nil {
				return
			}
			m, err := decode(payload)
			if err != nil {
				continue
			}
			if m.Type == "file" && m.State == "running" {
				held <- m.Done
			} else if m.Type == "file" {
				states <- m
			}
			if m.Type == "file" && m.State == "finished" {
				return
			}
		}
	}()
	for at, have := 0, 0; at < len(data); at += most {
		for at+most-have > wire.FileWindow {
			have = int(<-held)
		}
		if err := e.part(fileID, at, data[at:min(at+most, len(data))]); err != nil {
			t.Fatal(err)
		}
	}
	e.say(wire.Message{Type: "file-end", ID: fileID})
	for m := range states {
		if m.State == "checking" {
			rate("to the PC, in the spool", began)
		}
		if m.State == "finished" {
			rate("to the PC, checked and saved", began)
			break
		}
		if m.State == "failed" {
			t.Fatalf("%+v", m)
		}
	}

	path := r.TempDir() + "/down.bin"
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := files.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	chosen := time.Now()
	r.hand.Offer(s)
	r.prompt(2)
	rate("to the engineer, read and checked", chosen)
	r.answer(2, true)
	began = time.Now()
	got := int64(0)
	for told := int64(0); ; {
		kind, payload, _ := e.next()
		if kind == wire.FrameChunk || kind == wire.FramePiece {
			head := 16
			if lanes {
				head = wire.PieceHead
			}
			e.ack(0)
			if got += int64(len(payload) - head); got-told >= 128<<10 {
				told = got
				m := wire.Message{Type: "file", ID: hex.EncodeToString(payload[:16]), State: "running", Done: got}
				if err := e.send(m); err != nil {
					t.Fatal(err)
				}
			}
		}
		if kind == wire.FrameControl && strings.Contains(string(payload), `"file-end"`) {
			break
		}
	}
	rate("to the engineer, sent", began)
}

// dialRelay opens one end at the relay.
func (r *rig) dialRelay(request, role string) net.Conn {
	r.Helper()
	url := "wss" + strings.TrimPrefix(r.relay.URL, "https") + "/relay/v1/" + request + "?role=" + role
	conn, err := channel.DialRelay(r.Context(), url, r.relay.tls(), nil)
	if err != nil {
		r.Fatal(err)
	}
	return conn
}

// bare sends the same bytes through the relay alone, with nothing of ours.
func (r *rig) bare(data []byte, rate func(string, time.Time)) {
	r.Helper()
	host, engineer := r.dialRelay("bare", "host"), r.dialRelay("bare", "engineer")
	defer engineer.Close()
	began := time.Now()
	go func() {
		for at := 0; at < len(data); at += 64 << 10 {
			if _, err := engineer.Write(data[at:min(at+64<<10, len(data))]); err != nil {
				return
			}
		}
	}()
	if _, err := io.ReadFull(host, make([]byte, len(data))); err != nil {
		r.Fatal(err)
	}
	rate("the bare relay", began)
}

// channelAlone sends them through the end-to-end channel, as nothing but frames.
func (r *rig) channelAlone(data []byte, rate func(string, time.Time)) {
	r.Helper()
	under := r.dialRelay("channel", "host")
	ends := make(chan *channel.Conn, 1)
	go func() {
		host, err := channel.Host(r.Context(), under, channel.HostConfig{
			Certificate: r.kit.Host(), StaffCA: r.kit.StaffCA.Pool(), Verify: func(*x509.Certificate) error { return nil },
		})
		if err != nil {
			r.Error(err)
		}
		ends <- host
	}()
	engineer, err := r.dial("channel", channeltest.Anna())
	if err != nil {
		r.Fatal(err)
	}
	host := <-ends
	defer host.Close()
	defer engineer.Close()
	began := time.Now()
	go func() {
		for at := 0; at < len(data); at += wire.MaxChunk {
			if engineer.Send(r.Context(), wire.FrameChunk, data[at:min(at+wire.MaxChunk, len(data))]) != nil {
				return
			}
		}
	}()
	for got := 0; got < len(data); {
		_, payload, err := host.Receive(r.Context())
		if err != nil {
			r.Fatal(err)
		}
		got += len(payload)
	}
	rate("the end-to-end channel alone", began)
}

// reads is a scanner that only reads.
type reads struct{}

func (reads) Describe(context.Context) (string, error) { return "reads", nil }
func (reads) Scan(_ context.Context, r io.Reader, _ int64) (scan.Verdict, error) {
	_, err := io.Copy(io.Discard, r)
	return scan.Verdict{Clean: true, Scanner: "reads"}, err
}

// Scenarios 32, 33, with the real clamd: an archive with malware in it is found
// in either direction, though nothing of ours opens archives.
func TestRealScanner(t *testing.T) {
	dir, err := os.MkdirTemp("", "clamd-") // short: a unix socket's path may have 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	c, err := scantest.Start(t.Context(), dir)
	if errors.Is(err, scantest.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	r := newRigWith(t, nil, func(cfg *Config) { cfg.Files.Scanner = scan.Clamd{Socket: c.Socket} })
	e := r.enter()
	evil := zipOf(t, "../../../evil.exe", []byte(scantest.Malware))
	if m := e.offer(fileID, "archive.zip", evil); !m.Granted {
		t.Fatalf("%+v", m)
	}
	if m := e.transfer(fileID, evil); m.State != "failed" || m.Why != "infected" {
		t.Errorf("%+v", m)
	}
	r.nothingVisible()
	r.hand.Offer(r.source("archive.zip", evil))
	r.await("the verdict", func(d *desk) bool {
		return len(d.state.GetTransfers()) == 2 && d.state.GetTransfers()[1].GetDetail() == "infected"
	})
	if r.prompts() != 1 {
		t.Error("somebody was asked about what was found")
	}
	good, id := zipOf(t, "../../../a.txt", []byte("harmless")), strings.Repeat("0c", 16)
	if m := e.offer(id, "good.zip", good); !m.Granted {
		t.Fatalf("%+v", m)
	}
	if m := e.transfer(id, good); m.State != "finished" {
		t.Errorf("%+v", m)
	}
	if seen := listing(t, r.received()); len(seen) != 1 || seen[0] != "good.zip" {
		t.Errorf("%v can be seen", seen)
	}
}

// zipOf is an archive with one file of any name in it.
func zipOf(t *testing.T, name string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create(name)
	if err == nil {
		_, err = f.Write(data)
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
