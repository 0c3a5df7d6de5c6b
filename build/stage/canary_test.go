package stage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/app/files"
	"beckmanconnect/build/canary/places"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/session/wire"
	"beckmanconnect/store"
)

// allowed has the technician say yes to the question that is put, or comes.
func (s *site) allowed(but string) *hostpb.Prompt {
	s.t.Helper()
	var prompt *hostpb.Prompt
	until(s.t, s.ctx, "the prompt", func() (bool, error) {
		prompt = s.status().GetSupport().GetPrompt()
		return prompt.GetId() != "" && prompt.GetId() != but, nil
	})
	lasts := hostpb.Duration__DURATION_SESSION
	if prompt.GetFileName() != "" {
		lasts = hostpb.Duration__DURATION_ONCE // each file is asked for alone
	}
	until(s.t, s.ctx, "the answer to be taken", func() (bool, error) {
		_, err := try(s, hostpb.HostClient.AnswerPrompt, &hostpb.AnswerPromptRequest{PromptId: prompt.Id, Nonce: prompt.Nonce, Allow: true, Duration: lasts})
		return err == nil, err
	})
	return prompt
}

// window shows the session bar, and reads and writes files for the session, as
// the window program does.
func (s *site) window(folder string) *files.Hand {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.ctx)
	c, err := client.Dial(ctx, client.Config{Socket: s.Socket, Program: protocol.Window, Version: version.Version()})
	if err != nil {
		s.t.Fatal(err)
	}
	stream, err := c.Host.HandleFiles(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	session := s.status().GetSupport().GetSessionId()
	bar, err := c.Host.HoldSessionBar(ctx, &hostpb.HoldSessionBarRequest{SessionId: session})
	if err != nil {
		s.t.Fatal(err)
	}
	go func() {
		for err := error(nil); err == nil; { // ends with the session
			_, err = bar.Recv()
		}
	}()
	hand := files.NewHand(ctx, stream, files.Config{
		Session: session, Folder: func() string { return folder },
		Choose: func(context.Context, string) {}, Failed: func(err error) { s.t.Errorf("files: %v", err) },
	})
	done := make(chan struct{})
	go func() { defer close(done); _ = hand.Run() }() // ends with its stream
	s.t.Cleanup(func() { cancel(); <-done; c.Close() })
	return hand
}

// transferred waits until a file of the session is through.
func (s *site) transferred(name string) *hostpb.Transfer {
	s.t.Helper()
	var found *hostpb.Transfer
	until(s.t, s.ctx, "the file "+name, func() (bool, error) {
		for _, t := range s.status().GetSupport().GetTransfers() {
			if t.GetName() == name && t.GetState() == "failed" {
				return false, fmt.Errorf("it failed: %s", t.GetDetail())
			}
			if t.GetName() == name && t.GetState() == "finished" {
				found = t
			}
		}
		return found != nil, nil
	})
	return found
}

