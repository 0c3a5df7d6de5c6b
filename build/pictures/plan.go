package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"beckmanconnect/assets/text"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
)

// picture is one file of the gallery.
type picture struct {
	Kind     string  `json:"kind"` // "window", "question", "bar", "dialog", "icon", "console"
	Screen   string  `json:"screen"`
	Language string  `json:"language,omitempty"`
	Look     string  `json:"look,omitempty"`
	Scale    float32 `json:"scale,omitempty"`
	Text     string  `json:"text,omitempty"` // size of text; "": normal
	File     string  `json:"file"`           // in the gallery's folder
}

// palettes are the looks by their names in package preferences.
var palettes = map[string]func() theme.Palette{"light": theme.Light, "dark": theme.Dark, "contrast": theme.HighContrast}

// sized are the screens that are drawn in every size of text: those with most
// words in least room.
var sized = []string{
	"alarms", "alarms-small", "alarms-small-filter", "activity-small", "alarm", "help", "help-waiting", "help-session", "upgrade", "activity", "register-who", "summary",
	"home", "settings", "about", "guide", "prompt-view", "prompt-control", "prompt-file", "prompt-pin", "prompt-long", "bar",
}

// spoken leaves out what the product does not speak.
func spoken(tags []string) []string {
	return slices.DeleteFunc(tags, func(tag string) bool {
		return !slices.ContainsFunc(text.Languages(), func(l text.Language) bool { return l.Tag == tag })
	})
}

// plan lists what there is to draw, what looks alike together: changing the
// look of the program is dear.
func plan(o options) []picture {
	var all []picture
	for _, lang := range o.languages {
		screens := sample.Screens(lang)
		for _, look := range o.looks {
			for _, size := range append([]string{""}, o.texts...) {
				for _, s := range screens {
					if size != "" && !slices.Contains(sized, s.Name) {
						continue
					}
					for _, scale := range o.scales {
						p := picture{Kind: kind(s.Name), Screen: s.Name, Language: lang, Look: look, Scale: scale, Text: size}
						p.File = p.name() + ".png"
						if wanted(p.name(), o.names) {
							all = append(all, p)
						}
					}
				}
			}
		}
	}
	return all
}

func (p picture) name() string {
	name := fmt.Sprintf("%s-%s-%s-%g", p.Screen, p.Language, p.Look, p.Scale)
	if p.Text != "" {
		name += "-" + p.Text
	}
	return name
}

// kind tells which window a screen belongs to.
func kind(screen string) string {
	first, _, _ := strings.Cut(screen, "-")
	switch first {
	case "prompt", "preview":
		return "question"
	case "bar":
		return "bar"
	}
	return "window"
}

func wanted(name string, names []string) bool {
	return len(names) == 0 || slices.ContainsFunc(names, func(n string) bool { return strings.Contains(name, n) })
}

// foreign are the pictures that tests of other parts have put into folders of
// the gallery: the tray's own dialogs and the engineer's page.
func foreign(dir string) []picture {
	var all []picture
	for folder, as := range map[string]string{"dialogs": "dialog", "console": "console"} {
		files, _ := filepath.Glob(filepath.Join(dir, folder, "*.png"))
		for _, f := range files {
			name := strings.TrimSuffix(filepath.Base(f), ".png")
			p := picture{Kind: as, File: folder + "/" + filepath.Base(f)}
			if as == "dialog" {
				p.dialog(name)
			} else {
				p.console(name)
			}
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b picture) int { return strings.Compare(a.File, b.File) })
	return all
}

// dialog reads NAME-LANGUAGE-LOOK-SCALE from the right: a name may hold dashes.
func (p *picture) dialog(name string) {
	parts := strings.Split(name, "-")
	if n := len(parts); n >= 4 {
		p.Screen, p.Language, p.Look = strings.Join(parts[:n-3], "-"), parts[n-3], parts[n-2]
		if _, err := fmt.Sscan(parts[n-1], &p.Scale); err != nil {
			p.Screen = name
		}
		return
	}
	p.Screen = name
}

// console reads LANGUAGE-STATE-SIZE-LOOK.
func (p *picture) console(name string) {
	p.Screen, p.Scale = name, 1
	lang, rest, ok := strings.Cut(name, "-")
	if ok && len(lang) == 2 {
		p.Language, p.Screen = lang, rest
	}
	for _, look := range []string{"light", "dark"} {
		if before, ok := strings.CutSuffix(p.Screen, "-"+look); ok {
			p.Screen, p.Look = before, look
		}
	}
	if before, ok := strings.CutSuffix(p.Screen, "-2x"); ok {
		p.Screen, p.Scale = before, 2
	}
}

// exists tells whether a picture's file is there.
func exists(dir string, p picture) bool {
	_, err := os.Stat(filepath.Join(dir, p.File))
	return err == nil
}
