package relay

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/app/files"
	"beckmanconnect/app/files/filestest"
	"beckmanconnect/internal/netdial/netdialtest"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/pins"
	"beckmanconnect/service/scan"
	"beckmanconnect/service/support"
	"beckmanconnect/session/channel"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/session/lane"
	"beckmanconnect/session/proof"
	"beckmanconnect/session/wire"
	"beckmanconnect/store"
)

const device = "bc-0123456789abcdef"

// labPIN is the PIN of AB, long enough to be found by chance nowhere.
const labPIN = "493817265013"

// pairing is a relay: it pairs the two WebSockets of a request and copies.
type pairing struct {
	*httptest.Server
	mu      sync.Mutex
	waiting map[string]chan *line
	lines   map[*websocket.Conn]bool
	jam     chan struct{}                      // while it is there, what engineers send stays on its way
	mangle  func(message []byte) (on [][]byte) // what becomes of it; nil: itself
}

// newPairing starts a relay, on loopback unless a listener is given.
func newPairing(t *testing.T, on net.Listener) *pairing {
	p := &pairing{waiting: map[string]chan *line{}, lines: map[*websocket.Conn]bool{}}
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(p.serve))
	if on != nil {
		_ = p.Server.Listener.Close()
		p.Server.Listener = on
	}
	p.Server.StartTLS()
	if on != nil {
		p.Server.URL = "https://192.0.2.1:8443"
	}
	t.Cleanup(func() {
		p.cut()
		p.Server.CloseClientConnections()
		p.Server.Close()
	})
	return p
}

func (p *pairing) serve(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	ws.SetReadLimit(1 << 20)
	p.mu.Lock()
	p.lines[ws] = true
	p.mu.Unlock()
	defer func() {
		ws.CloseNow()
		p.mu.Lock()
		delete(p.lines, ws)
		p.mu.Unlock()
	}()
	// The engineer waits until the host's socket is there, and takes it.
	p.mu.Lock()
	c := p.waiting[r.URL.Path]
	if c == nil {
		c = make(chan *line)
		p.waiting[r.URL.Path] = c
	}
	p.mu.Unlock()
	if r.URL.Query().Get("role") == "host" {
		gone := make(chan struct{})
		select {
		case c <- &line{ws, gone}:
			<-gone
		case <-r.Context().Done():
		}
		return
	}
	select {
	case host := <-c:
		defer close(host.gone)
		done := make(chan struct{}, 2)
		go func() {
			p.carry(r.Context(), ws, host.ws, true)
			done <- struct{}{}
		}()
		go func() {
			p.carry(r.Context(), host.ws, ws, false)
			done <- struct{}{}
		}()
		<-done
	case <-r.Context().Done():
	}
}

// line is the host's socket, and the end of its part in the pairing.
type line struct {
	ws   *websocket.Conn
	gone chan struct{}
}

// carry passes messages on; the engineers' may be jammed and changed.
func (p *pairing) carry(ctx context.Context, from, to *websocket.Conn, engineers bool) {
	for {
		_, message, err := from.Read(ctx)
		if err != nil {
			return
		}
		on := [][]byte{message}
		if engineers {
			p.mu.Lock()
			jam := p.jam
			if p.mangle != nil {
				on = p.mangle(message)
			}
			p.mu.Unlock()
			if jam != nil {
				<-jam
			}
		}
		for _, m := range on {
			if to.Write(ctx, websocket.MessageBinary, m) != nil {
				return
			}
		}
	}
}

// mangled has the relay change what engineers send from now on.
func (p *pairing) mangled(how func(message []byte) (on [][]byte)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mangle = how
}

// stall holds up what engineers send until the returned function is called.
func (p *pairing) stall() (clear func()) {
	jam := make(chan struct{})
	p.mu.Lock()
	p.jam = jam
	p.mu.Unlock()
	return sync.OnceFunc(func() {
		p.mu.Lock()
		p.jam = nil
		p.mu.Unlock()
		close(jam)
	})
}

