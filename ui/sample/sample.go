// Package sample holds states of the windows as they occur, for tests and for
// the gallery. Names and numbers in it are invented.
package sample

import (
	"time"

	"beckmanconnect/assets/terms"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
)

// Now is the moment all samples are seen at.
var Now = time.Date(2026, 3, 17, 14, 5, 0, 0, time.UTC)

// Ago is a moment before Now, in milliseconds.
func Ago(d time.Duration) int64 { return Now.Add(-d).UnixMilli() }

// In is a moment after Now, in milliseconds.
func In(d time.Duration) int64 { return Now.Add(d).UnixMilli() }

// Status is a device that is set up and well.
func Status() *hostpb.Status {
	return &hostpb.Status{
		Version: "0.1.0", Link: hostpb.Link_LINK_ONLINE, Cloud: "eu.connect.example", TermsAccepted: true, TermsVersion: terms.Version,
		Registration: &hostpb.Registration{
			DeviceId: "bc-7c1f02a94be83d55", Email: "maria.huber@labor.example", Name: "Maria Huber",
			InstrumentType: "DxH 900", Serial: "BA 4711-0815", Region: "eu", RegisteredUnix: Now.Add(-73 * 24 * time.Hour).Unix(),
		},
		InstrumentClass: "general", InstrumentRun: "idle", Policy: "signed", LastSeq: 41, PinInitials: []string{"MH"},
		Support: &hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_READY},
		Profile: "DxH 900", ProfileSample: true,
		Log:     &hostpb.LogState{Entries: 1284, CheckpointUnix: Now.Add(-4 * time.Minute).Unix(), Writable: true, Witnessed: 1280, WitnessedUnix: Now.Add(-7 * time.Minute).Unix()},
		Upgrade: &hostpb.Upgrade{State: "none", CheckedMs: Ago(21 * time.Minute), RunningVersion: "0.1.0"},
	}
}

// Engineer is who comes to help.
func Engineer() *hostpb.Engineer {
	return &hostpb.Engineer{Account: "anna.weber@vendor.example", Name: "Anna Weber", Organisation: "Service Vienna", Regions: []string{"eu"}}
}

// Policy is what the signed policy says.
func Policy() *hostpb.PolicyExplanation {
	return &hostpb.PolicyExplanation{Source: "site policy 3", Rows: []*hostpb.PolicyRow{
		{Capability: "view", Effective: "may be asked", Why: "site policy 3"},
		{Capability: "control", Effective: "may be asked", Why: "site policy 3"},
		{Capability: "files", Effective: "never", Why: "patient-data instrument"},
		{Capability: "clipboard", Effective: "off", Why: "safe default"},
	}}
}

// Upgrade is a version on offer.
func Upgrade() *hostpb.Upgrade {
	return &hostpb.Upgrade{
		Digest: "4be83d557c1f02a9", Version: "0.1.1", State: "offered", Size: 640_000, Delta: true, Capabilities: []string{"clipboard"},
		InstallSeconds: 8, Disturbs: "connection", Channel: "stable", CheckedMs: Ago(21 * time.Minute), RunningVersion: "0.1.0",
		Notes: []*hostpb.LocalText{
			{Language: "en", Title: "Quicker start, clearer questions", Advice: "The window opens in half the time.\nQuestions name the file's fingerprint.\nThe log can be exported for a day."},
			{Language: "de", Title: "Schnellerer Start, klarere Fragen", Advice: "Das Fenster öffnet in der halben Zeit.\nFragen nennen die Prüfsumme der Datei.\nDas Protokoll lässt sich für einen Tag exportieren."},
			{Language: "ja", Title: "起動がより速く、確認画面がより分かりやすく", Advice: "ウィンドウが半分の時間で開きます。\nファイルの確認画面にハッシュ値が表示されます。\nログを1日単位で書き出せます。"},
		},
	}
}

