package service

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/assets/profiles"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/notify"
)

// B6: what the profile masks is what the helper hears; without a profile that
// can be read that is all of every screen.
func TestMasksComeFromTheProfile(t *testing.T) {
	all := (&house{}).masks()
	if len(all) != 1 || all[0].GetX() > -1<<15 || all[0].GetY() > -1<<15 || all[0].GetWidth() < 1<<16 || all[0].GetHeight() < 1<<16 || all[0].GetId() == "" {
		t.Errorf("without a profile: %v", all)
	}
	if none := (&house{profile: &notify.Profile{}}).masks(); len(none) != 0 {
		t.Errorf("a profile without masks: %v", none)
	}
	h := &house{profile: &notify.Profile{Masks: []notify.Mask{
		{ID: "a", Title: "t", Class: "c", Process: "p"}, {ID: "b", X: -3, Y: 4, Width: 5, Height: 6},
	}}}
	want := []*hostpb.Mask{{Id: "a", Title: "t", Class: "c", Process: "p"}, {Id: "b", X: -3, Y: 4, Width: 5, Height: 6}}
	for i, got := range h.masks() {
		if !proto.Equal(got, want[i]) {
			t.Errorf("%v, want %v", got, want[i])
		}
	}
	// The profiles of this version are readable, each of them.
	for _, name := range profiles.Names() {
		text, err := profiles.Read(name)
		if err == nil {
			_, err = notify.ParseProfile(text)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
