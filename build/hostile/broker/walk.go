// Package broker is a hostile broker: the device's own cloud, with the right
// name and certificate, in the hands of somebody else. It attacks the whole
// service, with its pipe, its policy and its store.
package broker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/build/hostile/tally"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/trust"
	"beckmanconnect/internal/vendorpolicy"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/service"
	servicelink "beckmanconnect/service/link"
	"beckmanconnect/store"
)

type class struct {
	name   string
	weight int
	try    func(*walk) error
}

// Kind is the hostile broker.
func Kind() tally.Kind {
	set := sync.OnceValues(newTrust)
	k := tally.Kind{Name: "broker", Block: 1000, Idle: 3, Run: func(ctx context.Context, b *tally.Block) error {
		dir, err := set()
		if err != nil {
			return err
		}
		all := map[string]class{}
		for _, c := range classes {
			all[c.name] = c
		}
		return block(ctx, b, dir, all)
	}, Done: func() {
		if dir, err := set(); err == nil {
			os.RemoveAll(filepath.Dir(dir))
		}
	}}
	for _, c := range classes {
		k.Classes = append(k.Classes, tally.Class{Name: c.name, Weight: c.weight})
	}
	return k
}

// newTrust makes a development set, once for all blocks: its RSA-4096 key
// takes seconds. It lies in a folder of its own.
func newTrust() (string, error) {
	dir, err := os.MkdirTemp("", "hostile-trust-")
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "trust"), trust.Init(filepath.Join(dir, "trust"))
}

// walk is one block: a whole service and its hostile cloud.
type walk struct {
	ctx    context.Context
	r      *rand.Rand
	b      *tally.Block
	cloud  *cloud
	window *client.Client
	dir    string
	config hostconfig.Config
	seen   *watcher

	vendor, other, policy note.Signer // the vendor's, one of the same name, IT's
	device                string
	link                  *link
	ids                   uint16

	asked    uint64 // calls for help
	accepted int    // terms
	genuine  []time.Time
	told     []string // signed times, genuine
	policies [][]byte // signed vendor policies, genuine
	status   *hostpb.Status
	rows     map[string]string // of the policy, as they were at first
	read     uint64
	counted  map[string]int
}

func block(ctx context.Context, b *tally.Block, set string, all map[string]class) (err error) {
	dir, err := os.MkdirTemp(memory(), "hb") // short: a socket's path has 107 bytes
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c, err := newCloud(set)
	if err != nil {
		return err
	}
	defer c.close()
	w := &walk{ctx: ctx, r: b.Rand, b: b, cloud: c, dir: dir, counted: map[string]int{}}
	if err := w.prepare(set); err != nil {
		return err
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- service.Run(serving, w.config, slog.New(slog.DiscardHandler)) }()
	err = w.run(all, ended)
	if w.seen != nil {
		w.seen.stop()
	}
	if w.window != nil {
		w.window.Close()
	}
	stop()
	err = errors.Join(err, <-ended)
	if err == nil {
		err = w.afterwards()
	}
	return err
}

func memory() string {
	if i, err := os.Stat("/dev/shm"); err == nil && i.IsDir() {
		return "/dev/shm"
	}
	return ""
}

func (w *walk) prepare(set string) (err error) {
	private := filepath.Join(set, trust.DirPrivate)
	if w.vendor, err = trust.LoadNoteSigner(filepath.Join(private, trust.KeyVendor)); err != nil {
		return err
	}
	if w.policy, err = trust.LoadNoteSigner(filepath.Join(private, trust.KeyPolicy)); err != nil {
		return err
	}
	if w.other, err = lookAlike(w.vendor.Name()); err != nil {
		return err
	}
	text := fmt.Sprintf("data = \"data\"\nsocket = \"s\"\nupgrade_socket = \"u\"\ntrust = %q\npolicy = \"site-policy.note\"\ninstall = \"install\"\n[cloud]\nurl = %q\n[instrument]\nlog = \"instrument.log\"\n",
		filepath.Join(set, trust.DirRoots), w.cloud.server.URL)
	site, err := note.Sign(&note.Note{Text: "number=1\ninstrument_class=\"general\"\nstaff=[\"anna.weber@vendor.example\"]\n"}, w.policy)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{"host.toml": []byte(text), "site-policy.note": site, "instrument.log": nil} {
		if err := os.WriteFile(filepath.Join(w.dir, name), content, 0o600); err != nil {
			return err
		}
	}
	w.config, err = hostconfig.Load(filepath.Join(w.dir, "host.toml"))
	return err
}

func lookAlike(name string) (note.Signer, error) {
	private, _, err := note.GenerateKey(nil, name)
	if err != nil {
		return nil, err
	}
	return note.NewSigner(private)
}

func (w *walk) run(all map[string]class, ended chan error) error {
	if err := w.connect(ended); err != nil {
		return err
	}
	if err := w.begin(); err != nil {
		return err
	}
	for n, name := range w.b.Classes {
		w.b.Begin(n)
		err := all[name].try(w)
		if err != nil && !errors.Is(err, errGone) {
			return err
		}
		if err := w.check(); err != nil {
			return err
		}
		select {
		case err := <-ended:
			ended <- err
			w.b.Act("dead", "the service ended: %v", err)
			return nil
		default:
		}
	}
	return nil
}

