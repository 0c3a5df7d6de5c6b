package model

import (
	"strings"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// plainWords turns an entry of the log into a sentence.
func plainWords(c *text.Catalogue, a *hostpb.Activity) (string, icons.Name, theme.Tone) {
	kind := a.GetKind()
	subject := Clean(a.GetSubject(), 120)
	if version := Clean(a.GetFields()["version"], 32); version != "" && strings.HasPrefix(kind, upgradeKinds) {
		subject = version // people know a release by it, the log by its digest
	}
	capability := a.GetFields()["capability"]
	if capability == "" {
		capability = a.GetSubject()
	}
	if key := "capability." + capability; c.Has(key) {
		capability = c.T(key)
	}
	icon, tone := iconOf(kind)
	key := "kind." + kind
	if answer := key + "." + a.GetFields()["answer"]; c.Has(answer) {
		key = answer
		if a.GetFields()["answer"] == "allowed" {
			icon, tone = icons.Check, theme.Good
		} else {
			icon, tone = icons.Cross, theme.Danger
		}
	}
	if !c.Has(key) && strings.HasPrefix(kind, "mask.") {
		key = "kind.mask.other"
	}
	if !c.Has(key) {
		return c.T("kind.other", "kind", Clean(kind, 60), "subject", subject), icon, tone
	}
	// A sentence about something nameless ends before its colon.
	return strings.TrimRight(c.T(key, "subject", subject, "capability", Clean(capability, 60)), ":： "), icon, tone
}

func iconOf(kind string) (icons.Name, theme.Tone) {
	switch {
	case strings.HasSuffix(kind, ".denied"), strings.HasSuffix(kind, ".refused"), strings.HasSuffix(kind, "-refused"),
		strings.HasSuffix(kind, ".failed"), strings.HasSuffix(kind, ".wrong"), strings.HasSuffix(kind, ".throttled"), strings.HasSuffix(kind, ".revoked"),
		strings.HasSuffix(kind, ".locked"), kind == "desktop.missing":
		return icons.Cross, theme.Danger
	case strings.HasSuffix(kind, ".rolled-back"), strings.HasSuffix(kind, ".unhealthy"):
		return icons.Warning, theme.Attention
	case strings.HasSuffix(kind, ".granted"), strings.HasSuffix(kind, ".accepted"), strings.HasSuffix(kind, ".acknowledged"):
		return icons.Check, theme.Good
	case strings.HasPrefix(kind, "notification."):
		return icons.Bell, theme.Attention
	case strings.HasPrefix(kind, "session."), strings.HasPrefix(kind, "engineer."), strings.HasPrefix(kind, "prompt."):
		return icons.Person, theme.Session
	case strings.HasPrefix(kind, "pin."), strings.HasPrefix(kind, "mask."):
		return icons.Shield, theme.Note
	case strings.HasPrefix(kind, "help."), strings.HasPrefix(kind, "code."):
		return icons.Phone, theme.Note
	case strings.HasPrefix(kind, "chat."):
		return icons.Chat, theme.Session
	case strings.HasPrefix(kind, "clipboard."):
		return icons.Clipboard, theme.Session
	case strings.HasPrefix(kind, "monitor."):
		return icons.Eye, theme.Session
	case strings.HasPrefix(kind, "file."):
		return icons.File, theme.Note
	case strings.HasPrefix(kind, upgradeKinds):
		return icons.Upgrade, theme.Note
	}
	return icons.Info, theme.Neutral
}

// detail is what an entry's fields add, in one line. Numbers and hashes are
// left to IT's beckmanctl.
func detail(c *text.Catalogue, a *hostpb.Activity) string {
	var parts []string
	add := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	f := a.GetFields()
	if try := Clean(f["try"], 4); try != "" {
		add(c.T("activity.try", "try", try))
	}
	switch d := f["duration"]; d {
	case "once", "15min", "session":
		add(c.T("prompt.duration." + d))
	}
	if why := f["why"]; why != "" {
		if a.GetKind() == "session.ended" || a.GetKind() == "help.ended" {
			add(ended(c, why))
		} else {
			add(reason(c, why))
		}
	}
	if a.GetKind() == "chat.line" {
		add(Clean(f["text"], 200))
	}
	if strings.HasPrefix(a.GetKind(), upgradeKinds) {
		if key := "upgrade.choose." + f["when"]; c.Has(key) {
			add(c.T(key))
		}
		add(Clean(f["code"], 40))
	} else {
		add(Clean(f["version"], 32))
	}
	add(cleanName(f["name"]))
	return strings.Join(parts, " · ")
}

// upgradeKinds are the log's kinds about upgrades.
const upgradeKinds = "upgrade."

// reason is why something was refused or ended, in words where we have them.
func reason(c *text.Catalogue, why string) string {
	if key := "why." + why; c.Has(key) {
		return c.T(key)
	}
	return Clean(why, 60)
}

// actor is who did it, in words where we have them.
func actor(c *text.Catalogue, name string) string {
	if key := "actor." + name; c.Has(key) {
		return c.T(key)
	}
	return cleanName(name)
}
