package start_test

import (
	"bytes"
	"testing"

	"beckmanconnect/app/desktop/start"
	"beckmanconnect/ipc/hostpb"

	"google.golang.org/protobuf/proto"
)

func TestRoundTrip(t *testing.T) {
	want := &hostpb.DesktopWanted{SessionId: "s1", Generation: 7, Token: []byte("secret")}
	var b bytes.Buffer
	if err := start.Write(&b, want); err != nil {
		t.Fatal(err)
	}
	b.WriteString("what follows stays unread")
	got, err := start.Read(&b)
	if err != nil || !proto.Equal(got, want) {
		t.Errorf("%v %v", got, err)
	}
	if b.String() != "what follows stays unread" {
		t.Errorf("read too far: %q is left", b.String())
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0, 0, 1, 0})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	var b bytes.Buffer
	if err := start.Write(&b, &hostpb.DesktopWanted{SessionId: "s", Token: []byte{1}}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, in []byte) {
		wanted, err := start.Read(bytes.NewReader(in))
		if err == nil && (len(wanted.GetToken()) == 0 || wanted.GetSessionId() == "") {
			t.Errorf("accepted %v", wanted)
		}
	})
}
