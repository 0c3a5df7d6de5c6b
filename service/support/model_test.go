package support

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/session/proof"
	"beckmanconnect/session/wire"
)

// given is what the model believes a technician gave, kept apart from the
// machine: from the answers that counted, and from everything that ended them.
type given struct {
	session, account string
	generation       uint64
	until            *Moment
	runConfirmed     bool
	once             bool
}

// model drives a machine with two technicians, two engineers, crashes, a log
// that fails, PINs, a plug that is pulled and clocks that jump. After every step
// it checks that nothing can be applied without a right that lives, and that no
// right ever was without an answer to its own question, from whoever asked for
// help, with all that had to go with it, in the log before (scenarios 8, 10–14,
// 16, 18, 19, 21–24, B3).
type model struct {
	*rapid.T
	*rig
	links    map[LinkID]Engineer
	nextLink LinkID
	keys     []proof.Key // for coming back, the engineer's, in the order they came
	nonces   [][]byte
	prompts  []string
	desktops []WantDesktop

	rights   map[Capability]given
	files    map[string]wire.File
	received map[string]int64
	attached bool
	bar      bool
	asker    string // of the request or session
	steered  bool   // control was given in this session
	missed   map[Capability]int
	dead     map[string]bool // sessions that ended
	showing  map[string]bool
	focus    bool // the engineer's console has the keyboard
	marker   bool // the engineer's marker may stand on the screen
	watching bool // the helper looks at the technician's clipboard

	waitFrom time.Duration
	row      int // wrong codes in a row, as the model counts them
	looked   map[string]int
	proved   map[string]int
	codes    map[string]bool
	boots    int
	askCount int
}

func TestNothingWithoutALiveRight(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{
			T: rt, rig: newRig(t), links: map[LinkID]Engineer{}, rights: map[Capability]given{},
			files: map[string]wire.File{}, received: map[string]int64{}, dead: map[string]bool{}, showing: map[string]bool{},
			missed: map[Capability]int{},
			looked: map[string]int{}, proved: map[string]int{}, codes: map[string]bool{},
		}
		steps := m.actions()
		names := slices.Sorted(maps.Keys(steps))
		if rapid.Bool().Draw(rt, "warm") {
			m.warmUp() // half of the runs begin inside a session
		}
		for range rapid.IntRange(1, 120).Draw(rt, "steps") {
			name := rapid.SampledFrom(names).Draw(rt, "action")
			if fatal[name] && rapid.IntRange(0, 4).Draw(rt, "spared") > 0 {
				continue // most runs should get further than the first end
			}
			steps[name]()
			m.check(name)
		}
	})
}

// fatal are the actions after which hardly anything is left to try.
var fatal = map[string]bool{
	"end": true, "unplug": true, "crash": true, "lose bar": true, "lose tray": true, "lose helper": true, "list": true, "log": true, "clock": true, "cancel": true,
}

// warmUp is a session as it usually goes, with lengths and confirmations drawn.
func (m *model) warmUp() {
	if m.id() != "" || m.rec.fail {
		return
	}
	m.request("a", true)
	m.join(anna)
	m.tryCode(m.nextLink, true)
	if rapid.IntRange(0, 3).Draw(m.T, "bar") > 0 {
		m.hold()
	}
	wanted := []Capability{View, Control, Files}
	if rapid.Bool().Draw(m.T, "more") {
		wanted = append(wanted, Pointer, Chat, ClipboardToPC, ClipboardToEngineer)
	}
	for _, c := range wanted {
		d := rapid.SampledFrom(Durations(c)).Draw(m.T, "duration")
		if c == Files {
			m.step(AskFile{Link: m.nextLink, ID: m.newAsk(), File: wire.File{Name: "a.bin", Size: 100, SHA256: strings.Repeat("0a", 32)}})
		} else {
			m.step(Ask{Link: m.nextLink, ID: m.newAsk(), Capability: c, Duration: Session})
		}
		m.pass(time.Second)
		m.answer(m.asker, true, d, rapid.Bool().Draw(m.T, "run confirmed"), true)
		m.attach(true)
		m.check("warm up")
	}
}

