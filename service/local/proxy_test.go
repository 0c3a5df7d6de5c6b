package local

import (
	"fmt"
	"testing"

	"beckmanconnect/internal/netdial"
	"beckmanconnect/ipc/hostpb"
)

// P11: the desktop's proxy is checked, on record with who said so, and only then
// in use; the same again is no entry, and nobody fills the log with it.
func TestOfferProxy(t *testing.T) {
	l := newLab(t)
	if _, err := l.OfferProxy(anna, &hostpb.OfferProxyRequest{Proxy: "127.0.0.1:3128"}); err == nil {
		t.Error("a proxy on this PC was taken")
	}
	if kinds, _ := l.entries(); len(kinds) != 0 {
		t.Errorf("%v", kinds)
	}
	offer := &hostpb.OfferProxyRequest{Proxy: "http=a:1;https=proxy.hospital.example:8080", Bypass: "*.lab.example"}
	for range 3 {
		if _, err := l.OfferProxy(anna, offer); err != nil {
			t.Fatal(err)
		}
	}
	kinds, newest := l.entries()
	if len(kinds) != 1 || newest.Kind != "network.proxy-offered" || newest.Subject != "proxy" || newest.Fields["proxy"] != "proxy.hospital.example:8080" || newest.Personal["technician"] != "anna" {
		t.Errorf("%v %+v", kinds, newest)
	}
	if got, want := l.config.UserProxies.Current(), (netdial.UserProxy{Proxy: "proxy.hospital.example:8080", Bypass: "*.lab.example"}); got != want {
		t.Errorf("%+v", got)
	}
	if l.helped != 1 {
		t.Errorf("the link was told %d times", l.helped)
	}
	if _, err := l.OfferProxy(bert, &hostpb.OfferProxyRequest{}); err != nil || l.config.UserProxies.Current() != (netdial.UserProxy{}) {
		t.Errorf("nothing any more: %v", err)
	}
	refused := 0
	for i := range 50 {
		if _, err := l.OfferProxy(bert, &hostpb.OfferProxyRequest{Proxy: fmt.Sprintf("p%d.example:80", i)}); err != nil {
			refused++
			l.code("too often", err, codeProxyOften)
		}
	}
	if kinds, _ := l.entries(); len(kinds) > 10 || refused < 40 {
		t.Errorf("%d entries, %d refused", len(kinds), refused)
	}
}