// State is a state that has been loaded and is connected.
func State() model.State {
	s := model.State{}
	s.SetConnected(true)
	s.Apply(&hostpb.Event{Body: &hostpb.Event_Reset_{Reset_: &hostpb.Reset{Snapshot: Status()}}})
	Load(&s, nil)
	LoadActivity(&s, Activity())
	s.Policy = Policy()
	return s
}

// Terms is what has to be accepted, in a language.
func Terms(lang string) *hostpb.Terms {
	t := terms.Current(lang)
	return &hostpb.Terms{Version: t.Version, ItRequirements: t.ITRequirements, Terms: t.Terms, Sha256: t.SHA256}
}

// Fresh is a device nobody has set up.
func Fresh(lang string) model.State {
	s := State()
	s.Status.TermsAccepted, s.Status.Registration, s.Status.Link = false, nil, hostpb.Link_LINK_UNREGISTERED
	s.Support = &hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_OFF, OffCode: "terms-not-accepted"}
	s.Terms = Terms(lang)
	return s
}

// Alarmed has open notifications.
func Alarmed() model.State {
	s := State()
	s.Alarms.List.Reload()
	Load(&s, Notifications())
	s.Status.OpenNotifications, s.Status.Worst = 2, hostpb.Severity_SEVERITY_HIGH
	return s
}

// Waiting has a code out.
func Waiting() model.State {
	s := State()
	s.HelpRequested(&hostpb.HelpRequested{RequestId: "r1", Code: "K7PX 3MDW", ExpiresUnixMs: In(9*time.Minute + 41*time.Second)})
	s.Apply(&hostpb.Event{Body: &hostpb.Event_Support{Support: &hostpb.SupportState{
		Phase: hostpb.SupportPhase_SUPPORT_PHASE_WAITING, RequestId: "r1", CodeExpiresUnixMs: In(9*time.Minute + 41*time.Second), WrongCodes: 1,
		Queue: &hostpb.QueuePlace{CaseNumber: "K-4F7Q", Current: true, Place: 2, Waiting: 3},
	}}})
	return s
}

// Taken is Waiting once somebody of the vendor has taken the case.
func Taken() model.State {
	s := Waiting()
	s.Support.Queue.Place, s.Support.Queue.TakenBy = 0, "Anna Weber"
	return s
}

// Unheard is Waiting while the cloud cannot be heard.
func Unheard() model.State {
	s := Waiting()
	s.Support.Queue = &hostpb.QueuePlace{CaseNumber: "K-4F7Q"}
	s.Status.Link = hostpb.Link_LINK_OFFLINE
	return s
}

// Session has an engineer in, who sees the screen and sends a file.
func Session() model.State {
	s := State()
	s.Apply(&hostpb.Event{Body: &hostpb.Event_Support{Support: SessionState()}})
	return s
}

// SessionState is the support state of Session.
func SessionState() *hostpb.SupportState {
	return &hostpb.SupportState{
		Phase: hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED, RequestId: "r1", SessionId: "s1", Engineer: Engineer(), StartedUnixMs: Ago(7 * time.Minute),
		Leases: []*hostpb.Lease{
			{Capability: hostpb.Capability_CAPABILITY_VIEW, Active: true},
			{Capability: hostpb.Capability_CAPABILITY_CONTROL, UntilUnixMs: In(12*time.Minute + 9*time.Second)},
		},
		Transfers: []*hostpb.Transfer{
			{Id: "t1", Name: "archive-settings.xml", Size: 48_200, Done: 30_000, State: "running", Direction: "to-pc"},
			{Id: "t2", Name: "notes.txt", Size: 900, State: "refused", Direction: "to-pc"},
			{Id: "t3", Name: "run-2026-11-24.log", Size: 1_204_000, Done: 1_204_000, State: "finished", Direction: "to-engineer", Scanner: "ClamAV 1.4.3/27811"},
		},
		Scanner: "ClamAV 1.4.3/27811",
		Words:   "cobalt · harbour · violin",
		Missed: []*hostpb.Missed{
			{Capability: hostpb.Capability_CAPABILITY_FILES, UnixMs: Ago(2 * time.Minute), Code: "pin-missing"},
			{Capability: hostpb.Capability_CAPABILITY_CONTROL, UnixMs: Ago(5 * time.Minute), Code: "timeout"},
		},
	}
}