// step does an event and keeps the books that follow from effects alone.
func (m *model) step(ev Event) Result {
	failing, before := m.rec.fail, m.id()
	entries := len(m.rec.entries)
	res := m.do(ev)
	for _, e := range m.rec.entries[min(entries, len(m.rec.entries)):] {
		if e.Fields["answer"] == "timeout" || e.Fields["why"] == pinMissing {
			m.missed[Capability(e.Fields["capability"])]++
		}
	}
	granted, shared := 0, 0
	for _, e := range res.Effects {
		switch e := e.(type) {
		case SendTo:
			if e.Message.Type == "chat" {
				shared++
				m.holds("a line", Chat, e.Link, m.m.Generation())
			}
			m.mustNot(e.Message.Type == "clipboard", "text of the clipboard passed by the last look")
			raw, _ := json.Marshal(e.Message)
			m.canary("a message", string(raw))
			if e.Message.Type == "authenticated" {
				m.mustNot(failing, "let somebody in without a log")
			}
		case DropLink:
			delete(m.links, e.Link)
		case CheckCode:
			m.mustNot(m.now.Mono < m.waitFrom, "a code was looked at before the wait was over")
			m.looked[e.Code.Reveal()]++
			m.mustNot(failing, "looked at a code without a log")
		case ShowPrompt:
			m.mustNot(failing, "showed a prompt without a log")
			m.mustNot(e.Prompt.NeedsPIN && m.noPIN && !m.showing[e.Prompt.ID], "asked for a PIN that nobody has")
			m.mustNot(m.steered && !e.Prompt.NeedsPIN, "asked without a PIN after control")
			m.mustNot(e.Prompt.Missed != m.missed[e.Prompt.Capability], "a prompt does not say how often it was missed")
			m.showing[e.Prompt.ID] = true
			m.prompts, m.nonces = append(m.prompts, e.Prompt.ID), append(m.nonces, e.Prompt.Nonce)
		case HidePrompt:
			delete(m.showing, e.ID)
			if e.Code == "allowed" {
				granted++
				m.recorded(e.ID)
			}
		case WantDesktop:
			m.desktops = append(m.desktops, e)
			m.attached = false
			m.mustNot(failing, "wanted a desktop without a log")
		case StopDesktop:
			m.attached = false
			m.marker, m.watching = false, false
		case HidePoint:
			m.marker = false
		case WatchClipboard:
			m.watching = e.On
			// Looking again, as after a change of focus, needs no entry of its
			// own: the yes has one, and what is copied gets one before it leaves.
			_, allowed := m.rights[ClipboardToEngineer]
			m.mustNot(e.On && failing && !allowed, "watches the clipboard without a yes in the log")
		case PutClipboard:
			shared++
			m.holds("a clipboard", ClipboardToPC, e.Link, e.Generation)
		case SendClipboard:
			shared++
			m.holds("a clipboard", ClipboardToEngineer, e.Link, e.Generation)
		case SelectMonitor:
			m.holds("a monitor", View, m.m.Current(), m.m.Generation())
			m.mustNot(failing, "chose a monitor without a log")
		case OpenTransfer, SaveTransfer:
			m.mustNot(failing, "moved a file without a log")
		}
	}
	logged := 0
	for _, e := range m.rec.entries[min(entries, len(m.rec.entries)):] {
		switch e.Kind {
		case "session.granted":
			logged++
		case "chat.line", "clipboard.to-pc", "clipboard.to-engineer":
			shared--
		}
	}
	m.mustNot(shared != 0, "not as many lines and clipboards in the log as passed")
	if granted != logged {
		m.T.Fatalf("%d granted, %d in the log", granted, logged)
	}
	if len(m.showing) > 1 {
		m.T.Fatalf("%d prompts at once", len(m.showing))
	}
	if now := m.id(); before != "" && now != before {
		m.over(before)
	}
	if res.Help != nil {
		m.codes[res.Help.Code.Reveal()] = true
		if failing && m.rec.fail {
			// Only the code of a request that was logged before may come again.
			m.mustNot(m.m.RelayWanted() != res.Help.Request, "made a code without a log")
		}
	}
	return res
}

// recorded: the answer to this question is in the log by now.
func (m *model) recorded(prompt string) {
	if !slices.ContainsFunc(m.rec.entries, func(e Entry) bool { return e.Kind == "session.granted" && e.Fields["prompt"] == prompt }) {
		m.T.Fatal("a question is answered with yes and the log does not know")
	}
}