// What is said, named and sent in a session goes in by every way there is, and
// is looked for wherever something is kept, written or sent (scenario 25; P15).
func TestCanaryOfASession(t *testing.T) {
	const (
		ticket    = "Ticket of Frau Blaukehlchen-Zwo"
		asked     = "Look at Herr Steinschmaetzer-Ulm"
		engineer  = "Who is Goldregenpfeifer-Anton?"
		answered  = "A sample of Frau Kiebitz-Rosalie"
		toPC      = "befund-mauersegler-philipp.txt"
		inToPC    = "result of patient Haubentaucher-Erna, kept nowhere else"
		fromPC    = "lauf-zilpzalp-konstanze.log"
		inFromPC  = "run of patient Wendehals-Balduin, kept nowhere else"
		refused   = "liste-uferschnepfe-gero.csv"
		transfer  = "0011223344556677889900aabbccddee"
		transfer2 = "0011223344556677889900aabbccddef"
	)
	s := newSite(t)
	s.scan()
	s.h.cloudUp(t, s.ctx)
	s.serviceUp()
	s.register()
	until(t, s.ctx, "the link", func() (bool, error) { return s.status().GetLink() == hostpb.Link_LINK_ONLINE, nil })
	v := s.connected(s.h.signIn(t, s.ctx))
	saved, own := filepath.Join(t.TempDir(), "received"), filepath.Join(t.TempDir(), fromPC)
	if err := os.Mkdir(saved, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(own, []byte(inFromPC), 0o600); err != nil {
		t.Fatal(err)
	}
	hand := s.window(saved)

	// Ways in: chat both ways, …
	v.say(wire.Message{Type: "ask", ID: "c1", Capability: wire.Chat, Duration: "session", Reason: asked, Ticket: ticket})
	last := s.allowed("")
	if m := v.hear("answer"); !m.Granted {
		t.Fatalf("chat: %+v", m)
	}
	v.say(wire.Message{Type: "chat", ID: "l1", Text: engineer})
	v.hear("chat")
	ask(s, hostpb.HostClient.SendChat, &hostpb.SendChatRequest{SessionId: s.status().GetSupport().GetSessionId(), Text: answered})
	if m := v.hear("chat"); m.Text != answered {
		t.Fatalf("chat: %+v", m)
	}
	// … a file to the PC that is allowed, …
	sum := sha256.Sum256([]byte(inToPC))
	v.say(wire.Message{Type: "ask-file", ID: transfer, File: &wire.File{Name: toPC, Size: int64(len(inToPC)), SHA256: hex.EncodeToString(sum[:])}})
	last = s.allowed(last.GetId())
	if m := v.hear("answer"); !m.Granted {
		t.Fatalf("the file to the PC: %+v", m)
	}
	key, err := hex.DecodeString(transfer)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.client.Send(v.ctx, wire.FrameChunk, append(key, inToPC...)); err != nil {
		t.Fatal(err)
	}
	v.say(wire.Message{Type: "file-end", ID: transfer})
	s.transferred(toPC)
	if b, err := os.ReadFile(filepath.Join(saved, toPC)); err != nil || string(b) != inToPC {
		t.Fatalf("saved: %q %v", b, err)
	}
	// … one that nobody answers before it is taken back, …
	v.say(wire.Message{Type: "ask-file", ID: transfer2, File: &wire.File{Name: refused, Size: 3, SHA256: strings.Repeat("ab", 32)}})
	until(t, s.ctx, "the third question", func() (bool, error) {
		p := s.status().GetSupport().GetPrompt()
		return p.GetId() != "" && p.GetId() != last.GetId(), nil
	})
	v.say(wire.Message{Type: "cancel", ID: transfer2})
	v.hear("answer")
	// … and one to the engineer.
	source, err := files.Open(own)
	if err != nil {
		t.Fatal(err)
	}
	hand.Offer(source)
	s.allowed(last.GetId())
	m := v.hear("answer")
	if !m.Granted || m.File == nil || m.File.Name != fromPC {
		t.Fatalf("the file to the engineer: %+v", m)
	}
	v.hear("file-end")
	v.say(wire.Message{Type: "file", ID: m.ID, State: "finished"})
	s.transferred(fromPC)

	h := &places.Search{T: t, Secrets: []places.Secret{
		{Name: "the ticket", Text: ticket},
		{Name: "why chat was asked for", Text: asked},
		{Name: "the engineer's line", Text: engineer},
		{Name: "the technician's line", Text: answered},
		{Name: "name of the file to the PC", Text: toPC},
		{Name: "content of the file to the PC", Text: inToPC},
		{Name: "name of the file to the engineer", Text: fromPC},
		{Name: "content of the file to the engineer", Text: inFromPC},
		{Name: "name of a file that was taken back", Text: refused},
	}}
	// While it runs, after its end, and after a crash.
	h.Tree("pc in the session", s.Dir)
	v.say(wire.Message{Type: "bye"})
	s.over()
	h.Tree("pc after the session", s.Dir)
	crash(s.Service)
	h.Tree("pc after a crash", s.Dir)
	h.Tree("cloud", s.h.dir("cloud"))
	h.Tree("journals", s.h.dir("logs"))
	st, err := store.Open(s.ctx, store.Options{Dir: s.path("data")})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	waiting, err := st.Outbox(s.ctx, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for _, w := range waiting {
		fmt.Fprintf(&all, "%s %s\n", w.Kind, w.Body)
	}
	h.One("messages that wait", all.Bytes())
	for _, row := range h.Rows {
		t.Logf("%-24s %s, %d secrets", row[0], row[1], len(h.Secrets))
	}
	// What the log says of it can be read by who holds its keys: it was recorded.
	page, err := st.ListActivity(s.ctx, store.ActivityFilter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, r := range page.List {
		kinds[r.Kind] = true
	}
	for _, kind := range []string{"chat.line", "file.received", "file.sent"} {
		if !kinds[kind] {
			t.Errorf("no %s is in the log: the search shows nothing", kind)
		}
	}
}
