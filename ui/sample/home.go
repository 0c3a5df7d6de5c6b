package sample

import (
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/view"
)

func (Nobody) SetTextSize(string) {}
func (Nobody) SetSilent(bool)     {}
func (Nobody) LeaveGuide()        {}

// Recent are the last things that happened.
func Recent() []*hostpb.Activity {
	return []*hostpb.Activity{
		{Index: 1283, UnixMs: Ago(2 * time.Minute), Kind: "notification.raised", Actor: "service", Subject: "disk-nearly-full"},
		{Index: 1270, UnixMs: Ago(51 * time.Minute), Kind: "session.ended", Actor: "technician", Subject: "s7", Fields: map[string]string{"why": "technician"}},
		{Index: 1241, UnixMs: Ago(26 * time.Hour), Kind: "upgrade.installed", Actor: "service", Fields: map[string]string{"version": "0.1.0"}},
	}
}

// withHome fills what the first page fetches; a number of the service to call
// is configured.
func withHome(s model.State, open ...*hostpb.Notification) model.State {
	s.Home.Put(model.HomeGot{Open: open, Recent: Recent()})
	if s.Status != nil {
		s.Status.SupportPhone, s.Status.SupportHours = "+43 1 000 0000", "Mon–Fri 7:00–20:00"
	}
	return s
}

// HomeWell is a day on which nothing needs doing.
func HomeWell() model.State { return withHome(State()) }

// HomeAlarmed has more open notifications than rows, and an upgrade.
func HomeAlarmed() model.State {
	s := withHome(Alarmed(), Notifications()[:2]...)
	s.Status.OpenNotifications, s.Status.Worst = 7, hostpb.Severity_SEVERITY_HIGH
	s.Upgrade = Upgrade()
	return s
}

// notices are a few lines as the build writes them.
const notices = `# Third-party notices

What the programs are made of besides their own code: every module linked into any of them on Linux, Windows or in the browser, with its licence and copyright.

## In the programs

| module | version | licence | copyright |
|---|---|---|---|
| example.org/alpha | v1.2.0 | BSD-3-Clause | Copyright (c) 2009 The Authors. All rights reserved. |
| example.org/beta/v2 | v2.7.1 | MIT, OFL-1.1 | Copyright (C) 2018 Beta developers<br>Copyright (c) 2003 Gamma |

## Texts

**example.org/alpha LICENSE**

    Permission is hereby granted, free of charge, to any person obtaining a copy
    of this software and associated documentation files.
`

// Choices are those of a first start.
func Choices() view.Choices {
	return view.Choices{Theme: "system", TextSize: "normal", Version: "0.1.0", Notices: notices}
}

func homeScreens(lang string, page func(name, page string, s model.State, then ...func(*view.Window)) Screen) []Screen {
	many := withHome(State())
	offline := HomeAlarmed()
	offline.Status.Link, offline.Status.OpenNotifications, offline.Upgrade = hostpb.Link_LINK_OFFLINE, 2, nil
	offline.Status.LinkFacts = []*hostpb.LinkFact{{Name: "code", Value: "proxy-auth"}}
	many.Status.Log.Writable, many.Status.Log.Trouble = false, "not-writable"
	many.Support = &hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_OFF, OffCode: "log-not-writable"}
	loading := State()
	press := func(ids ...string) func(*view.Window) {
		return func(w *view.Window) {
			for _, id := range ids {
				if b, ok := part.Find(w.Content(), id).(*part.Button); ok {
					b.OnTapped()
				}
			}
		}
	}
	return []Screen{
		page("home", view.Home, HomeWell()),
		page("home-alarms", view.Home, HomeAlarmed()),
		page("home-offline", view.Home, offline),
		page("home-log", view.Home, many),
		page("home-loading", view.Home, loading),
		page("home-no-service", view.Home, NoService()),
		page("home-setup", view.Home, withHome(Fresh(lang))),
		page("home-waiting", view.Home, withHome(Waiting())),
		page("home-taken", view.Home, withHome(Taken())),
		page("home-unheard", view.Home, withHome(Unheard())),
		page("home-session", view.Home, withHome(Session())),
		page("settings", view.Settings, State()),
		page("settings-privacy", view.Settings, State(), press("settings.privacy")),
		page("about-notices", view.About, State(), press("about.notices")),
		page("guide", view.Guide, State()),
		page("guide-icon", view.Guide, State(), press("guide.next")),
		page("guide-help", view.Guide, State(), press("guide.next", "guide.next")),
		page("guide-choices", view.Guide, State(), press("guide.next", "guide.next", "guide.next")),
	}
}