// request asks for help; whoever does is the one who may allow.
func (m *model) request(who string, called bool) {
	before := m.m.RelayWanted()
	if m.step(RequestHelp{Technician: who, TechnicianCalled: called}).Err == nil && m.m.RelayWanted() != before {
		m.asker = who // also where the one before was over by now
	}
}

func (m *model) mustNot(bad bool, what string) {
	if bad {
		m.T.Fatal(what)
	}
}

func (m *model) canary(where, text string) {
	for c := range m.codes {
		if strings.Contains(text, c) {
			m.T.Fatalf("the code is in %s: %s", where, text)
		}
	}
}

func (m *model) over(session string) {
	m.dead[session] = true
	clear(m.rights)
	clear(m.files)
	clear(m.received)
	clear(m.missed)
	m.attached, m.bar, m.steered, m.focus, m.marker, m.watching = false, false, false, false, false, false
}

func (m *model) join(e Engineer) {
	m.nextLink++
	m.links[m.nextLink] = e
	m.step(Joined{Link: m.nextLink, Engineer: e})
}

func (m *model) tryCode(on LinkID, right bool) {
	m.step(Tick{}) // what is over by now ends first
	_, open := m.links[on]
	counts := open && m.phase() == PhaseWaiting
	failing := m.rec.fail
	row := m.rec.tries.Row
	res := m.step(TryCode{Link: on})
	if counts && !failing {
		m.row++
		m.waitFrom = m.now.Mono + time.Second<<min(m.row-1, 9)
		if m.rec.tries.Row != m.row || m.rec.tries.Row != row+1 {
			m.T.Fatalf("scenario 21: %d tries, %d counted", m.row, m.rec.tries.Row)
		}
	}
	for _, c := range effectsOf[CheckCode](res.Effects) {
		was := m.phase()
		done := m.rig.tried(c, right)
		m.step(done)
		if was == PhaseWaiting && m.phase() == PhaseConnected {
			m.row, m.waitFrom = 0, 0
			m.proved[c.Code.Reveal()]++
			m.keys = []proof.Key{m.rig.key}
			m.mustNot(!right, "a wrong code let somebody in")
		}
	}
}

func (m *model) hold() {
	if id := m.id(); id != "" && m.step(BarHeld{Session: id}).Err == nil {
		m.bar = true
	}
}

func (m *model) attach(right bool) {
	if len(m.desktops) == 0 {
		return
	}
	w := m.desktops[len(m.desktops)-1]
	if !right {
		w.Token = rapid.SampledFrom([][]byte{m.desktops[0].Token, nil, make([]byte, 32)}).Draw(m.T, "token")
	}
	m.helper++
	if m.step(AttachHelper{Helper: m.helper, Session: w.Session, Token: w.Token}).Err == nil {
		m.mustNot(m.dead[w.Session], "a helper attached to a session that is over")
		m.mustNot(m.attached || string(w.Token) != string(m.desktops[len(m.desktops)-1].Token), "a helper attached with a stale token")
		m.attached = true
	} else {
		m.helper-- // rig.helper names the attached one
	}
}

func (m *model) newAsk() string {
	m.askCount++
	return fmt.Sprintf("ask-%d", m.askCount)
}

// answer is a technician's click on what shows; it books what was given. Unless
// it is a proper one, initials and PIN are anybody's or nobody's.
func (m *model) answer(who string, allow bool, d Duration, run, proper bool) {
	p := m.m.Snapshot(m.now).Prompt
	if p == nil {
		return
	}
	a := Answer{Technician: who, Prompt: p.ID, Nonce: p.Nonce, Allow: allow, Duration: d, RunConfirmed: run, Initials: "ab", PINOf: "AB"}
	if !proper {
		a.Initials = rapid.SampledFrom([]string{"ab", "", "AB", "cd", "?"}).Draw(m.T, "initials")
		a.PINOf = rapid.SampledFrom([]string{"", "AB", "CD"}).Draw(m.T, "PIN of")
	}
	m.send(*p, a)
}

