package consoletest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/session/engineer/engineertest"
	"beckmanconnect/session/wire"
)

// DeviceID of the pretended instrument.
const DeviceID = "bc-0123456789abcdef"

// Other is a cloud with one instrument PC that asks for help.
type Other struct {
	Kit   *channeltest.Kit
	Host  *engineertest.Host
	Cloud *engineertest.Cloud

	mu       sync.Mutex
	sessions []cloudapi.StaffSession
	answers  Answers
}

// NewOther makes the other side.
func NewOther(tb testing.TB) *Other {
	kit := channeltest.New(tb, DeviceID)
	host := engineertest.NewHost(tb, kit, "K7QMXW3P")
	o := &Other{Kit: kit, Host: host, Cloud: engineertest.NewCloud(tb, kit, host)}
	now := time.Now().UnixMilli()
	o.Cloud.SetLive(cloudapi.Live{
		Requests: Requests(),
		Devices: []cloudapi.Device{
			{ID: DeviceID, Serial: "AV12345", Type: "DxH 900", Region: "eu", Name: "Maria Lindqvist", Online: true, Status: cloudapi.Status{Class: "general", Open: 3, Worst: "high"}},
			{ID: "bc-2", Serial: "BK00871", Type: "DxFLEX", Region: "eu", Name: "Jonas Keller", Online: true, Status: cloudapi.Status{Class: "patient-data", Open: 1, Worst: "medium"}},
			{ID: "bc-4", Serial: "AV12391", Type: "DxH 900", Region: "eu", Name: "Maria Lindqvist", Online: true},
			{ID: "bc-5", Serial: "NV30022", Type: "Navios EX", Region: "eu", Name: "Ana Souza", SinceMS: now - 7_500_000, Status: cloudapi.Status{Class: "patient-data"}},
		},
	})
	o.Cloud.SetAlarms([]cloudapi.Notification{
		{ID: 3, Code: "PUMP-204", Severity: "high", State: "raised", Subject: "Diluent pump", Title: "Pump pressure out of range", Count: 4, RaisedMS: now - 130_000, LastMS: now - 90_000},
		{ID: 2, Code: "DISK-90", Severity: "medium", State: "acknowledged", Subject: "C:", Title: "Disk nearly full", Count: 1, RaisedMS: now - 4_000_000},
		{ID: 1, Code: "REAG-11", Severity: "low", State: "cleared", Subject: "Lyse", Title: "Reagent low", Count: 1, RaisedMS: now - 9_000_000},
	})
	return o
}

// Requests are one that waits, one in session, and one whose texts are scripts.
func Requests() []cloudapi.Request {
	now := time.Now().UnixMilli()
	return []cloudapi.Request{
		{ID: "req-1", Device: DeviceID, Serial: "AV12345", Type: "DxH 900", Region: "eu", Technician: "Maria Lindqvist", State: "waiting",
			Reason: "Pump pressure alarm after the morning start-up, sample loading stopped.", AlarmCode: "PUMP-204", SinceMS: now - 100_000, ExpiresMS: now + 480_000},
		{ID: "req-2", Device: "bc-2", Serial: "BK00871", Type: "DxFLEX", Region: "eu", Technician: "Jonas Keller", State: "connected",
			Reason: "Help with the cleaning cycle.", SinceMS: now - 900_000, ExpiresMS: now},
		{ID: "req-3", Device: "bc-3", Serial: "<b>x</b>", Type: "AU680 <img src=x onerror=alert(1)>", Region: "eu", Technician: "", State: "waiting",
			Reason: "<script>alert(1)</script>", SinceMS: now - 20_000, ExpiresMS: now + 560_000},
	}
}

const join = `#waiting .request[data-id="req-1"] button.join`

