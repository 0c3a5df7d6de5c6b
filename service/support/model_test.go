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