func (m *model) send(p Prompt, a Answer) {
	shown := time.Duration(-1)
	if q := m.m.st.ses; q != nil && q.prompt != nil {
		shown = m.now.Mono - q.prompt.shown.Mono
	}
	failing, ses := m.rec.fail, m.m.st.ses
	ask := ""
	if ses != nil && ses.prompt != nil {
		ask = ses.prompt.id
	}
	if m.step(a).Err != nil || !a.Allow {
		return
	}
	m.mustNot(failing, "granted without a log")
	m.mustNot(shown < 800*time.Millisecond, "granted before it could be read")
	m.mustNot(m.dead[p.Session], "granted in a session that is over")
	m.mustNot(a.Technician != m.asker, "granted by somebody who did not ask for help")
	named := Initials(a.Initials)
	m.mustNot(m.pol.who != "" && named == "", "granted without the initials this site asks for")
	m.mustNot((m.pol.who == "pin" || m.steered) && (named == "" || a.PINOf != named), "granted without the PIN")
	if p.Capability == Files {
		m.files[ask] = *p.File
		return
	}
	m.steered = m.steered || p.Capability == Control
	g := given{session: p.Session, account: p.Engineer.Account, generation: m.m.Generation(), runConfirmed: a.RunConfirmed}
	d := a.Duration
	if d == "" {
		d = p.Durations[0]
	}
	g.once = d == Once
	if d != Session {
		until := m.now.Add(map[Duration]time.Duration{Once: 5 * time.Minute, Minutes: 15 * time.Minute}[d])
		g.until = &until
	}
	m.rights[p.Capability] = g
}

func (m *model) anyLink() LinkID {
	return LinkID(rapid.Uint64Range(1, uint64(m.nextLink)+1).Draw(m.T, "link"))
}

func (m *model) anyFile() string {
	if ids := slices.Sorted(maps.Keys(m.files)); len(ids) > 0 && rapid.Bool().Draw(m.T, "live") {
		return rapid.SampledFrom(ids).Draw(m.T, "file")
	}
	return fmt.Sprintf("ask-%d", rapid.IntRange(0, m.askCount).Draw(m.T, "ask"))
}

// who acts: mostly whoever asked for help, as the pipe sees to.
func (m *model) who() string {
	if m.asker != "" && rapid.IntRange(0, 3).Draw(m.T, "asker") > 0 {
		return m.asker
	}
	return rapid.SampledFrom([]string{"a", "b"}).Draw(m.T, "technician")
}

