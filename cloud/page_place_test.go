package cloud_test

import (
	"net"
	"strings"
	"testing"

	"beckmanconnect/build/mailbox/box"
	"beckmanconnect/cloud"
	"beckmanconnect/cloud/console"
	"beckmanconnect/cloud/console/consoletest"
)

// The page of a sign-in from a new place looks as the console does, says what to
// do, and leads on by the link in the mail; a link that is over is a page, too
// (P18, B12).
func TestNewPlaceOnThePage(t *testing.T) {
	if !console.Built() {
		t.Fatal("the page is not built: run go run ./build/console first")
	}
	mails := box.New()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	smtp := mails.Server(nil, "", "")
	done := make(chan error, 1)
	go func() { done <- smtp.Serve(listener) }()
	t.Cleanup(func() { _ = smtp.Close(); <-done })
	r := start(t, func(c *cloud.Config) {
		c.Console = console.Handler(console.Config{})
		c.Staff.NewPlaces = "mail"
		c.Mail = cloud.Mail{Server: listener.Addr().String(), TLS: "none", From: "no-reply@vendor.example"}
	})
	for n, lang := range []string{"en-US", "de-DE"} {
		account := users[n].Account
		b := consoletest.Open(t, r.roots.CloudCAPEM, lang)
		b.Look(1366, 768, 1, true)
		b.Go(r.BaseURL())
		b.Wait(`document.body.dataset.phase === "sign-in"`)
		b.Click("#sign-in")
		b.Fill("#username", account)
		b.Fill("#password", password)
		b.Click("#submit")
		b.Wait(`document.querySelector("#card")?.dataset.state === "waiting"`)
		want := map[string]string{"en-US": "Confirm your sign-in", "de-DE": "Anmeldung bestätigen"}[lang]
		look := func(name string) {
			t.Helper()
			for _, size := range [][2]int64{{1366, 768}, {320, 640}} {
				b.Size(size[0], size[1], 1)
				if wide := b.Text(`document.documentElement.scrollWidth > innerWidth`); wide == "true" {
					t.Errorf("%s, %s: wider than the window at %d", lang, name, size[0])
				}
				b.Shot("place-" + lang[:2] + "-" + name + "-" + map[int64]string{1366: "1366", 320: "320"}[size[0]])
			}
			b.Size(1366, 768, 1)
			for _, f := range b.Audit() {
				t.Errorf("%s, %s: %v", lang, name, f)
			}
		}
		if title := b.Text(`document.querySelector("h1").textContent`); title != want {
			t.Errorf("%s: %q", lang, title)
		}
		// The console's own style, and its card: a page without it has neither.
		if card := b.Text(`getComputedStyle(document.querySelector(".sign-in-card")).borderRadius + " " + getComputedStyle(document.querySelector("#view")).overflow`); card != "12px auto" {
			t.Errorf("%s: the page looks otherwise: %s", lang, card)
		}
		look("waiting")
		mail, ok := mails.Wait(t.Context().Done(), account, 1)
		if !ok {
			t.Fatal("no mail")
		}
		link := mailLink.FindString(mail.Text)
		b.Go(link + "x") // cut off or changed on its way
		b.Wait(`document.querySelector("#card")?.dataset.state === "place"`)
		look("over")
		b.Go(link)
		b.Wait(`document.body.dataset.phase === "home"`)
		if text := b.Text(`document.querySelector("#who").textContent`); !strings.Contains(text, users[n].Name) {
			t.Errorf("signed in as %q", text)
		}
		b.Clean()
	}
}
