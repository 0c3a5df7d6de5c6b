package engineer_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/session/engineer"
	"beckmanconnect/session/engineer/engineertest"
	"beckmanconnect/session/screen"
	"beckmanconnect/session/wire"
)

const device = "bc-0123456789abcdef"

type frame struct {
	kind    byte
	payload []byte
}

// rig is a page, a cloud and a host, without a browser.
type rig struct {
	t     *testing.T
	ctx   context.Context
	kit   *channeltest.Kit
	host  *engineertest.Host
	cloud *engineertest.Cloud
	page  *engineer.Page
	in    chan frame
}

func newRig(t *testing.T) *rig {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	r := &rig{t: t, ctx: ctx, kit: channeltest.New(t, device), in: make(chan frame, 1000)}
	r.host = engineertest.NewHost(t, r.kit, "ABCDEFGH")
	r.cloud = engineertest.NewCloud(t, r.kit, r.host)
	r.cloud.Bearer = "token"
	server := httptest.NewTLSServer(r.cloud.Handler(http.NotFoundHandler()))
	t.Cleanup(server.Close)
	base, _ := url.Parse(server.URL)
	transport := server.Client().Transport.(*http.Transport)
	api := engineer.API{
		Base: base, Client: server.Client(), TLS: transport.TLSClientConfig, DeviceCA: r.kit.DeviceCA.Pool(),
		Header: func() http.Header { return http.Header{"Authorization": {"Bearer " + r.cloud.Bearer}} },
	}
	r.page = engineer.NewPage(engineer.PageConfig{
		API: func() engineer.API { return api },
		Keys: engineer.NewKeys(ctx, func(context.Context) (crypto.Signer, error) {
			return channeltest.EngineerKey(t), nil
		}),
		ToPage: func(kind byte, payload []byte) { r.in <- frame{kind, bytes.Clone(payload)} },
	})
	t.Cleanup(r.page.Close)
	return r
}

func (r *rig) do(m map[string]any) {
	r.t.Helper()
	raw, _ := json.Marshal(m)
	if err := r.page.Message(r.ctx, engineer.FrameLocal, raw); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) say(m wire.Message) {
	r.t.Helper()
	m.V = wire.Version
	raw, _ := json.Marshal(m)
	if err := r.page.Message(r.ctx, wire.FrameControl, raw); err != nil {
		r.t.Fatal(err)
	}
}

// phase reads on until the client says that it is in a phase.
func (r *rig) phase(want string) engineer.State {
	r.t.Helper()
	for {
		f := r.next("phase " + want)
		var s engineer.State
		if f.kind == engineer.FrameLocal && json.Unmarshal(f.payload, &s) == nil {
			if s.Phase == want {
				return s
			}
			if s.Phase == engineer.Ended {
				r.t.Fatalf("ended (%s) instead of %s", s.Why, want)
			}
		}
	}
}

func (r *rig) message(want string) wire.Message {
	r.t.Helper()
	for {
		f := r.next(want)
		var m wire.Message
		if f.kind == wire.FrameControl && json.Unmarshal(f.payload, &m) == nil && m.Type == want {
			return m
		}
	}
}

func (r *rig) next(what string) frame {
	r.t.Helper()
	select {
	case f := <-r.in:
		return f
	case <-r.ctx.Done():
		r.t.Fatal("never came: " + what)
		return frame{}
	}
}

func (r *rig) join() {
	r.t.Helper()
	r.do(map[string]any{"do": "join", "request": "req-1", "reason": "Pump pressure"})
	r.phase(engineer.Code)
	r.do(map[string]any{"do": "code", "code": "abcd-efgh"})
	r.phase(engineer.Session)
}

func TestFromJoinToEnd(t *testing.T) {
	t.Run("files on the lane", func(t *testing.T) { fromJoinToEnd(t, true) })
	t.Run("a host that knows no lane", func(t *testing.T) { fromJoinToEnd(t, false) })
}