func (m *model) actions() map[string]func() {
	yes := func(label string) bool { return rapid.Bool().Draw(m.T, label) }
	capability := func() Capability {
		return rapid.SampledFrom(append(asked(), Capability(wire.Clipboard))).Draw(m.T, "capability")
	}
	duration := func() Duration {
		return rapid.SampledFrom([]Duration{"", Once, Minutes, Session, "ever"}).Draw(m.T, "duration")
	}
	// Most events come from where they can do something.
	link := func() LinkID {
		if on := m.m.Current(); on != 0 && rapid.IntRange(0, 3).Draw(m.T, "current") > 0 {
			return on
		}
		return m.anyLink()
	}
	ask := func() { m.step(Ask{Link: link(), ID: m.newAsk(), Capability: capability(), Duration: duration()}) }
	return map[string]func(){
		"request": func() { m.request(m.who(), yes("called")) },
		"cancel":  func() { m.step(CancelHelp{Request: m.m.RelayWanted()}) },
		"queue": func() {
			m.step(Queued{cloudapi.QueuePlace{Request: m.m.RelayWanted(), Case: "K-4F7Q", Place: rapid.IntRange(0, 3).Draw(m.T, "place"), Waiting: 3}})
		},
		"unheard": func() { m.step(Unheard{}) },
		"join": func() {
			m.join(rapid.SampledFrom([]Engineer{anna, bob}).Draw(m.T, "engineer"))
		},
		"try":        func() { m.tryCode(link(), yes("right")) },
		"right code": func() { m.pass(longestWait / 8); m.tryCode(m.nextLink, true) },
		"resume": func() {
			if len(m.keys) == 0 {
				return
			}
			// The newest key, or any that there ever was.
			n := len(m.keys) - 1
			if yes("stale") {
				n = rapid.IntRange(0, n).Draw(m.T, "key")
			}
			m.resume(n, yes("another channel's"))
		},
		"come back": func() { // a link that is lost, and somebody with a key
			if m.m.Current() == 0 || len(m.keys) == 0 {
				return
			}
			m.loseLink(m.m.Current())
			m.join(rapid.SampledFrom([]Engineer{anna, anna, bob}).Draw(m.T, "engineer"))
			n := len(m.keys) - 1
			m.resume(rapid.SampledFrom([]int{n, max(n-1, 0)}).Draw(m.T, "key"), false)
		},
		"ask":       ask,
		"ask again": ask,
		"ask file": func() {
			m.step(AskFile{Link: link(), ID: m.newAsk(), File: wire.File{Name: "a.bin", Size: 100, SHA256: strings.Repeat("0a", 32)}})
		},
		"take back": func() {
			id := fmt.Sprintf("ask-%d", rapid.IntRange(0, m.askCount).Draw(m.T, "ask"))
			m.step(Cancel{Link: link(), ID: id})
			m.syncFiles()
		},
		"answer": func() {
			if yes("wait") {
				m.pass(time.Second)
			}
			m.answer(m.who(), rapid.IntRange(0, 3).Draw(m.T, "allow") > 0, duration(), yes("run"), rapid.IntRange(0, 3).Draw(m.T, "proper") > 0)
		},
		"answer with less": func() { // what a program could do by itself (B3)
			m.pass(time.Second)
			m.answer(m.asker, true, "", yes("run"), false)
		},
		"both answer": func() { // scenario 19
			p := m.m.Snapshot(m.now).Prompt
			if p == nil {
				return
			}
			m.pass(time.Second)
			counted := 0
			for _, who := range []string{"a", "b", "a"} {
				a := full(*p)
				a.Technician, a.Allow = who, yes("allow")
				before := m.rec.count("session.granted") + m.rec.count("prompt.answered")
				m.send(*p, a)
				counted += m.rec.count("session.granted") + m.rec.count("prompt.answered") - before
			}
			m.mustNot(counted > 1, "two answers to one question counted")
		},
		"wrong PIN": func() {
			p := m.m.Snapshot(m.now).Prompt
			if p == nil || !p.NeedsPIN {
				return
			}
			left := p.PINTriesLeft
			m.step(WrongPIN{Answer: full(*p)})
			q := m.m.Snapshot(m.now).Prompt
			m.mustNot(q != nil && q.ID == p.ID && (left <= 1 || q.PINTriesLeft != left-1), "a wrong PIN cost no try")
		},
		"PINs": func() { m.noPIN = !m.noPIN },
		"site": func() {
			m.pol.who = rapid.SampledFrom([]string{"", "initials", "pin"}).Draw(m.T, "identify")
			if yes("told") {
				m.step(PolicyChanged{})
				m.syncRights()
				m.syncFiles()
			}
		},
		"unplug": func() { m.ends(Unplugged{}) },
		"ask what was missed": func() { // no answer, and asked again at once
			if p := m.m.Snapshot(m.now).Prompt; p != nil {
				m.pass(time.Minute)
				m.step(Tick{})
				m.syncRights()
				m.step(Ask{Link: link(), ID: m.newAsk(), Capability: p.Capability})
			}
		},
		"replay": func() { // scenario 12
			if len(m.prompts) == 0 {
				return
			}
			m.pass(time.Second)
			i, j := rapid.IntRange(0, len(m.prompts)-1).Draw(m.T, "prompt"), rapid.IntRange(0, len(m.nonces)-1).Draw(m.T, "nonce")
			p := m.m.Snapshot(m.now).Prompt
			a := Answer{
				Technician: m.who(), Prompt: m.prompts[i], Nonce: m.nonces[j], Allow: true, RunConfirmed: true, Initials: "ab", PINOf: "AB",
			}
			if p != nil && yes("of what shows") {
				a.Prompt = p.ID
			}
			if p != nil && p.ID == a.Prompt && string(p.Nonce) == string(a.Nonce) {
				return // that would be a real answer
			}
			m.mustNot(m.step(a).Err == nil, "a replayed answer counted")
		},
		"revoke": func() {
			c := capability()
			if m.step(Revoke{Technician: m.who(), Capability: c}).Err == nil {
				delete(m.rights, c)
				if c == Files {
					clear(m.files)
				}
			}
		},
		"end": func() {
			id := m.id()
			m.mustNot(m.step(EndSession{Technician: m.who(), How: "kill-key"}).Err == nil && m.id() != "", "the kill key left a session")
			if id != "" {
				m.over(id)
			}
		},
		"hold bar":  m.hold,
		"lose bar":  func() { m.ends(BarLost{Session: m.id()}) },
		"lose tray": func() { m.ends(TrayLost{}) },
		"lose seat": func() { m.ends(SeatLost{}) },
		"lose helper": func() {
			if m.attached {
				m.ends(HelperLost{Helper: m.helper})
			} else {
				m.step(HelperLost{Helper: m.helper})
			}
		},
		"attach":       func() { m.attach(true) },
		"attach stale": func() { m.attach(yes("right")) },
		"report": func() {
			m.step(HelperReport{Helper: m.helper, Width: 100, Height: 100, Capturing: true, LocalInput: yes("local")})
		},
		"monitors": func() {
			two := []wire.Monitor{{ID: "one", Width: 100, Height: 100}, {ID: "two", Width: 100, Height: 100}}
			m.step(HelperReport{Helper: m.helper, Width: 100, Height: 100, Capturing: true, Monitors: two, Monitor: "one"})
			m.step(ShowMonitor{Link: link(), ID: rapid.SampledFrom([]string{"one", "two", "all", "three"}).Draw(m.T, "monitor")})
		},
		"focus": func() {
			on, has := link(), yes("has")
			m.step(Focus{Link: on, On: has})
			if on == m.m.Current() {
				m.focus = has
			}
		},
		"say":       func() { m.step(EngineerSays{Link: link(), ID: "c", Text: "hello"}) },
		"say there": func() { m.step(TechnicianSays{Technician: m.who(), Session: m.id(), Text: "yes"}) },
		"paste":     func() { m.step(ClipboardIn{Link: link(), Text: "text"}) },
		"copy": func() {
			g := rapid.SampledFrom([]uint64{0, m.m.Generation() - 1, m.m.Generation(), m.m.Generation() + 1}).Draw(m.T, "generation")
			m.step(ClipboardOut{Helper: m.helper, Generation: g, Text: "text"})
		},
		"lose link": func() {
			m.loseLink(link())
		},
		"chunk": func() {
			id := m.anyFile()
			on, n := link(), rapid.SampledFrom([]int{0, 1, 50, 100, 101}).Draw(m.T, "bytes")
			if !m.m.MayChunk(m.now, on, id, n) {
				return
			}
			f, ok := m.files[id]
			m.received[id] += int64(n)
			if !ok {
				m.T.Fatalf("file bytes of %s without a yes", id)
			}
			m.mustNot(m.received[id] > f.Size, "more file bytes than were offered")
			m.mustNot(on != m.m.Current() || m.pol.off[Files] != "", "file bytes from elsewhere or against policy")
		},
		"file done": func() {
			id := m.anyFile()
			if on := m.m.Current(); yes("whole") && m.m.MayChunk(m.now, on, id, int(100-m.received[id])) {
				m.received[id] = 100
			}
			m.step(FileEnd{Link: link(), ID: id})
			sha := strings.Repeat(rapid.SampledFrom([]string{"0a", "0b"}).Draw(m.T, "hash"), 32)
			res := m.step(FileChecked{ID: id, SHA256: sha, Name: "a.bin", Scanner: "test 1"})
			for range effectsOf[SaveTransfer](res.Effects) {
				f, ok := m.files[id]
				m.mustNot(!ok || f.SHA256 != sha || m.received[id] != f.Size, "a file was revealed that is not what was approved")
				m.step(FileSaved{ID: id, Name: "a.bin"})
				delete(m.files, id)
			}
			m.syncFiles()
		},
		"time": func() {
			m.pass(time.Duration(rapid.SampledFrom([]int{100, 900, 20_000, 61_000, 301_000, 901_000}).Draw(m.T, "ms")) * time.Millisecond)
			if yes("tick") {
				m.step(Tick{})
			}
		},
		"clock": func() { // ten years either way
			m.now.Wall = m.now.Wall.Add(time.Duration(rapid.SampledFrom([]int{-10, 10}).Draw(m.T, "years")) * 365 * 24 * time.Hour)
		},
		"policy": func() {
			c := capability()
			if m.pol.off[c] != "" {
				delete(m.pol.off, c)
			} else {
				m.pol.off[c] = "off"
			}
			if yes("told") {
				m.step(PolicyChanged{})
				m.syncRights()
				m.syncFiles()
			}
		},
		"list": func() {
			m.pol.refused[bob.Account] = !m.pol.refused[bob.Account]
			m.step(PolicyChanged{})
			m.mustNot(m.phase() == PhaseConnected && m.pol.refused[m.m.st.ses.engineer.Account], "an engineer off the list stayed")
		},
		"run": func() {
			m.pol.run = !m.pol.run
			if yes("told") {
				m.step(PolicyChanged{})
				m.syncRights()
			}
		},
		"log": func() { m.rec.fail = !m.rec.fail },
		"log works": func() {
			m.rec.fail = false
		},
		"crash": func() {
			if id := m.id(); id != "" {
				m.over(id)
			}
			m.boots++
			clear(m.links)
			clear(m.showing)
			m.over("")
			m.asker = ""
			m.boot(m.rec.tries)
			m.row = m.rec.tries.Row
			if m.row > 0 {
				m.waitFrom = m.now.Mono + time.Second<<min(m.row-1, 9)
			}
		},
		"IT": func() {
			if m.step(ResetTries{By: "it"}).Err == nil {
				m.row, m.waitFrom = 0, 0
			}
		},
		"guess": func() {
			if m.id() != "" || m.rec.fail {
				return
			}
			m.request("a", true)
			m.join(bob)
			for range 3 {
				m.tryCode(m.nextLink, false)
				m.pass(time.Duration(rapid.SampledFrom([]int{0, 900, 1000, 8000}).Draw(m.T, "ms")) * time.Millisecond)
			}
		},
		"warm up":       m.warmUp,
		"warm up again": m.warmUp,
	}
}

