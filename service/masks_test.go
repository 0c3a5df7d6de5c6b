package service

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/profile"
)

// B6: what the profile masks is what the helper hears; without a profile that
// can be read that is all of every screen.
func TestMasksComeFromTheProfile(t *testing.T) {
	for _, all := range [][]*hostpb.Mask{masksOf(nil, true), masksOf(&profile.Profile{}, false)} {
		if len(all) != 1 || all[0].GetX() > -1<<15 || all[0].GetY() > -1<<15 || all[0].GetWidth() < 1<<16 || all[0].GetHeight() < 1<<16 || all[0].GetId() == "" {
			t.Errorf("without a profile: %v", all)
		}
	}
	if none := masksOf(&profile.Profile{}, true); len(none) != 0 {
		t.Errorf("a profile without masks: %v", none)
	}
	p := &profile.Profile{Masks: []profile.Mask{
		{ID: "a", Title: "t", Class: "c", Process: "p"}, {ID: "b", X: -3, Y: 4, Width: 5, Height: 6},
	}}
	want := []*hostpb.Mask{{Id: "a", Title: "t", Class: "c", Process: "p"}, {Id: "b", X: -3, Y: 4, Width: 5, Height: 6}}
	for i, got := range masksOf(p, true) {
		if !proto.Equal(got, want[i]) {
			t.Errorf("%v, want %v", got, want[i])
		}
	}
}
