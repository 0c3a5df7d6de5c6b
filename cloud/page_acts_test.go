package cloud_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/console"
	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/internal/cloudapi"
)

// administration opens the administrators' page in a browser of its own.
func (r *running) administration(t *testing.T, name string) *consoletest.Browser {
	t.Helper()
	b := r.as(t, staffOf(name, cloudapi.RoleAdministrator), "en-US")
	b.Click("#nav-admin")
	b.Wait(`document.querySelector(".admin-page").dataset.state === "shown"`)
	return b
}

func choose(b *consoletest.Browser, selector, value string) {
	b.Eval(`(() => { const s = document.querySelector("` + selector + `"); s.value = "` + value + `"; s.dispatchEvent(new Event("change", {bubbles: true})); })()`)
}

func waits(kind string) string {
	return `document.querySelector('.act[data-kind="` + kind + `"]')`
}

// Four eyes from one browser to another (P16, P18, scenario 45): who proposed
// sees no button to confirm, is refused by the cloud, and what the second person
// confirms counts at once: a removed engineer's socket ends.
func TestFourEyesOnThePage(t *testing.T) {
	if !console.Built() {
		t.Fatal("the page is not built: run go run ./build/console first")
	}
	r := start(t, func(c *cloud.Config) { c.Console = console.Handler(console.Config{}) })
	d := r.register(t)
	l := d.connect(t)
	l.say(d.id, cloudapi.KindRequest, "e", 1, waiting("req-1"))
	anna := r.bearer(t, "anna.weber@vendor.example")
	one, two := r.administration(t, "adam"), r.administration(t, "bea")

	// Proposed from the staff list, with the account filled in.
	one.Click("#adm-people-tab")
	one.Wait(`document.querySelector('.person-row[data-id="anna.weber@vendor.example"]')?.innerText.includes("Anna Weber")`)
	one.Click(`.person-row[data-id="anna.weber@vendor.example"] .remove-person`)
	one.Click("#act-propose") // without a reason
	one.Wait(`document.querySelector("#act-reason").getAttribute("aria-invalid") === "true" && !document.querySelector("#act-error").hidden`)
	one.Fill("#act-reason", "Left the company")
	one.Click("#act-propose")
	one.Wait(waits("staff.remove") + `?.dataset.own === "true" && !` + waits("staff.remove") + `.querySelector(".act-confirm")`)
	one.Wait(`(async () => {
		const [act] = await (await fetch("/api/v1/staff/acts")).json();
		const answer = await fetch("/api/v1/staff/acts/confirm", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({id: act.id, digest: act.digest})});
		return answer.status === 409 && (await answer.json()).code === "own-act";
	})()`)
	if status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathMe, nil, anna...); status != http.StatusOK {
		t.Fatalf("one person alone removed somebody: %d", status)
	}

	// It comes to the second person by itself, in words.
	two.Wait(waits("staff.remove") + ` !== null && !` + waits("staff.remove") + `.dataset.own`)
	text := two.Text(waits("staff.remove") + `.innerText`)
	for _, want := range []string{"Remove somebody from the staff", "anna.weber@vendor.example", "may sign in", "Adam", "Left the company", "Until "} {
		if !strings.Contains(text, want) {
			t.Errorf("the second person does not read %q:\n%s", want, text)
		}
	}
	shoot(t, two, "acts")
	two.Click(`.act[data-kind="staff.remove"] .act-confirm`)
	two.Wait(`document.querySelector("#act-confirm-dialog").open`)
	for _, f := range two.Audit() {
		t.Errorf("confirm: %v", f)
	}
	two.Shot("acts-confirm")
	host, engineer := r.host(t, d, "req-1"), r.engineer(t, "req-1", anna)
	engineer.send([]byte("x"))
	host.receives([]byte("x"))
	two.Click("#act-confirm-dialog-do")
	if code := engineer.closed(); code != cloudapi.CloseEnded {
		t.Errorf("the removed engineer's socket was closed with %d", code)
	}
	if status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathMe, nil, anna...); status != http.StatusUnauthorized {
		t.Errorf("still signed in: %d", status)
	}
	for _, b := range []*consoletest.Browser{one, two} {
		b.Wait(`document.querySelector('.act-row[data-state="done"]')?.innerText.includes("bea@vendor.example") && ` + waits("staff.remove") + ` === null`)
	}
	two.Click("#adm-people-tab")
	two.Wait(`document.querySelector('.person-row[data-id="anna.weber@vendor.example"]')?.innerText.includes("Removed")`)
	shoot(t, two, "people")

	// An act that would do something else by now is not carried out; the page
	// says what to do.
	site, err := r.DB().AddSite(t.Context(), cloudapi.Site{Region: "eu", Name: "North wing"})
	if err != nil {
		t.Fatal(err)
	}
	two.Click("#adm-acts-tab")
	choose(two, "#act-kind", "device.retire")
	two.Fill("#act-find", d.id)
	two.Wait(`document.querySelector("#act-device").value === "` + d.id + `"`)
	two.Fill("#act-reason", "Sold")
	two.Click("#act-propose")
	one.Wait(waits("device.retire") + ` !== null`)
	if err := r.DB().Move(t.Context(), []string{d.id}, site.ID, "somebody", ""); err != nil {
		t.Fatal(err)
	}
	one.Click(`.act[data-kind="device.retire"] .act-confirm`)
	one.Click("#act-confirm-dialog-do")
	one.Wait(`document.querySelector("#act-confirm-dialog .error[role='alert']").innerText.startsWith("What this act would do has changed")`)
	one.Click("#act-confirm-dialog-no")
	if got, err := r.DB().Device(t.Context(), d.id); err != nil || got.RetiredMS != 0 {
		t.Errorf("what nobody read was carried out: %+v %v", got, err)
	}
	one.Click(`.act[data-kind="device.retire"] .act-refuse`)
	one.Click("#act-refuse-dialog-do") // without a reason
	one.Wait(`document.querySelector("#act-refuse-reason").getAttribute("aria-invalid") === "true"`)
	one.Fill("#act-refuse-reason", "It was moved meanwhile")
	one.Click("#act-refuse-dialog-do")
	two.Wait(`document.querySelector('.act-row[data-state="rejected"]') !== null && ` + waits("device.retire") + ` === null`)

	// Withdrawn by who proposed it.
	choose(one, "#act-kind", "staff.restore")
	one.Fill("#act-account", "anna.weber@vendor.example")
	one.Fill("#act-reason", "Came back")
	one.Click("#act-propose")
	one.Click(`.act[data-kind="staff.restore"] .act-withdraw`)
	one.Fill("#act-refuse-reason", "She did not")
	one.Click("#act-refuse-dialog-do")
	one.Wait(`document.querySelectorAll('.act-row[data-state="rejected"]').length === 2`)

	// Training for a region, until a day, at a site.
	choose(one, "#act-kind", "staff.training")
	one.Fill("#act-account", "bob.stone@vendor.example")
	one.Click("#act-region-eu")
	one.Eval(`(() => { const f = document.querySelector("#act-until-eu"); f.value = "2027-06-30"; f.dispatchEvent(new Event("change")); })()`)
	one.Click(`.act-sites input[value="` + site.ID + `"]`)
	one.Fill("#act-reason", "Course of June")
	one.Click("#act-propose")
	two.Wait(waits("staff.training") + `?.innerText.includes("EU until Jun 30, 2027") && ` + waits("staff.training") + `.innerText.includes("North wing")`)
	two.Click(`.act[data-kind="staff.training"] .act-confirm`)
	two.Click("#act-confirm-dialog-do")
	two.Wait(`document.querySelectorAll('.act-row[data-state="done"]').length === 2`)
	if p, err := r.DB().StaffPerson(t.Context(), "bob.stone@vendor.example"); err != nil || len(p.Training) != 1 || p.Training[0].UntilMS == 0 || len(p.Sites) != 1 {
		t.Errorf("%+v %v", p, err)
	}
	for _, b := range []*consoletest.Browser{one, two} {
		b.Clean()
	}
}