// ends does an event that must end the session.
func (m *model) ends(ev Event) {
	id := m.id()
	m.step(ev)
	if id != "" {
		m.mustNot(m.id() != "", fmt.Sprintf("%T left a session", ev))
		m.over(id)
	}
}

// resume: only a key that was not used up, over the channel it was proved on,
// in the hands of the engineer it was given to.
func (m *model) resume(n int, otherChannel bool) {
	on, made, was := m.nextLink, m.nextLink, m.m.Current()
	if otherChannel {
		made++ // a proof made over a channel is good on no other
	}
	ev := m.rig.resume(made, m.keys[n])
	ev.Link, ev.Binding = on, bindingOf(m.rig, on).Resume()
	m.step(ev)
	if now := m.m.Current(); now == on && was != on {
		m.mustNot(made != on, "a proof of another channel resumed")
		m.mustNot(n < len(m.keys)-2, "a key resumed that was used up")
		m.mustNot(m.links[on].Account != m.m.st.ses.engineer.Account, "somebody else resumed")
		m.focus = false
		m.keys = append(m.keys[:n+1], m.rig.accepted(on, m.keys[n]))
	}
}

// loseLink: what was given once does not outlive its link.
func (m *model) loseLink(on LinkID) {
	current := on != 0 && on == m.m.Current()
	m.step(LinkLost{Link: on})
	delete(m.links, on)
	if !current {
		return
	}
	clear(m.files)
	m.focus = false
	for c, g := range m.rights {
		if g.once {
			delete(m.rights, c)
		}
	}
	m.syncRights()
}

