package support

import (
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/session/wire"
)

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