// cut breaks every line, as a lost network does.
func (p *pairing) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ws := range p.lines {
		_ = ws.CloseNow()
	}
}

func (p *pairing) tls() *tls.Config {
	c := p.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	c.ServerName = "example.com" // one of the names httptest's certificate has
	return c
}

// policy is a fake that says yes unless told otherwise.
type policy struct {
	mu     sync.Mutex
	off    map[support.Capability]string
	nobody bool
	admit  func(support.Engineer) string // why not, or ""; nil: everybody
}

func (p *policy) Connect(e support.Engineer) support.Decision {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.admit != nil {
		why := p.admit(e)
		return support.Decision{Allowed: why == "", Why: why}
	}
	return support.Decision{Allowed: !p.nobody, Why: "nobody"}
}

func (p *policy) Decide(_ support.Engineer, c support.Capability) support.Decision {
	p.mu.Lock()
	defer p.mu.Unlock()
	return support.Decision{Allowed: p.off[c] == "", Why: p.off[c]}
}

func (p *policy) set(c support.Capability, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.off[c] = why
}

// desk is the technician's side: what was published, kept for waiting on.
type desk struct {
	mu      sync.Mutex
	state   *hostpb.SupportState
	prompts []*hostpb.Prompt
	gone    []*hostpb.PromptGone
	wanted  []*hostpb.DesktopWanted
	changed chan struct{}
}

func (d *desk) note(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
	close(d.changed)
	d.changed = make(chan struct{})
}

func (d *desk) SupportChanged(s *hostpb.SupportState) { d.note(func() { d.state = s }) }
func (d *desk) PromptShown(p *hostpb.Prompt)          { d.note(func() { d.prompts = append(d.prompts, p) }) }
func (d *desk) PromptGone(p *hostpb.PromptGone)       { d.note(func() { d.gone = append(d.gone, p) }) }
func (d *desk) DesktopWanted(w *hostpb.DesktopWanted) {
	d.note(func() { d.wanted = append(d.wanted, w) })
}