// syncRights takes out of the books what the machine says is gone. Only ever
// taken out: what the machine has and the books do not is a failure.
func (m *model) syncRights() {
	for c := range m.rights {
		if s := m.m.st.ses; s == nil {
			delete(m.rights, c)
		} else if _, ok := s.leases[c]; !ok {
			delete(m.rights, c)
		}
	}
}

func (m *model) syncFiles() {
	for id := range m.files {
		if s := m.m.st.ses; s == nil || !slices.ContainsFunc(s.transfers, func(t Transfer) bool { return t.ID == id && t.live() }) {
			delete(m.files, id)
		}
	}
}

// check asks the machine for everything anybody could do now, and holds each
// yes against the books.
func (m *model) check(after string) {
	current := m.m.Generation()
	for on := LinkID(0); on <= m.nextLink+1; on++ {
		for _, g := range []uint64{0, current - 1, current, current + 1} {
			if m.m.MayInput(m.now, on, g) {
				m.holds(after, Control, on, g)
				m.mustNot(len(m.showing) > 0, "input while a prompt shows")
			}
		}
	}
	for h := HelperID(0); h <= m.helper+1; h++ {
		for _, g := range []uint64{0, current - 1, current, current + 1} {
			if to, ok := m.m.MayPicture(m.now, h, g); ok {
				m.holds(after, View, to, g)
				m.mustNot(h != m.helper, "a picture of another helper")
			}
		}
	}
	m.checkShared(after, current)
	for c, n := range m.looked {
		m.mustNot(n > 5, "a code was looked at more than five times")
		m.mustNot(m.proved[c] > 1, "a code was used twice") // scenario 23
	}
	if len(m.rec.entries)+len(m.rec.out) > 0 {
		raw, _ := json.Marshal(m.rec.entries[max(0, len(m.rec.entries)-6):])
		m.canary("the log", string(raw))
		raw, _ = json.Marshal(m.rec.out[max(0, len(m.rec.out)-6):])
		m.canary("the outbox", string(raw))
		raw, _ = json.Marshal(m.m.Snapshot(m.now))
		m.canary("the state", string(raw))
	}
}

