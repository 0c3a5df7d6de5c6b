package console_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
)

// english is what each English sentence of the pretended cloud begins with: where
// it stands on the page, a sentence of the cloud was shown as it came.
const english = "ENGLISH: "

// speaking is a cloud that says everything it may say by a code, and an English
// sentence with it.
func speaking(refused string) consoletest.Answers {
	no := cloudapi.Error{Code: refused, Message: english + "refused."}
	answers := consoletest.Administration()
	list := answers[cloudapi.PathActs].(func(*http.Request) any)(&http.Request{Method: http.MethodGet}).([]cloudapi.Act)
	maps.Copy(answers, consoletest.Fleet(4))
	maps.Copy(answers, instruments(3))
	me := answers[cloudapi.PathMe].(cloudapi.Staff)
	me.Roles = []cloudapi.Role{cloudapi.RoleLead, cloudapi.RoleAuditor, cloudapi.RoleAdministrator}
	for i := range list {
		if list[i].State == cloudapi.ActFailed {
			list[i].Why = english + "it failed."
		}
	}
	var parts []cloudapi.PersonPart
	for _, p := range data.PersonParts() {
		p.Purpose, p.Erasure, p.Records = english+p.Purpose, english+p.Erasure, []cloudapi.PersonRecord{{Key: "1", AtMS: 1, Values: map[string]string{"name": "<b>Maria</b>"}}}
		parts = append(parts, p)
	}
	var rows []cloudapi.FeedRow
	var alarms []cloudapi.DeviceAlarm
	values := cloudapi.Values{"entries": "1234", "witnessed": "9", "known": "8", "from": "3", "to": "5", "asOfMs": "1764230400000"}
	for i, code := range []string{data.AlarmUpload, data.AlarmSerialTwice, data.AlarmLogShrunk, data.AlarmLogForked, data.AlarmLogSignature, data.AlarmWitnessBack, data.AlarmNewLog, data.AlarmCopied, data.AlarmLost} {
		n := cloudapi.Notification{ID: uint64(i + 1), Code: code, Severity: "high", State: "raised", Source: "cloud", Title: english + code, Count: 1, RaisedMS: 1, LastMS: 1, Verified: true}
		rows = append(rows, cloudapi.FeedRow{Seq: int64(9 - i), Device: consoletest.DeviceID, Type: "DxH 900", Region: "eu", Notification: n, Values: values})
		alarms = append(alarms, cloudapi.DeviceAlarm{Notification: n, Values: values})
	}
	detail := answers[cloudapi.PathInstrument].(func(*http.Request) any)
	maps.Copy(answers, consoletest.Answers{
		cloudapi.PathMe: me, cloudapi.PathFeed: cloudapi.FeedPage{Rows: rows}, cloudapi.PathAlarms: alarms,
		cloudapi.PathActs: func(r *http.Request) any {
			if r.Method == http.MethodPost {
				return no
			}
			return list
		},
		cloudapi.PathPerson: cloudapi.Person{Subject: "maria@hospital.example", AtMS: 1764230400000, Parts: parts},
		cloudapi.PathInstrument: func(r *http.Request) any {
			d := detail(r).(cloudapi.InstrumentDetail)
			d.Identity = append(d.Identity, cloudapi.History{Kind: "copied", Text: data.CopiedTwoPCs, AtMS: 1}, cloudapi.History{Kind: "log-began", To: "bc-1-b", Text: "bc-1-a 1234", AtMS: 1})
			return d
		},
		cloudapi.PathEvents: cloudapi.EventPage{Kinds: []string{"signin.refused"}, Regions: []string{"eu"}, Rows: []cloudapi.EventLine{
			{Seq: 1, Kind: "signin.refused", Severity: 4, Time: time.Unix(0, 0).UTC().Format(time.RFC3339), Fields: map[string]string{"why": "token-used"}}}},
		cloudapi.PathMessage: func(r *http.Request) any {
			if r.Method == http.MethodPost {
				return no
			}
			return []cloudapi.MessageSent{}
		},
		cloudapi.PathHelpLogs: no, cloudapi.PathActConfirm: no, cloudapi.PathActReject: no, cloudapi.PathSites: no, cloudapi.PathGroups: no, cloudapi.PathMove: no,
		cloudapi.PathSignOutAll: no, cloudapi.PathNotes: no, cloudapi.PathAskAgain: no, cloudapi.PathCase: no, cloudapi.PathColleagues: no,
	})
	return answers
}