// Play goes through a whole session on a page that is signed in and shows the
// list. It is the same page whether the channel ends in it or beside it.
func Play(tb testing.TB, b *Browser, o *Other) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	enter(ctx, tb, b, o)
	desktop := look(ctx, tb, b, o)
	steer(ctx, tb, b, o)
	refuse(tb, b, o)
	sendFiles(ctx, tb, b, o)
	fetchFiles(ctx, tb, b, o)
	comeBack(ctx, tb, b, o, desktop)
	resumeFiles(ctx, tb, b, o)

	b.Click("#end")
	b.Wait(`document.querySelector("#end-dialog").open`) // it asks first
	b.Click("#end-yes")
	b.Wait(`document.querySelector("#summary")?.dataset.why === "engineer"`)
	b.Shot("summary")
	readRecord(tb, b, o)
	b.Wait(`!!document.querySelector('` + join + `')`)
	b.Click(join)
	b.Wait(`document.querySelector("#ticket").value === "INC-4711" && document.querySelector("#reason").value === ""`)
	b.Click("#join-back")
	b.Wait(`!!document.querySelector('` + join + `')`)
	b.Clean()
}

func enter(ctx context.Context, tb testing.TB, b *Browser, o *Other) {
	tb.Helper()
	b.Wait(`document.querySelectorAll("#waiting .request").length === 3 && document.querySelectorAll(".device").length === 4`)
	// Scenario 44: what a device sends is text.
	if n := b.Text(`document.querySelectorAll("#view img, #view script, #view b").length`); n != "0" {
		tb.Errorf("%s elements came out of a device's texts", n)
	}
	b.Click(`.device[data-id="` + DeviceID + `"] summary`)
	b.Wait(`document.querySelectorAll(".alarm").length === 3`)
	b.Shot("home")
	b.Click(join)
	b.Shot("join")
	b.Fill("#ticket", "INC-4711")
	b.Fill("#reason", "Pump pressure alarm")
	b.Click("#join-confirm")
	b.Wait(`document.querySelector("#words")?.textContent.split(" ").length === 3 && document.querySelector("#words").checkVisibility()`)
	words := b.Text(`document.querySelector("#words").textContent`)
	b.Fill("#code", "aaaa-bbbb")
	b.Click("#join-confirm")
	b.Wait(`document.querySelector("#code-error").hidden === false`)
	if text := b.Text(`document.querySelector("#code-error").textContent`); text != "That code is wrong. 4 tries left." {
		tb.Errorf("after a wrong code: %q", text)
	}
	b.Shot("wrong-code")
	b.Fill("#code", "k7qm-xw3p")
	b.Click("#join-confirm") // the page itself keeps to the wait
	b.Wait(`document.body.dataset.phase === "session"`)
	f := o.Host.Await(ctx, "two codes", func(f engineertest.Facts) bool { return f.Tries == 1 })
	if f.Received[0].Type != "hello" || f.Received[0].Reason != "Pump pressure alarm" {
		tb.Errorf("the host was greeted with %+v", f.Received[0])
	}
	b.Wait(`document.querySelector("#ask-view").dataset.state === "idle"`)
	// Before anything is asked for, the words stand where the picture will be.
	b.Wait(`document.querySelector("#compare-words").checkVisibility()`)
	if shown := b.Text(`document.querySelector("#compare-words .said").textContent + "|" + document.querySelector("#words").textContent`); shown != words+"|"+words {
		tb.Errorf("the words are %q, shown as %q", words, shown)
	}
	b.Shot("no-view")
}

func look(ctx context.Context, tb testing.TB, b *Browser, o *Other) *Desktop {
	tb.Helper()
	desktop := NewDesktop(1280, 800)
	o.Host.Show(desktop.Frame())
	b.Click("#ask-view")
	b.Wait(`document.querySelector("#ask-view").dataset.state === "granted"`)
	b.Wait(`!document.querySelector("#compare-words").checkVisibility() && document.querySelector("#words").checkVisibility()`)
	asked := func(m wire.Message) bool { return m.Type == "ask" }
	f := o.Host.Await(ctx, "an ask", func(f engineertest.Facts) bool { return slices.ContainsFunc(f.Received, asked) })
	if m := f.Received[slices.IndexFunc(f.Received, asked)]; m.Ticket != "INC-4711" || m.Reason != "Pump pressure alarm" || m.Duration != "15min" {
		tb.Errorf("asked with %+v", m)
	}
	b.AwaitPicture(desktop.Hash())
	for n := range 9 {
		desktop.Step(n)
		seq := o.Host.Show(desktop.Frame())
		b.Wait(`document.body.dataset.settled === "` + strconv.Itoa(int(seq)) + `"`)
		b.AwaitPicture(desktop.Hash())
	}
	b.Shot("view")
	return desktop
}

