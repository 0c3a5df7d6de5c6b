package window

import (
	"fyne.io/fyne/v2"

	"beckmanconnect/app/preferences"
	"beckmanconnect/internal/version"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/view"
)

// The choices' names in Fyne's own settings, where versions before this one
// kept them.
const (
	oldLanguage = "language"
	oldLook     = "theme"
	oldFolder   = "files.folder"
)

// loadChoices reads what was chosen at this log-on. What cannot be read is told
// and counts as nothing chosen: it must not keep an alarm from anybody.
func (p *program) loadChoices() {
	path := p.config.Preferences
	if path == "" {
		var err error
		if path, err = preferences.Path(); err != nil {
			p.log.Warn("what is chosen is not kept", "error", err)
		}
	}
	p.choicesFile = path
	if path != "" {
		var err error
		if p.choices, err = preferences.Load(path); err != nil {
			p.log.Warn("what was chosen cannot be read", "error", err)
		}
	}
	if p.choices.Look == "" { // there is no file yet
		old := p.app.Preferences()
		p.choices.Language, p.choices.Look = old.String(oldLanguage), old.StringWithFallback(oldLook, preferences.Looks[0])
		p.choices.TextSize = preferences.TextSizes[0]
	}
	if p.choices.Folder == "" {
		p.choices.Folder = p.app.Preferences().String(oldFolder)
	}
	look := p.choices.Look
	if p.config.Theme != "" {
		look = p.config.Theme
	}
	p.settings = view.Choices{Theme: look, TextSize: p.choices.TextSize, Silent: p.choices.Silent, Version: version.Version(), Notices: p.config.Notices}
}

// keep changes what is chosen and keeps it. The tray writes nothing there.
func (p *program) keep(change func(*preferences.Preferences)) {
	change(&p.choices)
	if p.choicesFile == "" {
		return
	}
	if err := preferences.Save(p.choicesFile, p.choices); err != nil {
		p.log.Warn("what is chosen is not kept", "error", err)
	}
}

// SetLanguage is part of view.Actions.
func (p *program) SetLanguage(tag string) {
	p.keep(func(c *preferences.Preferences) { c.Language = tag })
	p.redress(tag)
	p.want(model.Reload{Terms: true})
	p.fetch()
}

// SetTheme is part of view.Actions.
func (p *program) SetTheme(name string) {
	p.keep(func(c *preferences.Preferences) { c.Look = name })
	p.settings.Theme = name
	p.redress(p.kit.Words.Lang())
}

// SetTextSize is part of view.Actions.
func (p *program) SetTextSize(name string) {
	p.keep(func(c *preferences.Preferences) { c.TextSize = name })
	p.settings.TextSize = name
	p.redress(p.kit.Words.Lang())
}

// SetSilent is part of view.Actions. The tray, which plays the sounds, reads it
// from the file.
func (p *program) SetSilent(silent bool) {
	p.keep(func(c *preferences.Preferences) { c.Silent = silent })
	p.settings.Silent = silent
}

// LeaveGuide is part of view.Actions.
func (p *program) LeaveGuide() {
	p.guided()
	next := view.Home
	if p.needsSetup() {
		next = view.Register
	}
	p.Navigate(next)
}

// guided notes that the introduction was seen, or left.
func (p *program) guided() {
	if p.choices.Guided == "" {
		p.keep(func(c *preferences.Preferences) { c.Guided = version.Version() })
	}
}

// redress builds everything again in another language or look. What had the
// keyboard has it again, and nothing scrolls away.
func (p *program) redress(lang string) {
	p.dress(lang)
	at := p.content.Place()
	p.build()
	if focused := p.content.Return(at); focused != nil {
		p.main.Canvas().Focus(focused)
	}
	p.main.SetTitle(p.kit.T("app.name") + " " + p.kit.T("app.subtitle"))
	p.bar.redress(p)
	p.preview.redress(p)
}

// shortcuts gives the window's to its canvas, in place of those of the content
// that was there before.
func (p *program) shortcuts() {
	canvas := p.main.Canvas()
	p.content.Shortcuts(func(s fyne.Shortcut, do func(fyne.Shortcut)) {
		canvas.RemoveShortcut(s)
		canvas.AddShortcut(s, do)
	})
}
