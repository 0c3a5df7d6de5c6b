package staff

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
)

// Whatever a device writes: nobody reads an event that names somebody else,
// by itself or by its session, and nothing that names the reader is left out.
func TestOwnPartIsOnesOwn(t *testing.T) {
	people := []string{"", "anna@v.example", "bob@v.example"}
	rapid.Check(t, func(t *rapid.T) {
		log := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) data.LoggedEvent {
			return data.LoggedEvent{SessionEvent: cloudapi.SessionEvent{
				Kind:     rapid.SampledFrom([]string{"code-issued", "wrong-code", "authenticated", "asked", "ended"}).Draw(t, "kind"),
				Session:  rapid.SampledFrom([]string{"", "s1", "s2"}).Draw(t, "session"),
				Engineer: rapid.SampledFrom(people).Draw(t, "engineer"),
			}}
		}), 0, 12).Draw(t, "log")
		alone := rapid.Bool().Draw(t, "alone")
		own := ownPart("anna@v.example", alone, log)
		for _, e := range own {
			if e.Engineer == "bob@v.example" {
				t.Fatalf("anna reads bob's %+v", e)
			}
			if e.Engineer == "" && e.Session != "" {
				first := slices.IndexFunc(log, func(o data.LoggedEvent) bool { return o.Session == e.Session && o.Engineer != "" })
				if first >= 0 && log[first].Engineer == "bob@v.example" {
					t.Fatalf("anna reads %+v of bob's session", e)
				}
			}
			if e.Engineer == "" && !alone && e.Session == "" && e.Kind != "code-issued" && e.Kind != "ended" {
				t.Fatalf("anna reads %+v, which may be bob's", e)
			}
		}
		named := func(list []data.LoggedEvent) (n int) {
			for _, e := range list {
				if e.Engineer == "anna@v.example" {
					n++
				}
			}
			return n
		}
		if named(own) != named(log) {
			t.Fatalf("%d of anna's %d events", named(own), named(log))
		}
	})
}

func TestEndedBy(t *testing.T) {
	for _, tt := range []struct{ said, why, want string }{
		{"", "technician", "technician"}, {"", "kill-key", "technician"}, {"", "network-unplugged", "technician"}, {"", "engineer", "engineer"},
		{"", "locked", "service"}, {"", "not-allowed", "service"}, {"", "", "service"},
		{"service", "technician", "service"}, {"<b>", "engineer", "engineer"},
	} {
		if got := endedBy(tt.said, tt.why); got != tt.want {
			t.Errorf("%q, %q: %q, want %q", tt.said, tt.why, got, tt.want)
		}
	}
}
