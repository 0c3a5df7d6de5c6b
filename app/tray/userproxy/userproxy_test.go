package userproxy

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/hostpb"
)

// What nobody can have set is not told; the rest is told as it stands.
func TestRequest(t *testing.T) {
	got := request("a:1;https=b:2", "<local>", "http://wpad.example/", true)
	want := &hostpb.OfferProxyRequest{Proxy: "a:1;https=b:2", Bypass: "<local>", PacUrl: "http://wpad.example/", Detect: true}
	if !proto.Equal(got, want) {
		t.Errorf("%v", got)
	}
	endless := strings.Repeat("x", 5000)
	for _, r := range []*hostpb.OfferProxyRequest{request(endless, "", "", false), request("a:1", endless, "", false), request("", "", endless, false)} {
		if proto.Size(r) != 0 {
			t.Errorf("%d bytes are told", proto.Size(r))
		}
	}
}
