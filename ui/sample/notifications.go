package sample

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
)

// Notifications are alarms of every kind, two of them open.
func Notifications() []*hostpb.Notification {
	day := 24 * time.Hour
	return []*hostpb.Notification{
		{
			Id: 19, Code: "disk-nearly-full", Severity: hostpb.Severity_SEVERITY_HIGH, State: hostpb.AlarmState_ALARM_STATE_RAISED, Source: "machine",
			Subject: "/data/results", Verified: true, Count: 3, RaisedUnixMs: Ago(52 * time.Minute), LastUnixMs: Ago(2 * time.Minute),
			Texts: []*hostpb.LocalText{
				{Language: "en", Title: "The disk for results is nearly full", Advice: "Archive old results now. Below 2 % the instrument stops measuring."},
				{Language: "de", Title: "Der Datenträger für Ergebnisse ist fast voll", Advice: "Archivieren Sie jetzt alte Ergebnisse. Unter 2 % misst das Gerät nicht weiter."},
				{Language: "ja", Title: "結果用のディスクの空きが残りわずかです", Advice: "古い結果を今すぐ保管してください。空きが2 %を下回ると、装置は測定を停止します。"},
			},
		},
		{
			Id: 18, Code: "sample-syringe-worn", Severity: hostpb.Severity_SEVERITY_MEDIUM, State: hostpb.AlarmState_ALARM_STATE_RAISED, Source: "instrument-log",
			Subject: "module A", Verified: true, Count: 1, RaisedUnixMs: Ago(3 * time.Hour), LastUnixMs: Ago(3 * time.Hour),
			Texts: []*hostpb.LocalText{
				{Language: "en", Title: "The sample syringe is worn", Advice: "Replace the syringe within the next 200 samples. The part stands in the manual under 7.4."},
				{Language: "de", Title: "Die Probenspritze ist abgenutzt", Advice: "Tauschen Sie die Spritze innerhalb der nächsten 200 Proben. Das Teil steht im Handbuch unter 7.4."},
				{Language: "ja", Title: "サンプルシリンジが摩耗しています", Advice: "200検体以内にシリンジを交換してください。部品は取扱説明書の7.4に記載されています。"},
			},
		},
		{
			Id: 17, Code: "shift-note", Severity: hostpb.Severity_SEVERITY_INFO, State: hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED, Source: "local",
			RaisedUnixMs: Ago(22 * time.Hour), LastUnixMs: Ago(22 * time.Hour), AcknowledgedUnixMs: Ago(21 * time.Hour), AcknowledgedBy: "MH", Count: 1,
			Texts: []*hostpb.LocalText{
				{Language: "en", Title: "Reagent lot 2217 was opened"},
				{Language: "de", Title: "Reagenz-Charge 2217 wurde geöffnet"},
				{Language: "ja", Title: "試薬ロット2217を開封しました"},
			},
		},
		{
			Id: 16, Code: "clock-off", Severity: hostpb.Severity_SEVERITY_LOW, State: hostpb.AlarmState_ALARM_STATE_CLEARED, Source: "machine", Verified: true,
			RaisedUnixMs: Ago(3 * day), LastUnixMs: Ago(3 * day), ClearedUnixMs: Ago(3*day - time.Hour), Count: 1,
			Texts: []*hostpb.LocalText{
				{Language: "en", Title: "The clock of this PC was off by 40 seconds", Advice: "Nothing to do."},
				{Language: "de", Title: "Die Uhr dieses PCs ging 40 Sekunden falsch", Advice: "Nichts zu tun."},
				{Language: "ja", Title: "このPCの時計が40秒ずれていました", Advice: "対応は不要です。"},
			},
		},
	}
}