// checkShared is check for what goes beside picture and input: marker and
// clipboard need the view, too, and stand still while a question shows; and
// neither is left on when it may not be any more.
func (m *model) checkShared(after string, current uint64) {
	if m.marker || m.watching {
		m.step(Tick{}) // as the driver's clock would
	}
	pointed, copied := false, false
	for on := LinkID(0); on <= m.nextLink+1; on++ {
		for _, g := range []uint64{0, current - 1, current, current + 1} {
			shared := map[Capability]bool{
				ClipboardToPC:       m.m.MayClipboard(m.now, on, ClipboardToPC, g),
				ClipboardToEngineer: m.m.MayClipboard(m.now, on, ClipboardToEngineer, g),
			}
			name, may := m.m.MayPoint(m.now, on, g)
			shared[Pointer] = may
			m.mustNot(may && name != m.m.st.ses.engineer.Name, "the marker has another name")
			for c, yes := range shared {
				if !yes {
					continue
				}
				m.holds(after, c, on, g)
				m.holds(after, View, on, m.m.Generation())
				m.mustNot(len(m.showing) > 0, "marker or clipboard while a prompt shows")
				m.mustNot(c != Pointer && !m.focus, "clipboard without the console's focus")
			}
			pointed, copied = pointed || may, copied || shared[ClipboardToEngineer]
		}
	}
	m.mustNot(m.marker && !pointed, "after "+after+": the marker stays")
	m.mustNot(m.watching && !copied, "after "+after+": the helper still looks at the clipboard")
	m.marker = pointed
}

func (m *model) holds(after string, c Capability, on LinkID, generation uint64) {
	g, ok := m.rights[c]
	switch {
	case !ok:
		m.T.Fatalf("after %s: %s without a yes", after, c)
	case g.session != m.id() || m.dead[g.session]:
		m.T.Fatalf("after %s: %s in another session", after, c)
	case m.links[on].Account != g.account:
		m.T.Fatalf("after %s: %s by %q, given to %q", after, c, m.links[on].Account, g.account)
	case generation < g.generation || generation > m.m.Generation():
		m.T.Fatalf("after %s: %s of generation %d, given in %d", after, c, generation, g.generation)
	case g.until != nil && m.now.reached(*g.until):
		m.T.Fatalf("after %s: %s after its end", after, c)
	case (!m.attached && c != Chat) || !m.bar:
		m.T.Fatalf("after %s: %s without helper (%v) or bar (%v)", after, c, m.attached, m.bar)
	case m.pol.off[c] != "":
		m.T.Fatalf("after %s: %s against policy", after, c)
	case c == Control && m.pol.run && !g.runConfirmed:
		m.T.Fatalf("after %s: control into a run nobody confirmed", after)
	}
}