// On the German page no sentence of the cloud stands in English: neither a refusal
// nor what came of an act, what is kept about a person, the cloud's own alarms and
// the records.
func TestGermanPageSaysNothingInEnglish(t *testing.T) {
	b, other, url := administrators(t, "de-DE")
	other.SetAnswers(speaking("act-changed"))
	other.Cloud.SetLive(cloudapi.Live{Requests: requests(), Devices: consoletest.Devices(3), Cases: consoletest.Cases()})
	_, de := both(t)
	german := func(where string, want ...string) {
		t.Helper()
		page := b.Text(`[...document.querySelectorAll("body *")].filter(e => e.checkVisibility()).map(e => [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join(" ") + " " + (e.title ?? "") + " " + (e.placeholder ?? "")).join("\n")`)
		for line := range strings.Lines(page) {
			if strings.Contains(line, english) {
				t.Errorf("%s: %s", where, strings.TrimSpace(line))
			}
		}
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%s: %q does not stand there", where, text)
			}
		}
		b.Shot("german-" + strings.ReplaceAll(where, " ", "-"))
	}
	b.Go(url)
	b.Wait(joinable)
	b.Eval(`document.querySelector(".device").open = true`)
	b.Wait(`document.querySelectorAll(".alarm").length === 9`)
	german("home", de["cloUpload"], de["cloSignature"], "1.234 Einträge waren bezeugt", "3 bis 5")
	b.Click(`.request[data-id="req-1"] .logs`)
	b.Wait(`document.querySelector("main").dataset.state === "failed"`)
	german("logs", de["admNoChanged"])
	b.Click("#nav-feed")
	b.Wait(`document.querySelectorAll(".feed-row").length === 9`)
	german("feed", de["cloCopied"], "27.11.25")
	b.Click("#nav-events")
	b.Wait(`document.querySelectorAll(".event-row").length === 1`)
	b.Eval(`document.querySelector(".event-row").open = true`)
	german("events", "token-used ("+de["whyTokenUsed"]+")")
	b.Click("#nav-instruments")
	b.Wait(instrumentRows + ` === 3`)
	b.Click(".instrument")
	b.Wait(`document.querySelector("main").dataset.state === "shown"`)
	german("instrument", de["idTwoPCs"], "bc-1-a endete nach 1.234 Einträgen")
	b.Fill("#instrument-note", "Pumpe")
	b.Click("#instrument-add")
	b.Wait(`document.querySelector("main").dataset.state === "failed"`)
	german("instrument refused", de["admNoChanged"])
	b.Click("#nav-messages")
	for _, id := range []string{"title-de", "text-de", "title-en", "text-en"} {
		if b.Text(`!!document.querySelector("#message-`+id+`")`) == "true" {
			b.Fill("#message-"+id, "Am Sonntag ruht der Dienst")
		}
	}
	b.Click("#message-look")
	b.Wait(`!document.querySelector("#message-preview").hidden`)
	b.Click("#message-send")
	b.Wait(`!document.querySelector("#message-error").hidden`)
	german("message refused", de["admNoChanged"])

	b.Click("#nav-admin")
	b.Wait(`document.querySelectorAll(".act-row").length === 4`)
	b.Eval(`document.querySelectorAll(".act-row").forEach(e => { e.open = true; })`)
	german("acts", de["refActFailed"])
	b.Click(`.act[data-kind="device.retire"] .act-confirm`)
	b.Click("#act-confirm-dialog-do")
	b.Wait(`!document.querySelector("#act-confirm-dialog .error[role='alert']").hidden`)
	german("act refused", de["admNoChanged"])
	b.Click("#act-confirm-dialog-no")
	b.Click("#adm-person-tab")
	b.Fill("#person-subject", "maria@hospital.example")
	b.Fill("#person-reason", "4711")
	b.Click("#person-look")
	b.Wait(fmt.Sprintf(`document.querySelectorAll(".person-part").length === %d`, len(data.PersonParts())))
	german("person", de["purDevices"], de["eraAccess"])
	handedOut(t, b)
	b.Clean()

	// Every code that the cloud refuses with, and one that this page does not know.
	codes := slices.DeleteFunc(slices.Sorted(maps.Keys(refusalCodes(t))), func(code string) bool { _, not := elsewhere[code]; return not })
	words := table(t, "refusals.ts", "const refusals")
	b.Click("#adm-acts-tab")
	for _, code := range append(codes, "of-next-year") {
		other.SetAnswers(speaking(code))
		b.Click(`.act[data-kind="device.retire"] .act-confirm`)
		b.Click("#act-confirm-dialog-do")
		b.Wait(`!document.querySelector("#act-confirm-dialog .error[role='alert']").hidden`)
		want := de[words[code]]
		if want == "" {
			want = "Die Cloud lehnt das ab: of-next-year."
		}
		if got := b.Text(`document.querySelector("#act-confirm-dialog .error[role='alert']").textContent`); got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
		b.Click("#act-confirm-dialog-no")
	}
}

// handedOut keeps both files and reads them: German, and what somebody wrote is
// text in them.
func handedOut(t *testing.T, b *consoletest.Browser) {
	t.Helper()
	dir := b.Keep()
	b.Click("#person-json")
	b.Click("#person-page")
	for name, wants := range map[string][]string{
		"person-maria@hospital.example.json": {`"purpose": "wer für ein Gerät verantwortlich ist (P13)"`, `"<b>Maria</b>"`},
		"person-maria@hospital.example.html": {`<html lang="de">`, "<h1>Über maria@hospital.example gespeicherte Daten</h1>", "<h2>Ereignisprotokoll</h2>", "&lt;b&gt;Maria&lt;/b&gt;", "default-src 'none'"},
	} {
		var text []byte
		for {
			var err error
			if text, err = os.ReadFile(filepath.Join(dir, name)); err == nil && len(text) > 0 {
				break
			}
			select {
			case <-t.Context().Done():
				t.Fatalf("%s is not kept", name)
			case <-time.After(50 * time.Millisecond):
			}
		}
		for _, want := range wants {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s lacks %q", name, want)
			}
		}
		if strings.Contains(string(text), english) || strings.Contains(string(text), "<b>") && strings.HasSuffix(name, "html") {
			t.Errorf("%s holds English, or markup that somebody wrote", name)
		}
	}
}
