package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"beckmanconnect/build/stage"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/session/engineer"
)

const (
	linkLimit   = 30 * time.Minute
	linkFew     = 1000              // devices, that the growth is measured from
	linkRate    = 400               // new connections a second, while devices come one after the other
	linkSettle  = 150 * time.Second // Go collects and gives back within that, though nothing happens
	linkPublish = 10.0              // seconds
	// linkPeak is what of a fleet may knock in one second after the cloud was
	// lost: the first pause is drawn from 8 s, and chance adds its own.
	linkPeak = 0.2
)

// link measures what devices cost and how quick they are heard: simulated ones
// in a process of their own, against the cloud and against Mosquitto.
func link(ctx context.Context, o options) ([]row, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, linkLimit, fmt.Errorf("it took longer than %v", linkLimit))
	defer cancel()
	b, err := openFleetBench(ctx, o)
	if err != nil {
		return nil, err
	}
	defer b.close()
	ours, err := b.cloud(ctx)
	if err != nil {
		return nil, fmt.Errorf("cloud: %w", err)
	}
	peer, err := b.mosquitto(ctx)
	if err != nil {
		return nil, fmt.Errorf("mosquitto: %w", err)
	}
	return linkRows(o.devices, ours, peer), nil
}

// linkFigures is what was measured of one broker. Memory is in KiB a device.
type linkFigures struct {
	few, stands, settled float64 // with a thousand; with all, at once; with all, after a while
	grown                float64 // what each further device took, from a thousand on
	perSecond            float64 // messages of devices acknowledged
	reached              float64 // seconds until 99 % had a message to all
	back, all            float64 // after a restart: seconds until 99 % and all were back
	peak                 float64 // share of the fleet that knocked in one second
	sockets              int     // connections the broker holds after it
}

func linkRows(n int, ours, peer linkFigures) []row {
	const mosquitto = "Mosquitto, WebSocket and TLS"
	return []row{
		costs(fmt.Sprintf("memory a device, %d connected, as it stands", n), "KiB", ours.stands, mosquitto, peer.stands, 3),
		costs(fmt.Sprintf("memory a device, %d connected, settled", n), "KiB", ours.settled, mosquitto, peer.settled, 3),
		told(fmt.Sprintf("memory a device, %d connected, settled", min(linkFew, n)), "KiB", ours.few, mosquitto, peer.few),
		limited(fmt.Sprintf("memory of each device from %d on, against a device of the first %d", min(linkFew, n), min(linkFew, n)), "KiB", ours.grown, "linear", ours.few),
		{Work: "messages of devices acknowledged", Unit: "1/s", Ours: round(ours.perSecond), Peer: round(peer.perSecond), PeerName: "Mosquitto, which stores none", Ratio: ratio(peer.perSecond, ours.perSecond)},
		told("a message to the whole fleet, until 99 % have it", "s", ours.reached, "Mosquitto, one publisher", peer.reached),
		told("restart, until 99 % are back", "s", ours.back, mosquitto, peer.back),
		limited("restart, until all are back", "s", ours.all, "two rounds of the longest first pauses", 60),
		limited("restart, share that knocks in one second at most", "", ours.peak, "by the jitter of the links", linkPeak),
		limited("restart, connections held after it, of devices that exist", "", float64(ours.sockets), "each once", float64(n)),
	}
}

// cloud measures the product: registered devices, everything stored.
func (b *fleetBench) cloud(ctx context.Context) (f linkFigures, err error) {
	house, err := stage.Open(ctx, stage.Config{Dir: b.o.dir, Bin: b.o.bin, Progress: func(what string) { b.say("%s", what) }})
	if err != nil {
		return f, err
	}
	defer house.Close()
	pid := func() (int, error) { return processOf(filepath.Join(b.o.dir, "cloud.toml"), "beckmanconnect-cloud") }
	url := "wss" + strings.TrimPrefix(house.Cloud(), "https") + cloudapi.PathMQTT
	if err := b.memory(ctx, &f, url, true, pid); err != nil {
		return f, err
	}
	b.say("a message to all")
	api, err := house.SignIn(ctx)
	if err != nil {
		return f, err
	}
	if _, err := b.ask(command{Do: "forget"}); err != nil {
		return f, err
	}
	begun := time.Now()
	var reply cloudapi.MessageReply
	if err := post(ctx, api, cloudapi.PathMessage, cloudapi.MessageRequest{
		Region: "eu", Severity: "info", Hours: 1,
		Texts: []cloudapi.MessageText{{Language: "en", Title: "Maintenance", Text: "The service desk is closed on Monday."}},
	}, &reply); err != nil {
		return f, err
	}
	if reply.Devices != b.o.devices {
		return f, fmt.Errorf("the message is for %d devices", reply.Devices)
	}
	if _, err := b.ask(command{Do: "received", Kind: cloudapi.KindMessage, Count: share(b.o.devices)}); err != nil {
		return f, err
	}
	f.reached = time.Since(begun).Seconds()
	return f, b.restart(ctx, &f, url, pid, func() error {
		p, err := pid()
		if err != nil {
			return err
		}
		return syscall.Kill(p, syscall.SIGKILL) // the stage starts it again, as systemd would
	})
}

