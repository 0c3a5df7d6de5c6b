package console_test

import (
	"net/http"
	"strings"
	"testing"

	"beckmanconnect/cloud/console"
	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/internal/cloudapi"
)

// pages is a page that nobody has signed in to, of a cloud with a fleet.
func pages(t *testing.T, lang string) (b *consoletest.Browser, other *consoletest.Other, url string) {
	t.Helper()
	needPage(t)
	other = consoletest.NewOther(t)
	other.SetSessions(consoletest.Sessions())
	server, ca := consoletest.Serve(t, other.Handler(console.Handler(console.Config{})))
	return consoletest.Open(t, ca, lang), other, server.URL
}

const (
	list     = `document.querySelectorAll(".device").length > 0`
	joinable = `!!document.querySelector('.request[data-id="req-1"] .join')`
)

// walk brings the page into each of its states but those of a session: signed
// out, full, empty, being read, without the cloud, with 1,000 instruments, with
// texts that are far too long.
func walk(b *consoletest.Browser, other *consoletest.Other, url string, at func(state string)) {
	fleet := consoletest.Fleet(40)
	live := cloudapi.Live{Requests: requests(), Devices: consoletest.Devices(30)}
	live.Devices[0].ID, live.Devices[0].Copied = consoletest.DeviceID, true
	live.Devices[1].LogTrouble = "forked"
	other.SetAnswers(fleet)
	other.Cloud.SetLive(live)
	b.Go(url)
	b.Wait(`document.body.dataset.phase === "sign-in"`)
	at("sign-in")
	b.Click("#sign-in")
	b.Wait(joinable)
	b.Eval(`document.querySelector('.device[data-id="` + consoletest.DeviceID + `"]').open = true`)
	b.Wait(`document.querySelectorAll(".alarm").length === 3`)
	at("home")
	b.Eval(`document.activeElement.blur()`)
	b.Do("ask for help", press("?", "Slash", 0)...)
	b.Wait(`document.querySelector("#help-page").open`)
	at("keys")
	b.Do("close it", press("Escape", "Escape", 0)...)
	b.Wait(`!document.querySelector("#help-page").open`)
	b.Click(`.request[data-id="req-1"] .join`)
	b.Click("#join-confirm") // without a reason
	b.Wait(`document.querySelector("#reason").getAttribute("aria-invalid") !== null`)
	at("join")
	b.Fill("#reason", "Pump pressure alarm")
	b.Click("#join-confirm")
	b.Wait(`document.querySelector("#words").textContent.split(" ").length === 3 && !document.querySelector(".words[data-empty]")`)
	b.Fill("#code", "aaaa-bbbb")
	b.Click("#join-confirm")
	b.Wait(`!document.querySelector("#code-error").hidden`)
	at("wrong-code")
	b.Click("#join-back")
	b.Click(`.request[data-id="req-1"] .logs`)
	b.Wait(`document.querySelector("main").dataset.state === "shown"`)
	at("logs")
	b.Click("#nav-feed")
	b.Wait(`document.querySelectorAll(".feed-row").length === 40`)
	b.Click(".unfold")
	b.Wait(`document.querySelectorAll(".feed-members .feed-row").length === 40`)
	at("feed")
	b.Click(".feed-device")
	b.Wait(`!!document.querySelector(".days") && document.querySelectorAll(".feed-row").length === 40`)
	at("device")
	b.Click("#nav-messages")
	b.Wait(`!!document.querySelector(".sent-row")`)
	b.Click("#message-look")
	b.Wait(`!document.querySelector("#message-error").hidden`)
	at("messages")
	for _, id := range []string{"title-en", "text-en", "title-de", "text-de"} {
		if b.Text(`!!document.querySelector("#message-`+id+`")`) == "true" {
			b.Fill("#message-"+id, "The upgrade service rests on Sunday")
		}
	}
	b.Click("#message-look")
	b.Wait(`!document.querySelector("#message-preview").hidden`)
	at("preview")
	b.Click("#my-sessions")
	b.Wait(`!!document.querySelector(".event")`)
	at("record")
	others(b, other, url, fleet, at)
}

func others(b *consoletest.Browser, other *consoletest.Other, url string, fleet consoletest.Answers, at func(state string)) {
	hold := func(r *http.Request) any { <-r.Context().Done(); return nil }
	other.SetAnswers(consoletest.Answers{cloudapi.PathLive: hold, cloudapi.PathFeed: hold})
	b.Go(url)
	b.Wait(`document.querySelectorAll(".skeleton").length > 4`)
	at("loading")
	b.Click("#nav-feed")
	b.Wait(`document.querySelectorAll(".skeleton").length > 4`)
	at("feed-loading")
	other.SetAnswers(consoletest.Answers{cloudapi.PathLive: nil, cloudapi.PathFeed: nil, cloudapi.PathMessage: nil})
	other.SetSessions(nil)
	b.Go(url)
	b.Wait(`document.querySelector("#live").dataset.up === "false"`)
	at("offline")
	b.Click("#my-sessions")
	b.Wait(`document.querySelector("main").dataset.state === "failed"`)
	at("record-failed")
	b.Click("#nav-feed")
	b.Wait(`document.querySelector(".feed").dataset.failed === "true"`)
	at("feed-failed")
	other.SetAnswers(consoletest.Answers{cloudapi.PathMe: nil})
	b.Go(url)
	b.Wait(`document.body.dataset.phase === "error"`)
	at("error")

	other.SetAnswers(consoletest.Answers{cloudapi.PathFeed: cloudapi.FeedPage{}, cloudapi.PathPresence: []cloudapi.Presence{}, cloudapi.PathMessage: []cloudapi.MessageSent{}})
	other.SetSessions([]cloudapi.StaffSession{})
	other.Cloud.SetLive(cloudapi.Live{Requests: []cloudapi.Request{}, Devices: []cloudapi.Device{}})
	b.Go(url)
	b.Wait(`document.querySelectorAll(".empty").length === 2`)
	at("empty")
	b.Click("#nav-feed")
	b.Wait(`document.querySelector(".feed-status").textContent !== "" && !document.querySelector(".skeleton")`)
	at("feed-empty")
	b.Click("#my-sessions")
	b.Wait(`document.querySelector("main").dataset.state === "empty"`)
	at("record-empty")

	other.SetAnswers(fleet)
	other.Cloud.SetLive(cloudapi.Live{Requests: requests(), Devices: consoletest.Devices(1000)})
	b.Go(url)
	b.Wait(`document.querySelectorAll(".device").length === 1000`)
	at("many")
	b.Fill("#fleet-find", "navios tanaka 104")
	b.Wait(`document.querySelectorAll(".device").length < 20`)
	at("found")

	long := strings.Repeat("Haematologieautomat ", 10)
	word := strings.Repeat("x", 200)
	other.Cloud.SetLive(cloudapi.Live{
		Requests: []cloudapi.Request{{ID: "req-1", Device: "d1", Serial: word, Type: long, Region: "eu", Technician: word, Reason: word, AlarmCode: word, Version: word, Profile: word, HasLogs: true, State: "waiting", SinceMS: 1}},
		Devices:  []cloudapi.Device{{ID: "d1", Serial: word, Type: word, Name: long, Region: "eu", Online: true, Copied: true, LogTrouble: "forked", Status: cloudapi.Status{Class: "patient-data", Open: 3, Worst: "high"}}},
	})
	b.Go(url)
	b.Wait(list)
	at("long")
}

func requests() []cloudapi.Request {
	all := consoletest.Requests()
	all[0].Version, all[0].Profile, all[0].HasLogs = "1.4.0", "dxh-900 (sample) 3", true
	return all
}