func steer(ctx context.Context, tb testing.TB, b *Browser, o *Other) {
	tb.Helper()
	// Before control is granted nothing goes out.
	b.Click("#screen")
	b.Click("#ask-control")
	b.Wait(`document.querySelector("#ask-control").dataset.state === "granted"`)
	b.Wait(`document.querySelector("#screen").classList.contains("steering")`)
	at := func(x, y int) (float64, float64) {
		var box struct{ X, Y, W, H float64 }
		b.Do("measure", chromedp.Evaluate(`(() => { const r = document.querySelector("#screen").getBoundingClientRect(); return {X: r.x, Y: r.y, W: r.width, H: r.height}; })()`, &box))
		return box.X + (float64(x)+.5)/1280*box.W, box.Y + (float64(y)+.5)/800*box.H
	}
	x, y := at(600, 500)
	b.Do("click the picture", chromedp.MouseClickXY(x, y))
	b.Do("type", chromedp.KeyEvent("Hi 1"))
	b.Do("scroll", input.DispatchMouseEvent(input.MouseWheel, x, y).WithDeltaX(0).WithDeltaY(250))
	f := o.Host.Await(ctx, "keys and a wheel", func(f engineertest.Facts) bool {
		return len(f.Events) > 0 && f.Events[len(f.Events)-1].Kind == "wheel"
	})
	var typed string
	down := false
	for _, e := range f.Events {
		switch e.Kind {
		case "keydown":
			typed += e.Key
		case "text":
			tb.Errorf("a key went out a second time, as the text %q", e.Text)
		case "down":
			down = e.X >= 599 && e.X <= 601 && e.Y >= 499 && e.Y <= 501
		}
	}
	if typed != "Hi 1" || !down || f.Events[len(f.Events)-1].WheelY != 2 {
		tb.Errorf("the host got %+v", f.Events)
	}
	b.Shot("control")
	o.Host.Say(wire.Message{Type: "paused", On: true})
	b.Wait(`!document.querySelector("#screen").classList.contains("steering")`)
	b.Shot("paused")
	o.Host.Say(wire.Message{Type: "paused"})
	o.Host.Say(wire.Message{Type: "lease-end", Capability: wire.Control, Why: "revoked", Generation: 2})
	b.Wait(`document.querySelector("#ask-control").dataset.state === "idle" && document.querySelector("#ask-control").dataset.why === "revoked"`)
}

func refuse(tb testing.TB, b *Browser, o *Other) {
	tb.Helper()
	allow := o.Host.Answer
	// Each no is one click away from being asked again, and says what to do.
	for _, tt := range []struct{ why, state, says, note string }{
		{"denied", "denied", "Denied by the technician", ""},
		{"timeout", "timeout", "No answer: ask again", "The technician sees that they missed it."},
		{"pin-wrong", "denied", "The PIN was wrong", "ask once more"},
		{"throttled", "denied", "Asked too often", "Wait a minute"},
		{"policy", "denied", "Not allowed by the site’s policy", ""},
		{"constructor", "denied", "Denied by the technician", ""}, // a word that scripts know
		{"pin-missing", "denied", "The technician has no PIN set", "end the session, set a PIN and start again"},
	} {
		answer := wire.Message{Why: tt.why}
		if tt.why == "throttled" {
			answer.UntilMS = Until(Soon)
		}
		o.Host.Answer = func(wire.Message) wire.Message { return answer }
		b.Wait(`document.querySelector("#ask-control").getAttribute("aria-disabled") === "false"`)
		b.Click("#ask-control")
		b.Wait(`document.querySelector("#ask-control").dataset.state === "` + tt.state + `" && document.querySelector("#ask-control").dataset.why === "` + tt.why + `"`)
		says := b.Text(`document.querySelector("#ask-control .cap-line").textContent`)
		note := b.Text(`document.querySelector("#ask-control-note").hidden ? "" : document.querySelector("#ask-control-note").textContent`)
		if !strings.HasPrefix(says, tt.says) || !strings.Contains(note, tt.note) || (tt.note == "") != (note == "") {
			tb.Errorf("%s says %q and %q", tt.why, says, note)
		}
		b.Shot("no-" + tt.why)
	}
	o.Host.Answer = func(wire.Message) wire.Message { return wire.Message{} } // still thinking
	b.Click("#ask-control")
	b.Wait(`document.querySelector("#ask-control").dataset.state === "asked"`)
	b.Shot("asked")
	b.Click("#ask-control + .cap-drop")
	o.Host.Say(wire.Message{Type: "answer", ID: "any", Capability: wire.Control, Why: "withdrawn"})
	b.Wait(`document.querySelector("#ask-control").dataset.state === "idle"`)
	o.Host.Answer = allow
}