// What one administrator does alone: sites and groups, moves, signing somebody
// out, and a person's data to hand out. What the cloud refuses is said in words
// that help (P13, P14, P20).
func TestRegistryOnThePage(t *testing.T) {
	r := start(t, func(c *cloud.Config) { c.Console = console.Handler(console.Config{}) })
	d := r.register(t, func(q *cloudapi.RegisterRequest) { q.Email = "maria@hospital.example" })
	bob := r.bearer(t, "bob.stone@vendor.example")
	b := r.administration(t, "adam")
	b.Click("#adm-places-tab")
	made := func(what, name string) {
		t.Helper()
		b.Click("#" + what + "-new-eu")
		b.Fill("#"+what+"-name", name)
		b.Click("#" + what + "-dialog-do")
	}
	const names = `[...document.querySelectorAll(".place-row strong")].map(e => e.textContent).join()`
	made("site", "Central Lab")
	b.Wait(names + ` === "Central Lab"`)
	made("site", "Central Lab")
	b.Wait(`document.querySelector("#site-dialog .error[role='alert']").innerText === "There is one of that name in this region. Choose another name."`)
	b.Fill("#site-name", " West")
	b.Click("#site-dialog-do")
	b.Wait(names + ` === "Central Lab,Central Lab West"`)
	made("group", "Pilot")
	b.Wait(names + ` === "Central Lab,Central Lab West,Pilot"`)

	// Moved, and the site cannot be closed while it stands there.
	b.Fill("#move-find", d.id)
	b.Wait(`document.querySelector("#move-device").value === "` + d.id + `"`)
	move := func(text string) {
		t.Helper()
		b.Eval(`(() => { const s = document.querySelector("#move-to"); s.value = [...s.options].find(o => o.textContent.startsWith("` + text + `")).value; })()`)
		b.Click("#move-do")
		b.Wait(`document.querySelector("#move-said").textContent === "Saved."`)
	}
	move("Site Central Lab (")
	move("Into the group Pilot")
	b.Wait(`[...document.querySelectorAll(".place-row")].filter(r => r.innerText.includes("Instruments: 1")).length === 2`) // the page has drawn both
	got, err := r.DB().Device(t.Context(), d.id)
	if groups, more := r.DB().GroupsOf(t.Context(), d.id); err != nil || more != nil || got.SiteName != "Central Lab" || len(groups) != 1 {
		t.Errorf("%+v %v %v %v", got, groups, err, more)
	}
	b.Click(`.place-row [id^="close-site"]`)
	b.Click("#site-close-dialog-do")
	b.Wait(`document.querySelector("#site-close-dialog .error[role='alert']").innerText.startsWith("Instruments are still there.")`)
	b.Click("#site-close-dialog-no")
	b.Click(`.place-row [id^="edit-group"]`)
	b.Fill("#group-name", " 2")
	b.Click("#group-dialog-do")
	b.Wait(names + ` === "Central Lab,Central Lab West,Pilot 2"`)
	b.Click(`.place-row:nth-child(2) [id^="close-site"]`)
	b.Click("#site-close-dialog-do")
	b.Wait(`document.querySelectorAll(".place-row .chip").length === 1`)
	shoot(t, b, "places")

	// Signed out everywhere.
	b.Click("#adm-people-tab")
	b.Click(`.person-row[data-id="bob.stone@vendor.example"] .sign-out-all`)
	b.Fill("#sign-out-reason", "Lost laptop")
	b.Click("#sign-out-dialog-do")
	b.Wait(`!document.querySelector('.person-row[data-id="bob.stone@vendor.example"]')`)
	if status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathMe, nil, bob...); status != http.StatusUnauthorized {
		t.Errorf("still signed in: %d", status)
	}
	page, _ := r.found(t, r.session(t, auditor), "kind=signin.out")
	if len(page.Rows) != 1 || page.Rows[0].Actor != "adam@vendor.example" || page.Rows[0].Fields["account"] != "bob.stone@vendor.example" || page.Rows[0].Fields["reason"] != "Lost laptop" {
		t.Errorf("on record: %+v", page.Rows)
	}

	// A person's data, as a file of either kind; then an erasure is proposed.
	dir := b.Keep()
	b.Click("#adm-person-tab")
	b.Fill("#person-subject", "no address")
	b.Fill("#person-reason", "her letter")
	b.Click("#person-look")
	b.Wait(`document.querySelector("#person-error").innerText.startsWith("Something is too long")`)
	b.Eval(`document.querySelector("#person-subject").value = ""`)
	b.Fill("#person-subject", "maria@hospital.example")
	b.Click("#person-look")
	b.Wait(`document.querySelector('.person-part[data-part="devices"]')?.innerText.includes("Records: 1")`)
	shoot(t, b, "person")
	b.Click("#person-json")
	b.Click("#person-page")
	for name, want := range map[string]string{"person-maria@hospital.example.json": `"subject": "maria@hospital.example"`, "person-maria@hospital.example.html": "<h1>Data kept about maria@hospital.example</h1>"} {
		until(t, name+" is kept", func() bool {
			text, err := os.ReadFile(filepath.Join(dir, name))
			return err == nil && strings.Contains(string(text), want)
		})
	}
	b.Click("#person-erase")
	b.Wait(`document.querySelector("#act-kind").value === "person.erase" && document.querySelector("#act-subject").value === "maria@hospital.example"`)
	b.Fill("#act-reason", "her letter")
	b.Click("#act-propose")
	b.Wait(waits("person.erase") + `?.innerText.includes("registration of instruments") === false && ` + waits("person.erase") + `.innerText.includes("log of support sessions")`)
	b.Clean()
}

