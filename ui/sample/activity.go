package sample

import (
	"strings"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/view"
)

// Activity is a part of the log.
func Activity() []*hostpb.Activity {
	entry := func(i uint64, ago time.Duration, kind, actor, subject, group string, fields ...string) *hostpb.Activity {
		a := &hostpb.Activity{Index: i, UnixMs: Ago(ago), Kind: kind, Actor: actor, Subject: subject, Group: group, Proven: i < 1284, Fields: map[string]string{}}
		for f := 0; f+1 < len(fields); f += 2 {
			a.Fields[fields[f]] = fields[f+1]
		}
		return a
	}
	day := 24 * time.Hour
	all := []*hostpb.Activity{
		entry(1284, 2*time.Minute, "notification.raised", "system", "disk-nearly-full", "alarms"),
		entry(1283, 20*time.Minute, "session.ended", "technician", "s-81c2", "sessions", "why", "technician"),
		entry(1282, 24*time.Minute, "file.received", "service", "s-81c2", "files"),
		entry(1281, 25*time.Minute, "prompt.answered", "technician", "s-81c2", "sessions", "capability", "files", "answer", "allowed"),
		entry(1280, 31*time.Minute, "prompt.answered", "technician", "s-81c2", "sessions", "capability", "control", "answer", "denied"),
		entry(1279, 36*time.Minute, "session.granted", "technician", "s-81c2", "sessions", "capability", "view", "duration", "session"),
		entry(1278, 38*time.Minute, "code.wrong", "engineer", "r-1", "sessions", "try", "1"),
		entry(1277, 44*time.Minute, "help.requested", "technician", "r-1", "sessions"),
		entry(1276, day, "upgrade.installed", "service", "0.1.0", "upgrades"),
		entry(1275, day+time.Hour, "notification.acknowledged", "technician", "shift-note", "alarms"),
		entry(1274, day+2*time.Hour, "quality.checked", "service", "module A", "system"),
	}
	all[8].ClockBack = true
	return all
}

// LoadActivity gives a state the newest page of the log.
func LoadActivity(s *model.State, all []*hostpb.Activity) {
	want, ok := s.Activity.List.Want(Now)
	if !ok {
		return
	}
	got, _ := want.Get(func(*hostpb.ListActivityRequest) (*hostpb.ActivityPage, error) {
		return &hostpb.ActivityPage{Entries: all}, nil
	})
	s.Activity.List.Put(got)
}

// Entry is one entry with all there is to know.
func Entry(index uint64) *hostpb.ActivityDetail {
	for _, a := range Activity() {
		if a.GetIndex() == index {
			a.Witnessed = index < 1280
			d := &hostpb.ActivityDetail{
				Entry: a, MonoNs: int64(3*time.Hour + 12*time.Minute), Boot: "b-1", Leaf: strings.Repeat("4be83d55", 8), Checkpoint: 1284, CheckpointUnix: Now.Add(-4 * time.Minute).Unix(), Proof: "proof",
			}
			if a.Witnessed {
				d.Checkpoint = 1280
				d.Witnesses = []*hostpb.LogWitness{{Name: "cloud", Entries: 1280, Unix: Now.Add(-7 * time.Minute).Unix(), State: "ok"}}
			}
			return d
		}
	}
	return nil
}

// activityScreens are the states of the activity page.
func activityScreens(page func(name, page string, s model.State, then ...func(*view.Window)) Screen) []Screen {
	with := func(how func(*model.State)) model.State {
		s := State()
		how(&s)
		return s
	}
	open := func(index uint64, how func(*hostpb.ActivityDetail)) model.State {
		return with(func(s *model.State) {
			s.OpenActivity(index)
			d := Entry(index)
			how(d)
			s.PutEntry(index, d)
		})
	}
	filter := func(f model.ActivityFilter, all []*hostpb.Activity) model.State {
		return with(func(s *model.State) { s.Activity.List.SetFilter(f); LoadActivity(s, all) })
	}
	export := func(e model.Export) model.State { return with(func(s *model.State) { s.Activity.Export = e }) }
	trouble := func(code string) model.State { return with(func(s *model.State) { s.Status.Log.Trouble = code }) }
	list := func(name string, s model.State) Screen { return page(name, view.Activity, s) }
	faulty := with(func(s *model.State) {
		s.Activity.List.Reload()
		if w, ok := s.Activity.List.Want(Now); ok {
			s.Activity.List.Failed(w)
		}
	})
	var session []*hostpb.Activity
	for _, a := range Activity() {
		if a.GetSubject() == "s-81c2" {
			session = append(session, a)
		}
	}
	return []Screen{
		list("activity", State()),
		list("activity-session", filter(model.ActivityFilter{Session: "s-81c2", Groups: [7]bool{1: true, 2: true}}, session)),
		list("activity-none", filter(model.ActivityFilter{Text: "printer"}, nil)),
		list("activity-loading", with(func(s *model.State) { s.Activity = model.Activity{} })),
		list("activity-faulty", faulty),
		list("activity-forked", trouble("forked")),
		list("activity-not-writable", trouble("not-writable")),
		list("activity-detail", open(1279, func(d *hostpb.ActivityDetail) { d.Entry.Fields["account"] = "maria" })),
		list("activity-sealed", open(1281, func(d *hostpb.ActivityDetail) {
			d.Entry.Erased, d.Entry.Damaged, d.Entry.Confidential, d.Proof = []string{"initials"}, []string{"name"}, []string{"reason"}, ""
			d.Entry.Proven = false
		})),
		list("activity-export", export(model.Export{Step: model.ExportAsked, Format: "pdf"})),
		list("activity-exporting", export(model.Export{Step: model.ExportRunning, Format: "jsonl", Done: 512, Total: 1284})),
		list("activity-exported", export(model.Export{Step: model.ExportSaved, Format: "jsonl", Name: "beckmanconnect-log-0-1283.jsonl"})),
		list("activity-export-failed", export(model.Export{Step: model.ExportFailed, Format: "pdf", Code: "export-too-many"})),
	}
}