// Shared is a session in which everything is allowed, with a conversation.
func Shared() model.State {
	now := SessionState()
	now.Words, now.Missed, now.Transfers = "", nil, nil
	for _, c := range []hostpb.Capability{
		hostpb.Capability_CAPABILITY_POINTER, hostpb.Capability_CAPABILITY_CHAT,
		hostpb.Capability_CAPABILITY_CLIPBOARD_TO_PC, hostpb.Capability_CAPABILITY_CLIPBOARD_TO_ENGINEER,
	} {
		l := &hostpb.Lease{Capability: c, Active: true}
		if c == hostpb.Capability_CAPABILITY_CLIPBOARD_TO_PC || c == hostpb.Capability_CAPABILITY_CLIPBOARD_TO_ENGINEER {
			l.UntilUnixMs = In(3*time.Minute + 20*time.Second)
		}
		now.Leases = append(now.Leases, l)
	}
	now.Chat = []*hostpb.ChatLine{
		{Id: 1, UnixMs: Ago(4 * time.Minute), Text: "Hello. I can see the alarm. Is the lid of module A closed?"},
		{Id: 2, UnixMs: Ago(3 * time.Minute), Technician: true, Text: "Yes, and I have closed it again to be sure."},
		{Id: 3, UnixMs: Ago(time.Minute), Text: "Then the sensor needs cleaning. I will point at it: it is the small window beside the hinge. Please do not touch it with bare fingers; a dry swab is enough."},
	}
	s := State()
	s.Apply(&hostpb.Event{Body: &hostpb.Event_Support{Support: now}})
	return s
}

// Ended is after a session.
func Ended() model.State {
	s := State()
	s.Apply(&hostpb.Event{Body: &hostpb.Event_Support{Support: &hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_READY, EndedCode: "kill-key"}}})
	return s
}

// Summary is what was done in a session.
func Summary() *hostpb.Summary {
	line := func(ago time.Duration, kind string, c hostpb.Capability, detail string) *hostpb.SummaryLine {
		return &hostpb.SummaryLine{UnixMs: Ago(ago), Kind: kind, Capability: c, Detail: detail}
	}
	view, control, files := hostpb.Capability_CAPABILITY_VIEW, hostpb.Capability_CAPABILITY_CONTROL, hostpb.Capability_CAPABILITY_FILES
	return &hostpb.Summary{
		SessionId: "s1", Engineer: Engineer(), StartedUnixMs: Ago(31 * time.Minute), EndedUnixMs: Ago(2 * time.Minute), EndedCode: "kill-key", EndedBy: "technician",
		Inputs: 214, Pictures: 5310,
		Lines: []*hostpb.SummaryLine{
			line(30*time.Minute, "allowed", view, ""),
			line(27*time.Minute, "timeout", control, ""),
			line(24*time.Minute, "allowed", control, ""),
			line(12*time.Minute, "ended", control, "expired"),
			line(9*time.Minute, "denied", files, "notes.txt"),
			line(6*time.Minute, "allowed", files, "archive-settings.xml"),
			line(6*time.Minute, "file-received", files, "archive-settings.xml"),
		},
	}
}

// Summed is right after a session, with its summary open.
func Summed() model.State {
	s := Session()
	s.Apply(&hostpb.Event{Body: &hostpb.Event_Support{Support: &hostpb.SupportState{
		Phase: hostpb.SupportPhase_SUPPORT_PHASE_READY, EndedCode: "kill-key", Summary: Summary(),
	}}})
	return s
}

// Offered has an upgrade on offer.
func Offered() model.State {
	s := State()
	s.Upgrade = Upgrade()
	return s
}

// NoService cannot reach the service.
func NoService() model.State {
	s := model.State{}
	s.SetConnected(false)
	return s
}