// share is 99 % of the devices.
func share(n int) int { return (n*99 + 99) / 100 }

// memory measures first a few devices, then all, and messages in between.
func (b *fleetBench) memory(ctx context.Context, f *linkFigures, url string, collected bool, pid func() (int, error)) error {
	n := b.o.devices
	few := min(linkFew, n)
	var first, last float64
	for _, count := range slices.Compact([]int{few, n}) {
		b.say("%d devices connect", count)
		up, err := b.ask(command{Do: "up", Count: count, Rate: linkRate, URL: url})
		if err != nil {
			return err
		}
		p, err := pid()
		if err != nil {
			return err
		}
		stands, err := pss(p)
		if err != nil {
			return err
		}
		if count == n {
			f.stands = stands * 1024 / float64(n)
		}
		if err := pause(ctx, settle(count, collected)); err != nil {
			return err
		}
		settled, err := pss(p)
		if err != nil {
			return err
		}
		b.say("  in %.1f s; %.1f MB at once, %.1f MB settled", up.Seconds, stands, settled)
		if count == few {
			f.few, first = settled*1024/float64(few), settled
		}
		if count == n {
			f.settled, last = settled*1024/float64(n), settled
		}
	}
	if f.grown = f.few; n > few {
		f.grown = (last - first) * 1024 / float64(n-few)
	}
	b.say("messages for %.0f s", linkPublish)
	said, err := b.ask(command{Do: "publish", Seconds: linkPublish})
	f.perSecond = float64(said.Count) / said.Seconds
	return err
}

// settle is how long memory is given to settle. A few devices have little to
// give back, and only a garbage collector does it later.
func settle(n int, collected bool) time.Duration {
	if n <= 2*linkFew || !collected {
		return 10 * time.Second
	}
	return linkSettle
}

// restart kills the broker and watches all devices come back.
func (b *fleetBench) restart(ctx context.Context, f *linkFigures, url string, pid func() (int, error), kill func() error) error {
	b.say("a restart")
	if _, err := b.ask(command{Do: "forget"}); err != nil {
		return err
	}
	begun := time.Now()
	if err := kill(); err != nil {
		return err
	}
	// Every link is lost before the first one is back: the pauses are longer.
	if err := pause(ctx, 400*time.Millisecond); err != nil {
		return err
	}
	for _, step := range []struct {
		count int
		to    *float64
	}{{share(b.o.devices), &f.back}, {b.o.devices, &f.all}} {
		if _, err := b.ask(command{Do: "online", Count: step.count}); err != nil {
			return err
		}
		*step.to = time.Since(begun).Seconds()
	}
	storm, err := b.ask(command{Do: "storm"})
	if err != nil {
		return err
	}
	f.peak = float64(slices.Max(append(storm.Attempts, 0))) / float64(b.o.devices)
	b.say("  knocked a second: %v; came back: %v", storm.Attempts, storm.Back)
	if f.sockets, err = established(url); err != nil {
		return err
	}
	_, err = pid() // it lives
	return err
}

// post asks the cloud as signed-in staff.
func post(ctx context.Context, api engineer.API, path string, body, reply any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, api.Base.JoinPath(path).String(), bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header = api.Header()
	req.Header.Set("Content-Type", "application/json")
	resp, err := api.Client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
		return fmt.Errorf("%s: %s: %s", path, resp.Status, said)
	}
	return json.NewDecoder(resp.Body).Decode(reply)
}

func (b *fleetBench) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "  "+format+"\n", args...)
}