// Everything is a day on which much happened: a group, one put away, one that
// comes and goes, one that waits too long, one of an unknown program.
func Everything() []*hostpb.Notification {
	all := Notifications()
	group := &hostpb.Notification{
		Id: 31, Code: "group", Severity: hostpb.Severity_SEVERITY_HIGH, State: hostpb.AlarmState_ALARM_STATE_RAISED, Source: "instrument-log", Verified: true,
		Count: 1, Members: 12, GroupKind: "flood", RaisedUnixMs: Ago(20 * time.Minute), LastUnixMs: Ago(6 * time.Minute),
		Texts: []*hostpb.LocalText{
			{Language: "en", Title: "12 alarms within a few minutes", Advice: "The most important one: Reagent at place 1 is too warm. Open the group to see each of them."},
			{Language: "de", Title: "12 Meldungen in wenigen Minuten", Advice: "Die wichtigste: Reagenz auf Platz 1 ist zu warm. Öffnen Sie die Gruppe, um alle zu sehen."},
			{Language: "ja", Title: "数分間に12件の通知", Advice: "最も重要なもの：位置1の試薬の温度が高すぎます。グループを開くとすべて確認できます。"},
		},
	}
	shelved := &hostpb.Notification{
		Id: 28, Code: "printer-offline", Severity: hostpb.Severity_SEVERITY_LOW, State: hostpb.AlarmState_ALARM_STATE_SHELVED, Source: "machine", Verified: true, Count: 4,
		RaisedUnixMs: Ago(26 * time.Hour), LastUnixMs: Ago(40 * time.Minute),
		Shelf: &hostpb.Shelf{UntilUnixMs: In(17 * time.Hour), Reason: "A new printer comes tomorrow", By: "MH", SinceUnixMs: Ago(3 * time.Hour)},
		Texts: []*hostpb.LocalText{
			{Language: "en", Title: "The label printer does not answer", Advice: "Check its cable and paper."},
			{Language: "de", Title: "Der Etikettendrucker antwortet nicht", Advice: "Prüfen Sie Kabel und Papier."},
			{Language: "ja", Title: "ラベルプリンターが応答しません", Advice: "ケーブルと用紙を確認してください。"},
		},
	}
	escalated := &hostpb.Notification{
		Id: 27, Code: "waste-full", Severity: hostpb.Severity_SEVERITY_MEDIUM, State: hostpb.AlarmState_ALARM_STATE_RAISED, Source: "instrument-log", Verified: true, Sample: true,
		Count: 7, Chatters: true, RaisedUnixMs: Ago(5 * time.Hour), LastUnixMs: Ago(12 * time.Minute), SeenUnixMs: Ago(4 * time.Hour), EscalatedUnixMs: Ago(time.Hour), Subject: "module B",
		Texts: []*hostpb.LocalText{
			{Language: "en", Title: "The waste container is full", Advice: "Empty the container and put it back until it clicks.\nWear gloves."},
			{Language: "de", Title: "Der Abfallbehälter ist voll", Advice: "Leeren Sie den Behälter und setzen Sie ihn ein, bis er einrastet.\nTragen Sie Handschuhe."},
			{Language: "ja", Title: "廃液容器が満杯です", Advice: "容器を空にして、カチッと音がするまで戻してください。\n手袋を着用してください。"},
		},
	}
	foreign := &hostpb.Notification{
		Id: 25, Code: "export-failed", Severity: hostpb.Severity_SEVERITY_LOW, State: hostpb.AlarmState_ALARM_STATE_RAISED, Source: "local", Publisher: "lab-export", Count: 1,
		RaisedUnixMs: Ago(8 * time.Hour), LastUnixMs: Ago(8 * time.Hour), Texts: []*hostpb.LocalText{
			{Language: "en", Title: "The nightly export did not run"},
			{Language: "de", Title: "Der nächtliche Export lief nicht"},
			{Language: "ja", Title: "夜間の書き出しが実行されませんでした"},
		},
	}
	return append([]*hostpb.Notification{group, shelved, escalated, foreign}, all...)
}

// Members are those in the group of Everything.
func Members() []*hostpb.Notification {
	var out []*hostpb.Notification
	for i := range 12 {
		n := &hostpb.Notification{
			Id: uint64(130 - i), Code: fmt.Sprintf("cooling-%d", i), Severity: hostpb.Severity_SEVERITY_MEDIUM, State: hostpb.AlarmState_ALARM_STATE_RAISED, Source: "instrument-log",
			Verified: true, Count: 1, GroupId: 31, RaisedUnixMs: Ago(time.Duration(6+i) * time.Minute), LastUnixMs: Ago(time.Duration(6+i) * time.Minute), Subject: fmt.Sprintf("place %d", i+1),
			Texts: []*hostpb.LocalText{
				{Language: "en", Title: fmt.Sprintf("Reagent at place %d is too warm", i+1), Advice: "Check the cooling before you go on."},
				{Language: "de", Title: fmt.Sprintf("Reagenz auf Platz %d ist zu warm", i+1), Advice: "Prüfen Sie die Kühlung, bevor Sie weitermachen."},
				{Language: "ja", Title: fmt.Sprintf("位置%dの試薬の温度が高すぎます", i+1), Advice: "続ける前に冷却装置を確認してください。"},
			},
		}
		if i == 0 {
			n.Severity = hostpb.Severity_SEVERITY_HIGH
		}
		out = append(out, n)
	}
	return out
}