// connect waits for the service's pipe.
func (w *walk) connect(ended chan error) error {
	config := client.Config{Socket: w.config.Socket, Program: protocol.Window, Version: version.Version()}
	for began := time.Now(); ; {
		c, err := client.Dial(w.ctx, config)
		if err == nil {
			w.window = c
			break
		}
		if time.Since(began) > patience {
			return err
		}
		select {
		case err := <-ended:
			ended <- err
			return fmt.Errorf("the service ended: %w", err)
		case <-time.After(10 * time.Millisecond): // it is starting
		}
	}
	config.Program = protocol.Tray
	w.seen = watch(w.ctx, config, w.b)
	return nil
}

// begin does what people do before anything can be attacked: terms and
// registration.
func (w *walk) begin() error {
	w.accepted++
	terms, err := w.window.Host.GetTerms(w.ctx, &hostpb.GetTermsRequest{Language: "en"})
	if err != nil {
		return err
	}
	if _, err := w.window.Host.AcceptTerms(w.ctx, &hostpb.AcceptTermsRequest{Version: terms.Version, Sha256: terms.Sha256, ItRequirementsRead: true}); err != nil {
		return err
	}
	r, err := w.window.Host.Register(w.ctx, &hostpb.RegisterRequest{Email: "lab@hospital.example", Name: "Lab One", InstrumentType: "Test", Serial: "SN-1"})
	if err != nil {
		return err
	}
	w.device = r.DeviceId
	if w.link, err = w.cloud.online(w.ctx); err != nil {
		return err
	}
	if w.status, err = w.window.Host.GetStatus(w.ctx, &hostpb.GetStatusRequest{}); err != nil {
		return err
	}
	if w.rows, err = w.explain(); err != nil {
		return err
	}
	return w.askForHelp()
}

// online: a connection that works. A person who asks for help, or takes it
// back, has the service try again soon.
func (w *walk) online() error {
	if w.link != nil && !w.link.over() {
		return nil
	}
	if err := w.hurry(); err != nil {
		return err
	}
	var found *link
	err := w.hurrying(func() (err error) {
		found, err = w.cloud.online(w.ctx)
		return err
	})
	if err == nil {
		w.link = found
	}
	return err
}

// hurrying waits for something of the cloud's while a person has the service
// hurry: once is not enough where the attempt that follows fails too.
func (w *walk) hurrying(wait func() error) error {
	done := make(chan error, 1)
	go func() { done <- wait() }()
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
			if err := w.hurry(); err != nil {
				return err
			}
		}
	}
}

// hurry is a person who accepts the terms once more: the service then tries
// again soon. Now and then they ask for help, or take it back: not each time,
// because that costs a new RSA-4096 key.
func (w *walk) hurry() error {
	if w.r.IntN(50) == 0 {
		return w.askForHelp()
	}
	w.accepted++
	terms, err := w.window.Host.GetTerms(w.ctx, &hostpb.GetTermsRequest{Language: "en"})
	if err != nil {
		return err
	}
	_, err = w.window.Host.AcceptTerms(w.ctx, &hostpb.AcceptTermsRequest{Version: terms.Version, Sha256: terms.Sha256, ItRequirementsRead: true})
	return err
}

func (w *walk) askForHelp() error {
	status, err := w.window.Host.GetStatus(w.ctx, &hostpb.GetStatusRequest{})
	if err != nil {
		return err
	}
	if id := status.Support.RequestId; id != "" {
		_, err = w.window.Host.CancelHelp(w.ctx, &hostpb.CancelHelpRequest{RequestId: id})
		return err
	}
	w.asked++
	w.b.Live("calls for help")
	_, err = w.window.Host.RequestHelp(w.ctx, &hostpb.RequestHelpRequest{TechnicianCalled: true, Reason: "x"})
	return err
}

// time is a genuine signed one, later than all before.
func (w *walk) time() (string, error) {
	t := time.Now()
	if len(w.genuine) > 0 {
		t = w.genuine[len(w.genuine)-1].Add(2 * time.Minute)
	}
	signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("beckmanconnect time\n%d\n", t.Unix())}, w.vendor)
	if err != nil {
		return "", err
	}
	w.genuine, w.told = append(w.genuine, t), append(w.told, string(signed))
	return string(signed), nil
}

// vendorPolicy is a genuine one, newer than all before. The first switches
// nothing off, the others a little.
func (w *walk) vendorPolicy() ([]byte, error) {
	text := ""
	if len(w.policies) > 0 {
		text = "revoked_accounts = [\"somebody.else@vendor.example\"]\n"
	}
	signed, err := vendorpolicy.Sign(text, uint64(len(w.policies)+1), time.Unix(int64(1_700_000_000+len(w.policies)), 0), w.vendor)
	if err == nil {
		w.policies = append(w.policies, signed)
	}
	return signed, err
}

// afterwards looks at what was kept, once the service is gone.
func (w *walk) afterwards() error {
	s, err := store.Open(w.ctx, store.Options{Dir: w.config.Data})
	if err != nil {
		return err
	}
	kept, err := servicelink.TrustedTime(w.ctx, s)
	if e := s.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	last := time.Time{}
	if len(w.genuine) > 0 {
		last = w.genuine[len(w.genuine)-1]
		w.b.Live("trusted time kept")
	}
	if kept.Unix() != last.Unix() && !(kept.IsZero() && last.IsZero()) {
		w.b.Act("time", "%s is kept, the vendor last signed %s", kept, last)
	}
	return filepath.WalkDir(filepath.Join(w.dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && filepath.Base(filepath.Dir(path)) == "received" {
			w.b.Act("file", "%s appeared", path)
		}
		return err
	})
}
