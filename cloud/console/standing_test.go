package console_test

import (
	"strings"
	"testing"
	"time"

	"beckmanconnect/cloud/console"
	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/internal/cloudapi"
)

// How a device's identity and log stand is marked in the list and said on its
// page, in both languages, light and dark, without anything cut off: copied and
// revoked identities, a log that does not hold, one that went quiet, one that
// nobody has witnessed, and one that is well (P10, P13, scenario 48).
func TestStandingOfDevices(t *testing.T) {
	needPage(t)
	now := time.Now()
	ago := func(d time.Duration) int64 { return now.Add(-d).UnixMilli() }
	const day = 24 * time.Hour
	rows := []struct {
		device cloudapi.Device
		cell   string // data-log of the log's cell
		chips  int    // marks in the page's head
	}{
		{cloudapi.Device{ID: "bc-well", Online: true, SinceMS: ago(20 * day), LogEntries: 1284, LogWitnessedMS: ago(3 * time.Minute)}, "witnessed", 0},
		{cloudapi.Device{ID: "bc-copied", Copied: true, SinceMS: ago(day), LogEntries: 900, LogWitnessedMS: ago(2 * day)}, "witnessed", 1},
		{cloudapi.Device{ID: "bc-revoked", RevokedMS: ago(day), SinceMS: ago(day), LogEntries: 80, LogWitnessedMS: ago(40 * day)}, "witnessed", 1},
		{cloudapi.Device{ID: "bc-shrunk", Online: true, SinceMS: ago(time.Hour), LogTrouble: "shrunk", LogEntries: 4000, LogWitnessedMS: ago(2 * time.Hour)}, "shrunk", 1},
		{cloudapi.Device{ID: "bc-forked", Online: true, SinceMS: ago(time.Hour), LogTrouble: "forked", Copied: true, LogEntries: 4000, LogWitnessedMS: ago(2 * time.Hour)}, "forked", 2},
		{cloudapi.Device{ID: "bc-quiet", Online: true, SinceMS: ago(20 * day), LogEntries: 77, LogWitnessedMS: ago(9 * day)}, "quiet", 0},
		{cloudapi.Device{ID: "bc-mute", Online: true, SinceMS: ago(2 * day)}, "quiet", 0},
		{cloudapi.Device{ID: "bc-new", Online: true, SinceMS: ago(time.Minute)}, "unseen", 0},
		{cloudapi.Device{ID: "bc-away", SinceMS: ago(30 * day), LogEntries: 5, LogWitnessedMS: ago(30 * day)}, "witnessed", 0}, // nobody to hear of
	}
	var devices []cloudapi.Device
	for _, r := range rows {
		r.device.Type, r.device.Serial, r.device.Region, r.device.Name = "DxH 900", strings.ToUpper(r.device.ID), "eu", "Maria Lindqvist"
		r.device.Status = cloudapi.Status{Version: "1.4.0", Class: "patient-data"}
		devices = append(devices, r.device)
	}
	for _, lang := range []string{"en-US", "de-DE"} {
		t.Run(lang, func(t *testing.T) {
			other := consoletest.NewOther(t)
			other.Cloud.SetLive(cloudapi.Live{Devices: devices})
			server, ca := consoletest.Serve(t, other.Handler(console.Handler(console.Config{})))
			b := consoletest.Open(t, ca, lang)
			b.Look(1366, 768, 1, false)
			b.Go(server.URL)
			b.Wait(`document.body.dataset.phase === "sign-in"`)
			b.Click("#sign-in")
			shoot := func(name string) {
				t.Helper()
				for _, dark := range []bool{false, true} {
					b.Look(1366, 768, 1, dark)
					if got := b.Text(`[...document.querySelectorAll(".chip, .log-cell, .standing-text, .device-state")].filter(e => e.checkVisibility() && (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline" || e.getBoundingClientRect().right > document.documentElement.clientWidth)).map(e => e.textContent).join(" | ")`); got != "" {
						t.Errorf("%s is cut off: %s", name, got)
					}
					b.Shot(lang[:2] + "-standing-" + name + map[bool]string{true: "-dark", false: "-light"}[dark])
				}
				b.Look(1366, 768, 1, false)
			}
			b.Wait(`document.querySelectorAll(".device").length === 9`)
			b.Eval(`document.querySelectorAll(".device .standing").forEach(e => e.closest("details").open = true)`)
			shoot("list")
			for _, r := range rows {
				id := r.device.ID
				b.Wait(`!!document.querySelector('.device[data-id="` + id + `"]')`)
				b.Eval(`document.querySelector('.device[data-id="` + id + `"]').open = true`)
				b.Click(`.device[data-id="` + id + `"] .open-device`)
				b.Wait(`document.querySelector("main").dataset.device === "` + id + `"`)
				if got := b.Text(`document.querySelector(".log-cell").dataset.log`); got != r.cell {
					t.Errorf("%s: the log is %q, want %q", id, got, r.cell)
				}
				if got := b.Text(`String(document.querySelectorAll(".device-state .standing").length) + document.querySelectorAll(".page-head .standing-text").length`); got != strings.Repeat(string(rune('0'+r.chips)), 2) {
					t.Errorf("%s: %s marks and sentences, want %d each", id, got, r.chips)
				}
				shoot(id)
				b.Click("#device-back")
			}
		})
	}
}