// rig is a whole host with everything around it: relay, store, technician.
type rig struct {
	*testing.T
	lanes   bool // engineers speak of a file lane
	s       *Support
	store   *store.Store
	kit     *channeltest.Kit
	relay   *pairing
	pol     *policy
	scanner *scanner
	desk    *desk
	dir     string
	log     *lockedBuffer
	clock   *clock
	pins    *pins.Book
	stop    func()
	bar     context.CancelFunc
	hand    *files.Hand // the technician's window, as it reads and writes files
	picks   chan string // what it was asked to choose for
	tune    func(*Config)
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// clock is the real one, plus what a test lets pass.
type clock struct {
	mu    sync.Mutex
	start time.Time
	added time.Duration
}

func (c *clock) now() support.Moment {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := time.Now()
	return support.Moment{Wall: t.Round(0).Add(c.added), Mono: t.Sub(c.start) + c.added}
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.added += d
}

func newRig(t *testing.T) *rig { return newRigWith(t, nil, nil) }

// newRigOn is a rig whose PC has these network interfaces; nil: its own.
func newRigOn(t *testing.T, networks func() ([]Network, error)) *rig {
	return newRigWith(t, nil, func(c *Config) { c.Networks = networks })
}

// newRigWith is a rig with a relay on this listener and a configuration that
// was changed; nil: its own, and none.
func newRigWith(t *testing.T, relay net.Listener, tune func(*Config)) *rig {
	if tune == nil {
		tune = func(*Config) {}
	}
	r := &rig{
		T: t, tune: tune, kit: channeltest.New(t, device), relay: newPairing(t, relay), dir: t.TempDir(), log: &lockedBuffer{},
		pol: &policy{off: map[support.Capability]string{}}, scanner: &scanner{here: true}, clock: &clock{start: time.Now()},
		desk: &desk{changed: make(chan struct{}), state: &hostpb.SupportState{}},
	}
	r.boot()
	t.Cleanup(func() { r.shut() })
	if err := r.s.SetPIN("lab", &hostpb.SetPINRequest{Initials: "ab", Pin: labPIN}); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) boot() {
	r.Helper()
	log := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	st, err := store.Open(r.Context(), store.Options{Dir: filepath.Join(r.dir, "data"), Log: log})
	if err != nil {
		r.Fatal(err)
	}
	// Cheap hashes: what they cost is shown in package pins.
	book, err := pins.Open(r.Context(), pins.Config{
		Store: st, Mono: func() time.Duration { return r.clock.now().Mono }, Cost: pins.Cost{Time: 1, MemoryKiB: 64, Threads: 1, Bytes: 32},
	})
	if err != nil {
		r.Fatal(err)
	}
	config := Config{
		Machine:     support.Config{Policy: r.pol, Scanner: r.scanner.name},
		DeviceID:    func() string { return device },
		Certificate: func(context.Context) (tls.Certificate, error) { return r.kit.Host(), nil },
		StaffCA:     r.kit.StaffCA.Pool(),
		Dialer:      CloudDialer{URL: r.relay.URL, TLS: r.relay.tls, Client: netdialtest.Client(r.relay.URL)},
		Store:       FromStore(st), TriesFile: filepath.Join(r.dir, "tries"),
		Publisher: r.desk, Files: FilesConfig{Spool: r.spool(), Scanner: r.scanner, Reserve: 1}, Log: log, Now: r.clock.now,
		RedialMin: 5 * time.Millisecond, RedialMax: 50 * time.Millisecond, PINs: book, LookAtNetwork: 20 * time.Millisecond,
	}
	r.tune(&config)
	s, err := New(r.Context(), config)
	if err != nil {
		r.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Run(ctx)
	}()
	r.s, r.store, r.pins = s, st, book
	r.stop = sync.OnceFunc(func() {
		cancel()
		<-done
		if err := st.Close(); err != nil {
			r.Error(err)
		}
	})
}

func (r *rig) shut() { r.stop() }

func (r *rig) received() string { return filepath.Join(r.dir, "received") }
func (r *rig) spool() string    { return filepath.Join(r.dir, "spool") }

// await waits until what the technician's side knows makes ok true.
func (r *rig) await(what string, ok func(*desk) bool) {
	r.Helper()
	deadline := time.After(20 * time.Second)
	for {
		r.desk.mu.Lock()
		yes, changed := ok(r.desk), r.desk.changed
		r.desk.mu.Unlock()
		if yes {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			r.Fatalf("never came: %s\n%v\n%s", what, r.s.State(), r.log)
		}
	}
}

func (r *rig) phase(p hostpb.SupportPhase) {
	r.Helper()
	r.await(p.String(), func(d *desk) bool { return d.state.GetPhase() == p })
}

func (r *rig) help() *hostpb.HelpRequested {
	r.Helper()
	h, err := r.s.RequestHelp("lab", &hostpb.RequestHelpRequest{TechnicianCalled: true}, "", nil)
	if err != nil {
		r.Fatal(err)
	}
	return h
}

// hold shows the session bar.
func (r *rig) hold() {
	r.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	held := make(barStream, 1)
	r.bar = cancel
	session := r.s.State().GetSessionId()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = r.s.HoldSessionBar(session, bar{ctx, held})
	}()
	r.Cleanup(func() {
		cancel()
		<-done
	})
	<-held
	r.handle(ctx)
}