// Only administrators sign others out, with a reason that is one line.
func TestSignOutOfOthers(t *testing.T) {
	r := start(t)
	bob := r.bearer(t, "bob.stone@vendor.example")
	ask := func(who cloudapi.Staff, q cloudapi.SignOutRequest) (int, cloudapi.SignedOut) {
		t.Helper()
		var said cloudapi.SignedOut
		status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathSignOutAll, q, &said, r.session(t, who)...)
		return status, said
	}
	good := cloudapi.SignOutRequest{Account: "Bob.Stone@vendor.example", Reason: "lost laptop"}
	admin := staffOf("adam", cloudapi.RoleAdministrator)
	for name, c := range map[string]struct {
		who  cloudapi.Staff
		q    cloudapi.SignOutRequest
		want int
	}{
		"an engineer": {staffOf("erik"), good, http.StatusForbidden}, "a lead": {lead, good, http.StatusForbidden}, "an auditor": {auditor, good, http.StatusForbidden},
		"no reason":  {admin, cloudapi.SignOutRequest{Account: good.Account}, http.StatusBadRequest},
		"two lines":  {admin, cloudapi.SignOutRequest{Account: good.Account, Reason: "a\nb"}, http.StatusBadRequest},
		"no account": {admin, cloudapi.SignOutRequest{Account: "everybody", Reason: "x"}, http.StatusBadRequest},
		"nobody's":   {admin, cloudapi.SignOutRequest{Account: "nobody@vendor.example", Reason: "x"}, http.StatusOK},
	} {
		if status, said := ask(c.who, c.q); status != c.want || said.Sessions != 0 {
			t.Errorf("%s: %d %+v", name, status, said)
		}
	}
	if status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathMe, nil, bob...); status != http.StatusOK {
		t.Fatalf("signed out by who may not: %d", status)
	}
	if status, said := ask(admin, good); status != http.StatusOK || said.Sessions != 1 {
		t.Errorf("%d %+v", status, said)
	}
	if status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathMe, nil, bob...); status != http.StatusUnauthorized {
		t.Errorf("still signed in: %d", status)
	}
}