// Wordy is a notification with more words than any place has room for.
func Wordy() *hostpb.Notification {
	long := strings.Repeat("A very long sentence that somebody meant well with, and that goes on and on. ", 12)
	lang := strings.Repeat("Ein sehr langer Satz, mit dem es jemand gut meinte, über die Probenvorbereitungseinrichtung, und der kein Ende nimmt. ", 9)
	nagai := strings.Repeat("誰かが親切のつもりで書いた、いつまでも続いていく、とても長い文です。", 12)
	return &hostpb.Notification{
		Id: 40, Code: strings.Repeat("long-code-", 12), Severity: hostpb.Severity_SEVERITY_HIGH, State: hostpb.AlarmState_ALARM_STATE_RAISED, Source: "local",
		Publisher: strings.Repeat("publisher", 12), Subject: strings.Repeat("/a/very/deep/folder", 20), Count: 123456, Chatters: true, Sample: true, EscalatedUnixMs: Ago(time.Hour),
		RaisedUnixMs: Ago(40 * 24 * time.Hour), LastUnixMs: Ago(30 * 24 * time.Hour), Texts: []*hostpb.LocalText{
			{Language: "en", Title: long, Advice: long}, {Language: "de", Title: lang, Advice: lang}, {Language: "ja", Title: nagai, Advice: nagai},
		},
	}
}

// Many are n notifications of every severity, state and source, newest first.
func Many(n int) []*hostpb.Notification {
	out := make([]*hostpb.Notification, n)
	for i := range out {
		id := uint64(n - i)
		out[i] = &hostpb.Notification{
			Id: id, Code: fmt.Sprintf("code-%d", id%97), Severity: hostpb.Severity(1 + id%4), State: hostpb.AlarmState(1 + id%4), Source: model.Sources()[id%6],
			Subject: fmt.Sprintf("module %d", id%13), Verified: true, Count: uint32(1 + id%5), RaisedUnixMs: Ago(time.Duration(i) * time.Minute), LastUnixMs: Ago(time.Duration(i) * time.Minute),
			Texts: []*hostpb.LocalText{
				{Language: "en", Title: fmt.Sprintf("Notification number %d of many", id), Advice: "Look at it when there is time, and acknowledge it."},
				{Language: "de", Title: fmt.Sprintf("Meldung Nummer %d von vielen", id), Advice: "Sehen Sie sie an, wenn Zeit ist, und bestätigen Sie sie."},
				{Language: "ja", Title: fmt.Sprintf("多数の通知のうち%d番目", id), Advice: "時間のあるときに内容を見て、「確認」を押してください。"},
			},
		}
		over := Ago(time.Duration(i)*time.Minute - 30*time.Second)
		switch n := out[i]; n.State {
		case hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED:
			n.AcknowledgedUnixMs = over
		case hostpb.AlarmState_ALARM_STATE_CLEARED:
			n.ClearedUnixMs = over
		case hostpb.AlarmState_ALARM_STATE_SHELVED:
			n.Shelf = &hostpb.Shelf{UntilUnixMs: In(8 * time.Hour), By: "MH"}
		}
	}
	return out
}

// Detail is a notification with a history.
func Detail(id uint64) *hostpb.NotificationDetail {
	step := func(ago time.Duration, kind, by, detail string) *hostpb.AlarmStep {
		return &hostpb.AlarmStep{UnixMs: Ago(ago), Kind: kind, By: by, Detail: detail}
	}
	d := &hostpb.NotificationDetail{}
	for _, n := range append(Everything(), Wordy()) {
		if n.GetId() == id {
			d.Notification = n
		}
	}
	switch id {
	case 31:
		d.Members, d.History = Members(), []*hostpb.AlarmStep{step(20*time.Minute, "raised", "", "")}
	case 28:
		d.History = []*hostpb.AlarmStep{step(26*time.Hour, "raised", "", ""), step(25*time.Hour, "seen", "MH", ""), step(3*time.Hour, "shelved", "MH", "A new printer comes tomorrow"), step(40*time.Minute, "repeated", "", "4")}
	case 27:
		d.History = []*hostpb.AlarmStep{
			step(5*time.Hour, "raised", "", ""), step(4*time.Hour, "seen", "", ""), step(3*time.Hour, "repeated", "", "5"), step(2*time.Hour, "chatter", "", ""), step(time.Hour, "escalated", "", ""),
		}
	default:
		d.History = []*hostpb.AlarmStep{step(52*time.Minute, "raised", "", ""), step(2*time.Minute, "repeated", "", "3")}
	}
	return d
}

// Handover is what the shift before left.
func Handover() *hostpb.Handover {
	h := &hostpb.Handover{Note: "Module A makes a noise since noon; the service knows.\nLot 2217 runs out tonight, 2218 is in the cold room.", By: "MH", UnixMs: Ago(7 * time.Hour), Raised: 9, Cleared: 6}
	for _, n := range Everything() {
		switch n.GetState() {
		case hostpb.AlarmState_ALARM_STATE_RAISED:
			h.Open = append(h.Open, n)
		case hostpb.AlarmState_ALARM_STATE_SHELVED:
			h.Shelved = append(h.Shelved, n)
		}
	}
	slices.SortStableFunc(h.Open, func(a, b *hostpb.Notification) int { return int(b.GetSeverity()) - int(a.GetSeverity()) })
	return h
}