// handle opens the window's stream for files.
func (r *rig) handle(ctx context.Context) {
	r.Helper()
	ctx, cancel := context.WithCancel(ctx)
	service, window := filestest.Pipe(ctx)
	r.picks = make(chan string, 8)
	picks := r.picks
	r.hand = files.NewHand(ctx, window, files.Config{
		Session: r.s.State().GetSessionId(), Folder: r.received, Choose: func(_ context.Context, id string) { picks <- id },
	})
	hand := r.hand
	var work sync.WaitGroup
	work.Go(func() {
		defer cancel()
		_ = r.s.HandleFiles("lab", service)
	})
	work.Go(func() { _ = hand.Run() })
	r.Cleanup(func() {
		cancel()
		work.Wait()
	})
	for { // until it counts
		r.s.mu.Lock()
		here := r.s.hand != nil
		r.s.mu.Unlock()
		if here || ctx.Err() != nil {
			return
		}
		runtime.Gosched()
	}
}

// scanner is a fake one that finds the word "malware".
type scanner struct {
	mu     sync.Mutex
	here   bool
	broken error
	gate   chan struct{} // while it is there, verdicts wait
}

func (s *scanner) name() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.here {
		return "Fake 1/2"
	}
	return ""
}

func (s *scanner) set(f func(*scanner)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

func (s *scanner) Describe(context.Context) (string, error) {
	if name := s.name(); name != "" {
		return name, nil
	}
	return "", &scan.Error{Op: "fake", Kind: scan.ErrAbsent}
}

func (s *scanner) Scan(ctx context.Context, r io.Reader, size int64) (v scan.Verdict, err error) {
	if v.Scanner, err = s.Describe(ctx); err != nil {
		return v, err
	}
	s.mu.Lock()
	gate, broken := s.gate, s.broken
	s.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return v, ctx.Err()
		}
	}
	data, err := io.ReadAll(r)
	if err = errors.Join(err, broken); err != nil {
		return v, err
	}
	if v.Clean = !bytes.Contains(data, []byte("malware")); !v.Clean {
		v.Signature = "Fake.Malware"
	}
	return v, nil
}

type barStream chan struct{}

type bar struct {
	ctx  context.Context
	held barStream
}

func (b bar) Context() context.Context { return b.ctx }
func (b bar) Send(*hostpb.Empty) error {
	b.held <- struct{}{}
	return nil
}

// answer waits for the n-th prompt and answers it.
func (r *rig) answer(n int, allow bool) *hostpb.Prompt {
	r.Helper()
	var p *hostpb.Prompt
	r.await("a prompt", func(d *desk) bool {
		if len(d.prompts) >= n {
			p = d.prompts[n-1]
		}
		return p != nil
	})
	r.clock.pass(time.Second)
	a := &hostpb.AnswerPromptRequest{PromptId: p.Id, Nonce: p.Nonce, Allow: allow, Duration: p.Durations[len(p.Durations)-1]}
	if allow && p.NeedsPin {
		a.Initials, a.Pin = "ab", labPIN
	}
	if err := r.s.AnswerPrompt("lab", a); err != nil {
		r.Fatal(err)
	}
	return p
}

func (r *rig) kinds() map[string]int {
	r.Helper()
	out := map[string]int{}
	var before int64
	for {
		records, more, err := r.store.Entries(r.Context(), before, 200)
		if err != nil {
			r.Fatal(err)
		}
		for _, e := range records {
			out[e.Kind]++
			before = e.Index
		}
		if !more || len(records) == 0 {
			return out
		}
	}
}

// engineer is the other end: a real channel over the real relay.
type engineer struct {
	*rig
	conn    *channel.Conn
	binding *proof.Binding
	tries   uint32
	key     proof.Key // for coming back, once the code was right
	lane    bool      // this end speaks of a file lane; it is open once the code is proved
	counted uint64    // payload bytes of pictures and chunks
}

// ack says what came, and that this picture shows.
func (e *engineer) ack(seq uint32) {
	e.Helper()
	if err := e.conn.Send(e.Context(), wire.FrameAck, wire.Ack{Seq: seq, Received: e.counted}.Append(nil)); err != nil {
		e.Fatal(err)
	}
}