func fromJoinToEnd(t *testing.T, lane bool) {
	r := newRig(t)
	r.host.NoLane = !lane
	r.do(map[string]any{"do": "join", "request": "req-1", "reason": "Pump pressure"})
	if s := r.phase(engineer.Code); s.Words == "" || s.Device != device {
		t.Errorf("%+v", s)
	}
	r.do(map[string]any{"do": "code", "code": "WRONGWRO"})
	if m := r.message("wrong-code"); m.TriesLeft != 4 || m.WaitMS != 1500 {
		t.Errorf("%+v", m)
	}
	r.do(map[string]any{"do": "code", "code": "abcd-efgh"})
	if s := r.phase(engineer.Session); s.Lane != lane {
		t.Errorf("%+v", s)
	}
	if m := r.message("authenticated"); m.Data != nil || m.Session == "" {
		t.Errorf("the page was given the proof, or no session: %+v", m)
	}
	r.say(wire.Message{Type: "ask", ID: "a1", Capability: wire.View})
	r.message("answer")

	data := bytes.Repeat([]byte("instrument"), 20_000)
	sum := sha256.Sum256(data)
	id := "00112233445566778899aabbccddeeff"
	raw, _ := hex.DecodeString(id)
	r.say(wire.Message{Type: "ask-file", ID: id, File: &wire.File{Name: "a.txt", Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}})
	r.message("answer")
	for at := 0; at < len(data); at += wire.MaxChunk {
		part := data[at:min(at+wire.MaxChunk, len(data))]
		kind, payload := wire.FrameChunk, append(bytes.Clone(raw), part...)
		if lane {
			kind, payload = wire.FramePiece, wire.Piece{Transfer: [16]byte(raw), At: int64(at), Data: part}.Append(nil)
		}
		if err := r.page.Message(r.ctx, kind, payload); err != nil {
			t.Fatal(err)
		}
	}
	r.say(wire.Message{Type: "file-end", ID: id})
	m := r.message("file")
	for m.State == "running" { // how much is held so far
		m = r.message("file")
	}
	if m.State != "finished" {
		t.Errorf("%+v", m)
	}
	r.do(map[string]any{"do": "bye"})
	if s := r.phaseEnded(); s.Why != engineer.WhyLeft {
		t.Errorf("%+v", s)
	}
}

func (r *rig) phaseEnded() engineer.State {
	r.t.Helper()
	for {
		f := r.next("the end")
		var s engineer.State
		if f.kind == engineer.FrameLocal && json.Unmarshal(f.payload, &s) == nil && s.Phase == engineer.Ended {
			return s
		}
	}
}

// Scenario 18 and B5: what a lost link needs to come back is the key that the
// code gave, and no code.
func TestALostLinkComesBack(t *testing.T) {
	r := newRig(t)
	pix := make([]byte, 4*100*80)
	r.host.Show(screen.Frame{Pix: pix, Stride: 400, Width: 100, Height: 80})
	r.join()
	r.say(wire.Message{Type: "ask", ID: "a1", Capability: wire.View})
	r.message("screen")
	r.cloud.CutRelay()
	r.phase(engineer.Lost)
	if err := r.page.Message(r.ctx, wire.FrameControl, []byte("{}")); err == nil {
		t.Error("something was sent on a lost link")
	}
	r.phase(engineer.Session)
	if f := r.host.Await(r.ctx, "a resume", func(f engineertest.Facts) bool { return f.Resumed == 1 }); f.Tries != 0 {
		t.Errorf("%d tries of the code", f.Tries)
	}
	for {
		f := r.next("a complete picture")
		if f.kind != wire.FrameScreen {
			continue
		}
		if h, err := screen.ParseHeader(f.payload); err == nil && h.Complete {
			break
		}
	}
}

func TestWhatEndsASession(t *testing.T) {
	tests := []struct {
		name string
		set  func(t *testing.T, r *rig)
		want string
	}{
		{"signed out", func(_ *testing.T, r *rig) { r.cloud.Bearer = "" }, engineer.WhySignedOut},
		{"not trained for the region (P20)", func(_ *testing.T, r *rig) {
			r.cloud.Issue = func(*x509.CertificateRequest, string) (cloudapi.CertificateReply, int) {
				return cloudapi.CertificateReply{}, http.StatusForbidden
			}
		}, engineer.WhyRefused},
		{"the cloud names another device", func(_ *testing.T, r *rig) {
			issue := r.cloud.Issue
			r.cloud.Issue = func(csr *x509.CertificateRequest, request string) (cloudapi.CertificateReply, int) {
				reply, status := issue(csr, request)
				reply.DeviceID = "bc-fedcba9876543210"
				return reply, status
			}
		}, engineer.WhyIdentity},
		{"another device CA at the other end (scenario 29)", func(t *testing.T, r *rig) {
			other := channeltest.New(t, device)
			other.StaffCA = r.kit.StaffCA
			r.cloud.Host = engineertest.NewHost(t, other, "ABCDEFGH")
		}, engineer.WhyIdentity},
		{"the host does not know the staff CA", func(t *testing.T, r *rig) {
			other := channeltest.NewCA(t, "Other Staff CA")
			r.cloud.Issue = func(csr *x509.CertificateRequest, _ string) (cloudapi.CertificateReply, int) {
				cert := other.Sign(t, channeltest.Anna(), csr.PublicKey)
				return cloudapi.CertificateReply{
					Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})), DeviceID: device,
				}, http.StatusOK
			}
		}, engineer.WhyTurnedAway},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			tt.set(t, r)
			r.do(map[string]any{"do": "join", "request": "req-1"})
			if s := r.phaseEnded(); s.Why != tt.want {
				t.Errorf("ended for %q, want %q", s.Why, tt.want)
			}
		})
	}
}

func TestTheHostEndsIt(t *testing.T) {
	r := newRig(t)
	r.join()
	r.host.Say(wire.Message{Type: "end", Why: "kill-key"})
	if s := r.phaseEnded(); s.Why != "kill-key" {
		t.Errorf("%+v", s)
	}
	r.join() // and the page can join again
}