// Offenders are what bothered most this month.
func Offenders() *hostpb.Offenders {
	hour := int64(time.Hour / time.Millisecond)
	all := Everything()
	row := func(n *hostpb.Notification, raised uint32, repeats uint64, open, waited int64) *hostpb.Offender {
		return &hostpb.Offender{Code: n.GetCode(), Subject: n.GetSubject(), Texts: n.GetTexts(), Severity: n.GetSeverity(), Raised: raised, Repeats: repeats, OpenMs: open, UnacknowledgedMs: waited}
	}
	return &hostpb.Offenders{Year: 2026, Month: 3, Rows: []*hostpb.Offender{
		row(all[2], 41, 204, 61*hour, 9*hour), row(all[1], 17, 17, 26*hour, 20*hour/3), row(all[4], 6, 8, 3*hour, hour/2), row(all[3], 1, 1, hour/120, hour/120),
	}}
}

// HelpLogs is a log that could go with a request.
func HelpLogs() *hostpb.HelpLogs {
	var b strings.Builder
	b.WriteString("2026-03-17 13:13:04.118 INFO  analyzer: run 4711 started, operator [name]\n")
	b.WriteString("2026-03-17 13:13:09.002 INFO  lis: order [id] received for sample [id], patient [name] ([date])\n")
	b.WriteString("2026-03-17 13:13:11.740 WARN  storage: 1.9 % free on /data/results\n")
	b.WriteString("[line removed]\n")
	for i := range 60 {
		fmt.Fprintf(&b, "2026-03-17 13:14:%02d.000 DEBUG syringe: stroke %d of 200, pressure 1.0%d bar, position %d, temperature 21.%d, all of it inside its limits as set\n", i, i, i%9, i*17, i%9)
	}
	text := b.String()
	return &hostpb.HelpLogs{Id: "l1", Text: text, Sha256: model.LogsSum(text), Lines: 64, Scrubbed: 6}
}

// Page answers a list's request from notifications that are newest first, as
// the service does.
func Page(all []*hostpb.Notification, r *hostpb.ListNotificationsRequest) *hostpb.NotificationPage {
	page := &hostpb.NotificationPage{}
	limit := int(r.GetLimit())
	if limit == 0 {
		limit = 50
	}
	text := strings.ToLower(r.GetText())
	for _, n := range all {
		switch {
		case n.GetGroupId() != r.GetGroupId() && (r.GetGroupId() != 0 || text == ""),
			r.GetOpenOnly() && n.GetState() != hostpb.AlarmState_ALARM_STATE_RAISED,
			len(r.GetSeverities()) > 0 && !slices.Contains(r.GetSeverities(), n.GetSeverity()),
			len(r.GetStates()) > 0 && !slices.Contains(r.GetStates(), n.GetState()),
			len(r.GetSources()) > 0 && !slices.Contains(r.GetSources(), n.GetSource()),
			n.GetRaisedUnixMs() < r.GetSinceUnixMs(), r.GetUntilUnixMs() > 0 && n.GetRaisedUnixMs() >= r.GetUntilUnixMs(),
			!strings.Contains(strings.ToLower(n.GetCode()+"\x00"+n.GetSubject()+"\x00"+n.GetPublisher()), text):
			continue
		}
		page.Total = min(page.Total+1, 1_000)
		switch {
		case r.GetBeforeId() != 0 && n.GetId() >= r.GetBeforeId():
		case len(page.Notifications) < limit:
			page.Notifications = append(page.Notifications, n)
		default:
			page.More = true
		}
	}
	return page
}

// Load gives a state the pages it wants of notifications that are newest first.
func Load(s *model.State, all []*hostpb.Notification) {
	for {
		want, ok := s.Alarms.List.Want(Now)
		if !ok {
			return
		}
		got, _ := want.Get(func(r *hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error) { return Page(all, r), nil })
		s.Alarms.List.Put(got)
	}
}

// Busy is a state with Everything.
func Busy() model.State {
	s := State()
	s.Alarms.List.Reload()
	Load(&s, append(Members(), Everything()...))
	s.Status.OpenNotifications, s.Status.Worst = 5, hostpb.Severity_SEVERITY_HIGH
	return s
}

// Opened is Busy with one notification open.
func Opened(id uint64) model.State {
	s := Busy()
	s.OpenAlarm(id)
	s.PutDetail(id, Detail(id))
	return s
}