func (r *rig) dial(request string, id channel.Identity) (*channel.Conn, error) {
	url := "wss" + strings.TrimPrefix(r.relay.URL, "https") + "/relay/v1/" + request + "?role=engineer"
	under, err := channel.DialRelay(r.Context(), url, r.relay.tls(), nil)
	if err != nil {
		return nil, err
	}
	return channel.Engineer(r.Context(), under, channel.EngineerConfig{
		Certificate: r.kit.Engineer(id), DeviceCA: r.kit.DeviceCA.Pool(), DeviceID: device,
	})
}

func (r *rig) join(request string) *engineer {
	r.Helper()
	conn, err := r.dial(request, channeltest.Anna())
	if err != nil {
		r.Fatal(err)
	}
	binding, err := proof.Bind(conn, device, request)
	if err != nil {
		r.Fatal(err)
	}
	e := &engineer{rig: r, conn: conn, binding: binding}
	r.Cleanup(func() { conn.Close() })
	hello := wire.Message{Type: "hello", Versions: []int{wire.Version}, Reason: "Ticket 4711"}
	if e.lane = r.lanes; e.lane {
		hello.Lanes = []int{lane.Version}
	}
	e.say(hello)
	if h := e.hear("hello"); h.Words != conn.Words() || h.Device != device {
		r.Fatalf("hello %+v", h)
	}
	return e
}

func (e *engineer) say(m wire.Message) {
	e.Helper()
	if err := e.send(m); err != nil {
		e.Fatal(err)
	}
}

func (e *engineer) send(m wire.Message) error {
	m.V = wire.Version
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return e.conn.Send(e.Context(), wire.FrameControl, raw)
}

// next gives the next frame.
func (e *engineer) next() (byte, []byte, wire.Message) {
	e.Helper()
	ctx, cancel := context.WithTimeout(e.Context(), 20*time.Second)
	defer cancel()
	kind, payload, err := e.conn.Receive(ctx)
	if err != nil {
		e.Fatalf("engineer: %v\n%s", err, e.log)
	}
	var m wire.Message
	if kind == wire.FrameScreen || kind == wire.FrameChunk || kind == wire.FramePiece {
		e.counted += uint64(len(payload))
	}
	if kind == wire.FrameControl {
		if err := json.Unmarshal(payload, &m); err != nil {
			e.Fatal(err)
		}
	}
	return kind, payload, m
}

// hear passes over everything up to a message of this type.
func (e *engineer) hear(kind string) wire.Message {
	e.Helper()
	for {
		if _, _, m := e.next(); m.Type == kind {
			return m
		}
	}
}

// hears passes over everything up to a message of one of these types.
func (e *engineer) hears(kinds ...string) wire.Message {
	e.Helper()
	for {
		if _, _, m := e.next(); slices.Contains(kinds, m.Type) {
			return m
		}
	}
}

// begin sends the share of a try.
func (e *engineer) begin(code string) *proof.Trial {
	e.Helper()
	e.tries++
	trial, share, err := e.binding.Begin(code, e.tries)
	if err != nil {
		e.Fatal(err)
	}
	e.say(wire.Message{Type: "pake", Data: share})
	return trial
}

// try makes one whole try of the code and gives how the host ended it: the
// message "wrong-code", or "authenticated" with the host's proof held against
// the code.
func (e *engineer) try(code string) wire.Message {
	e.Helper()
	trial := e.begin(code)
	m := e.hears("pake", "wrong-code")
	if m.Type == "wrong-code" {
		return m // not looked at
	}
	confirmation, err := trial.Answer(m.Data)
	if err != nil {
		e.Fatal(err)
	}
	e.say(wire.Message{Type: "pake-confirm", Data: confirmation})
	m = e.hears("authenticated", "wrong-code")
	if m.Type == "authenticated" {
		if e.key, err = trial.Confirm(m.Data); err != nil {
			e.Fatal("the host does not know its own code: ", err)
		}
		e.openLane()
	}
	return m
}