func sendFiles(ctx context.Context, tb testing.TB, b *Browser, o *Other) {
	tb.Helper()
	dir := tb.TempDir()
	noise := rand.NewChaCha8([32]byte{1})
	send := func(name string, size int) string {
		data := make([]byte, size)
		_, _ = noise.Read(data)
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			tb.Fatal(err)
		}
		b.Do("choose "+name, chromedp.SetUploadFiles("#file-input", []string{file}, chromedp.ByQuery))
		sum := sha256.Sum256(data)
		return hex.EncodeToString(sum[:])
	}
	for _, f := range []struct {
		name string
		size int
	}{{"empty.txt", 0}, {"calibration 2026-11.xml", 100}, {"block.bin", 64 << 10}, {"firmware-notes.pdf", 5<<20 + 17}} {
		want := send(f.name, f.size)
		got := o.Host.Await(ctx, f.name, func(facts engineertest.Facts) bool { return facts.Arrived[f.name] != "" })
		if got.Arrived[f.name] != want {
			tb.Errorf("%s arrived as %s, sent as %s", f.name, got.Arrived[f.name], want)
		}
		b.Wait(`document.querySelector("#files .file").dataset.state === "finished"`)
	}
	allow := o.Host.Answer
	o.Host.Answer = func(wire.Message) wire.Message { return wire.Message{Why: "policy"} }
	send("refused.bin", 1000)
	b.Wait(`document.querySelector("#send-file").dataset.state === "denied" && document.querySelector("#send-file").dataset.why === "policy"`)
	o.Host.Answer = func(wire.Message) wire.Message { return wire.Message{Why: "timeout"} }
	missed := send("missed.bin", 2000)
	b.Wait(`document.querySelector("#files .file").dataset.state === "timeout"`)
	b.Shot("files")
	o.Host.Answer = allow
	b.Click("#files .file .again")
	if got := o.Host.Await(ctx, "missed.bin", func(f engineertest.Facts) bool { return f.Arrived["missed.bin"] != "" }); got.Arrived["missed.bin"] != missed {
		tb.Errorf("asked again, it arrived as %s", got.Arrived["missed.bin"])
	}
	b.Wait(`document.querySelector("#files .file").dataset.state === "finished"`)
}

func comeBack(ctx context.Context, tb testing.TB, b *Browser, o *Other, desktop *Desktop) {
	tb.Helper()
	b.Do("notice a lost link", chromedp.Evaluate(`window.sawLost = false; new MutationObserver(() => { if (document.body.dataset.lost === "true") window.sawLost = true; }).observe(document.body, {attributes: true}); true`, nil))
	o.Cloud.CutRelay()
	b.Wait(`window.sawLost`)
	o.Host.Await(ctx, "a resume", func(f engineertest.Facts) bool { return f.Resumed == 1 })
	b.Wait(`document.body.dataset.lost === "false"`)
	desktop.Step(0)
	o.Host.Show(desktop.Frame())
	b.AwaitPicture(desktop.Hash())
}
