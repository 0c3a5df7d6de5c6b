package cloud_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/console"
	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/internal/cloudapi"
)

// become opens the page anew as somebody else, in the same browser.
func (r *running) become(t *testing.T, b *consoletest.Browser, who cloudapi.Staff, phase string) {
	t.Helper()
	token := strings.TrimPrefix(r.session(t, who)[1], "Bearer ")
	b.Do("sign in", network.ClearBrowserCookies(), network.SetCookie("__Host-staff", token).WithURL(r.BaseURL()).WithPath("/").WithSecure(true).WithHTTPOnly(true).WithSameSite(network.CookieSameSiteStrict))
	b.Go(r.BaseURL())
	b.Wait(`document.body.dataset.phase === "` + phase + `"`)
}

// fetched gives status and code of each "METHOD path", asked by the page itself
// as its own script would. What is posted is an empty object: who may do it is
// told that something is missing, who may not is told that.
func fetched(t *testing.T, b *consoletest.Browser, asks []string) map[string]string {
	t.Helper()
	list, err := json.Marshal(asks)
	if err != nil {
		t.Fatal(err)
	}
	b.Wait(`(async () => {
		window.answers = {};
		for (const ask of ` + string(list) + `) {
			const [method, path] = ask.split(" ");
			const post = {method, headers: {"Content-Type": "application/json"}, body: "{}"};
			const answer = await fetch(path, method === "POST" ? post : {method});
			window.answers[ask] = answer.status + " " + (answer.ok ? "" : (await answer.json()).code);
		}
		return true;
	})()`)
	got := map[string]string{}
	if err := json.Unmarshal([]byte(b.Text(`JSON.stringify(window.answers)`)), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

const visibleNav = `[...document.querySelectorAll("#nav button")].filter(e => e.checkVisibility()).map(e => e.id).join(" ")`

func staffOf(name string, roles ...cloudapi.Role) cloudapi.Staff {
	return cloudapi.Staff{Account: name + "@vendor.example", Name: strings.ToUpper(name[:1]) + name[1:], Organisation: "Vendor EU", Regions: []string{"eu"}, Roles: roles}
}

// What each role sees, does and is refused: on the page, and by the cloud when
// the same is asked past the page (P16, P20).
func TestRolesOnThePage(t *testing.T) {
	if !console.Built() {
		t.Fatal("the page is not built: run go run ./build/console first")
	}
	r := start(t, func(c *cloud.Config) { c.Console = console.Handler(console.Config{}) })
	d := r.register(t, func(q *cloudapi.RegisterRequest) { q.Email = "maria@hospital.example" })
	d.teller(t).request("req-1", "waiting")
	until(t, "the request is a case", func() bool { _, err := r.DB().CaseOfRequest(t.Context(), "req-1"); return err == nil })
	number := r.caseOf(t, "req-1").Number

	all := []string{"nav-help", "nav-feed", "nav-messages", "my-sessions", "nav-events", "nav-instruments", "nav-admin"}
	phases := map[string]string{"nav-help": "home", "nav-feed": "feed", "nav-messages": "messages", "my-sessions": "record", "nav-events": "events", "nav-instruments": "instruments", "nav-admin": "admin"}
	const (
		seeQueue, seeDevices = "GET " + cloudapi.PathRequests, "GET " + cloudapi.PathFleet
		readRecord, message  = "GET " + cloudapi.PathEvents, "POST " + cloudapi.PathMessage
		help, acts, propose  = "POST " + cloudapi.PathCert, "GET " + cloudapi.PathActs, "POST " + cloudapi.PathActs
		confirm, reject      = "POST " + cloudapi.PathActConfirm, "POST " + cloudapi.PathActReject
		people, signOut      = "GET " + cloudapi.PathPeople, "POST " + cloudapi.PathSignOutAll
		sites, groups, move  = "POST " + cloudapi.PathSites, "POST " + cloudapi.PathGroups, "POST " + cloudapi.PathMove
		person               = "POST " + cloudapi.PathPerson
	)
	asks := []string{seeQueue, seeDevices, readRecord, message, help, acts, propose, confirm, reject, people, signOut, sites, groups, move, person}
	engineer, administrator := staffOf("erik"), staffOf("adam", cloudapi.RoleAdministrator)
	elsewhere := staffOf("ulla", cloudapi.RoleAdministrator)
	elsewhere.Regions = []string{"us"}
	untrained := staffOf("uwe")
	untrained.Regions = nil
	card := fmt.Sprintf(`.request[data-case=%q]`, number)

	b := r.as(t, engineer, "en-US")
	for _, c := range []struct {
		name  string
		who   cloudapi.Staff
		phase string
		nav   string   // what is offered
		may   []string // what the cloud does not refuse by role
		act   func()   // the main thing this role does, by clicks
	}{
		{"an engineer", engineer, "home", "nav-help nav-feed nav-messages my-sessions nav-instruments", []string{seeQueue, seeDevices, message, help}, func() {
			b.Click(card + ` .take`)
			b.Wait(`document.querySelector('` + card + `').dataset.taken === "mine"`)
		}},
		{"a lead", staffOf("lena", cloudapi.RoleLead), "home", "nav-help nav-feed nav-messages my-sessions nav-events nav-instruments", []string{seeQueue, seeDevices, message, help, readRecord}, func() {
			b.Wait(`document.querySelector('` + card + `')?.dataset.taken === "other"`)
			b.Click(card + ` .open-case`)
			b.Click("#case-give-back") // an engineer's case, which only a lead may
			b.Wait(`!!document.querySelector("#case-take") && !document.querySelector("#case-give-back")`)
			if c := r.caseOf(t, "req-1"); c.Holder != nil {
				t.Errorf("it is %s's still", c.Holder.Account)
			}
		}},
		{"an auditor", staffOf("otto", cloudapi.RoleAuditor), "home", "nav-help nav-feed my-sessions nav-events nav-instruments nav-admin", []string{seeQueue, seeDevices, readRecord, person}, func() {
			b.Wait(`document.querySelector('` + card + `') !== null`)
			if n := b.Text(`document.querySelectorAll(".take, .join").length`); n != "0" {
				t.Error("an auditor is offered a case")
			}
			b.Click("#nav-admin")
			if tabs := b.Text(`[...document.querySelectorAll("[role='tab']")].map(e => e.id).join(" ")`); tabs != "adm-person-tab" {
				t.Errorf("an auditor is offered %q", tabs)
			}
			b.Fill("#person-subject", "maria@hospital.example")
			b.Fill("#person-reason", "request of 2026-11-26")
			b.Click("#person-look")
			b.Wait(`document.querySelector('.person-part[data-part="devices"]') !== null && !document.querySelector("#person-erase")`)
		}},
		{"an administrator", administrator, "home", "nav-help nav-feed my-sessions nav-instruments nav-admin",
			[]string{seeDevices, acts, propose, confirm, reject, people, signOut, sites, groups, move, person}, func() {
				if b.Text(`document.querySelector("#waiting") === null && document.querySelector("#nav-help").textContent`) != "Overview" {
					t.Error("an administrator is told about a queue they may not see")
				}
				b.Click("#nav-admin")
				b.Wait(`document.querySelector(".admin-page").dataset.state === "shown"`)
				b.Click("#adm-places-tab")
				b.Click("#site-new-eu")
				b.Fill("#site-name", "Central Lab")
				b.Click("#site-dialog-do")
				b.Wait(`document.querySelector(".place-row strong")?.textContent === "Central Lab"`)
			}},
		{"an administrator of another region", elsewhere, "home", "nav-help nav-feed my-sessions nav-instruments nav-admin",
			[]string{seeDevices, acts, propose, confirm, reject, people, signOut, sites, groups, move, person}, func() {
				b.Click("#nav-admin")
				b.Wait(`document.querySelector(".admin-page").dataset.state === "shown"`)
				b.Click("#adm-people-tab")
				b.Wait(`document.querySelector(".person-row") !== null`)
				if rows := b.Text(`[...document.querySelectorAll(".person-row")].map(e => e.dataset.id).join(" ")`); rows != elsewhere.Account {
					t.Errorf("people of another region are shown: %q", rows)
				}
			}},
		{"somebody without training", untrained, "home", "nav-help nav-feed nav-messages my-sessions nav-instruments", []string{seeQueue, seeDevices, message, help}, func() {
			b.Wait(`document.querySelectorAll("#fleet .empty").length === 1 && document.querySelector("#untrained").checkVisibility()`)
			if n := b.Text(`document.querySelectorAll(".request, .device").length`); n != "0" {
				t.Errorf("%s things of a region without training are shown", n)
			}
			for ask, got := range fetched(t, b, []string{"GET " + cloudapi.PathCase + "?case=" + number, "GET " + cloudapi.PathInstrument + "?device=" + d.id, "GET " + cloudapi.PathPresence + "?device=" + d.id}) {
				if !strings.HasPrefix(got, "404 ") {
					t.Errorf("%s: %s", ask, got)
				}
			}
		}},
		{"a role that nobody knows", staffOf("root", "root"), "error", "", nil, func() {
			b.Wait(`document.querySelector("#content").innerText.includes("no role here")`)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.become(t, b, c.who, c.phase)
			if nav := b.Text(visibleNav); nav != c.nav {
				t.Errorf("offered: %q, want %q", nav, c.nav)
			}
			for i, id := range all {
				if slices.Contains(strings.Fields(c.nav), id) {
					b.Click("#" + id)
					b.Wait(`document.body.dataset.phase === "` + phases[id] + `" && !document.querySelector(".skeleton")`)
					if fault := b.Text(`[...document.querySelectorAll("[data-failed='true'], [data-state='failed'], .error")].filter(e => e.checkVisibility()).map(e => e.textContent).join()`); fault != "" {
						t.Errorf("%s: %q", id, fault)
					}
					continue
				}
				b.Do("a key", chromedp.KeyEvent(fmt.Sprint(i+1)))
				if phase := b.Text(`document.body.dataset.phase`); phase == phases[id] {
					t.Errorf("a key leads to %s", phase)
				}
			}
			if c.phase == "home" {
				b.Click("#nav-help")
			}
			for ask, got := range fetched(t, b, asks) {
				if refused := got == "403 role" || got == "403 not-your-role"; refused == slices.Contains(c.may, ask) || strings.HasPrefix(got, "5") || strings.HasPrefix(got, "429") {
					t.Errorf("%s: %s", ask, got)
				}
			}
			c.act()
		})
	}
	b.Clean()
}

// Who is not signed in gets the sign-in, and nothing of the page's data.
func TestSignedOutPage(t *testing.T) {
	r := start(t, func(c *cloud.Config) { c.Console = console.Handler(console.Config{}) })
	b := consoletest.Open(t, r.roots.CloudCAPEM, "en-US")
	b.Look(1440, 900, 1, true)
	b.Go(r.BaseURL())
	b.Wait(`document.body.dataset.phase === "sign-in"`)
	if nav := b.Text(visibleNav); nav != "" {
		t.Errorf("offered: %q", nav)
	}
	for ask, status := range fetched(t, b, []string{"GET " + cloudapi.PathFleet, "GET " + cloudapi.PathActs, "POST " + cloudapi.PathActs, "GET " + cloudapi.PathPeople, "POST " + cloudapi.PathSignOutAll, "POST " + cloudapi.PathPerson}) {
		if !strings.HasPrefix(status, "401 ") {
			t.Errorf("%s: %s", ask, status)
		}
	}
	b.Clean()
}