// openLane opens the engineer's end of the file lane, where it spoke of one.
func (e *engineer) openLane() {
	e.Helper()
	if !e.lane {
		return
	}
	toHost, toEngineer, err := e.binding.Lane()
	if err == nil {
		err = e.conn.OpenLane(channel.LaneConfig{ToHost: toHost, ToEngineer: toEngineer})
	}
	if err != nil {
		e.Fatal(err)
	}
}

// part sends bytes of a file, as a piece or as a chunk.
func (e *engineer) part(id string, at int, data []byte) error {
	key, _ := chunkKey(id)
	if e.lane {
		return e.conn.SendPiece(e.Context(), wire.Piece{Transfer: key, At: int64(at), Data: data}.Append(nil))
	}
	return e.conn.Send(e.Context(), wire.FrameChunk, append(key[:], data...))
}

// resume comes back with the key of an earlier link and gives the host's
// message, its proof checked.
func (e *engineer) resume(k proof.Key) wire.Message {
	e.Helper()
	e.say(wire.Message{Type: "resume", Data: k.Claim(e.binding.Resume())})
	m := e.hears("authenticated", "end")
	if m.Type == "authenticated" {
		var err error
		if e.key, err = k.Accept(e.binding.Resume(), m.Data); err != nil {
			e.Fatal("the host does not know the key: ", err)
		}
		e.openLane()
	}
	return m
}

// enter brings an engineer in, with the bar showing.
func (r *rig) enter() *engineer {
	r.Helper()
	h := r.help()
	e := r.join(h.RequestId)
	if m := e.try(h.Code); m.Type != "authenticated" {
		r.Fatalf("the right code: %+v", m)
	}
	r.phase(hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED)
	r.hold()
	return e
}

// helperEnd is a desktop helper in this process.
type helperEnd struct {
	ctx    context.Context
	cancel context.CancelFunc
	up     chan *hostpb.HelperMessage
	down   chan *hostpb.HelperCommand
	done   chan error
}

func (h *helperEnd) Context() context.Context { return h.ctx }

func (h *helperEnd) Send(c *hostpb.HelperCommand) error {
	select {
	case h.down <- c:
		return nil
	case <-h.ctx.Done():
		return h.ctx.Err()
	}
}

func (h *helperEnd) Recv() (*hostpb.HelperMessage, error) {
	select {
	case m := <-h.up:
		return m, nil
	case <-h.ctx.Done():
		return nil, io.EOF
	}
}

// attach starts a helper with the n-th token that was given out.
func (r *rig) attach(n int) *helperEnd {
	r.Helper()
	var w *hostpb.DesktopWanted
	r.await("a desktop wanted", func(d *desk) bool {
		if len(d.wanted) >= n {
			w = d.wanted[n-1]
		}
		return w != nil
	})
	return r.attachWith(&hostpb.HelperHello{Token: w.Token, SessionId: w.SessionId})
}

func (r *rig) attachWith(hello *hostpb.HelperHello) *helperEnd {
	ctx, cancel := context.WithCancel(context.Background())
	h := &helperEnd{ctx: ctx, cancel: cancel, up: make(chan *hostpb.HelperMessage), down: make(chan *hostpb.HelperCommand), done: make(chan error, 1)}
	go func() {
		err := r.s.AttachDesktop(h)
		cancel()
		h.done <- err
	}()
	r.Cleanup(cancel)
	h.tell(&hostpb.HelperMessage{Body: &hostpb.HelperMessage_Hello{Hello: hello}})
	return h
}

func (h *helperEnd) tell(m *hostpb.HelperMessage) {
	select {
	case h.up <- m:
	case <-h.ctx.Done():
	}
}

// get passes over commands until want says yes.
func (h *helperEnd) get(t testing.TB, want func(*hostpb.HelperCommand) bool) *hostpb.HelperCommand {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case c := <-h.down:
			if want(c) {
				return c
			}
		case <-deadline:
			t.Fatal("the helper was never told")
		case err := <-h.done:
			t.Fatalf("the helper's stream ended: %v", err)
		}
	}
}
