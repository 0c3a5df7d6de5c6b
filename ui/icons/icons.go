// Package icons is the set of line icons the windows use: one stroke, one
// grid of 24, drawn in the colour of the text beside them.
package icons

import (
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
)

// Name is one icon.
type Name string

const (
	Bell      Name = "bell"
	Help      Name = "help"
	Upgrade   Name = "upgrade"
	Activity  Name = "activity"
	Setup     Name = "setup"
	About     Name = "about"
	Eye       Name = "eye"
	Pointer   Name = "pointer"
	File      Name = "file"
	Clipboard Name = "clipboard"
	Check     Name = "check"
	Shield    Name = "shield"
	Warning   Name = "warning"
	Stop      Name = "stop"
	Info      Name = "info"
	Low       Name = "low"
	Clock     Name = "clock"
	Phone     Name = "phone"
	Person    Name = "person"
	Cross     Name = "cross"
	Offline   Name = "offline"
	Online    Name = "online"
	Seal      Name = "seal"
	Power     Name = "power"
	Instr     Name = "instrument"
	Chat      Name = "chat"
	Marker    Name = "marker"
	Send      Name = "send"
	Search    Name = "search"
	Back      Name = "back"
	Next      Name = "next"
	Shelf     Name = "shelf"
	Moon      Name = "moon"
	Note      Name = "note"
	Group     Name = "group"
	Down      Name = "down"
	Home      Name = "home"
	Settings  Name = "settings"
	Sound     Name = "sound"

	Hidden Name = "hidden"

	ClipboardIn  Name = "clipboard-in"
	ClipboardOut Name = "clipboard-out"
)

// shapes are the insides of each icon's picture.
var shapes = map[Name]string{
	Bell:      `<path d="M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15z"/><path d="M10 21h4"/>`,
	Help:      `<circle cx="12" cy="12" r="9"/><circle cx="12" cy="12" r="3.6"/><path d="M5.7 5.7l3.7 3.7M14.6 14.6l3.7 3.7M18.3 5.7l-3.7 3.7M9.4 14.6l-3.7 3.7"/>`,
	Upgrade:   `<circle cx="12" cy="12" r="9"/><path d="M12 16.5V8"/><path d="M8.3 11.4L12 7.7l3.7 3.7"/>`,
	Activity:  `<path d="M9 6h11M9 12h11M9 18h11"/><path d="M4 6h1.2M4 12h1.2M4 18h1.2"/>`,
	Setup:     `<path d="M5 5h14v16H5z"/><path d="M9 3h6v4H9z"/><path d="M8.8 14l2.2 2.2 4.2-4.4"/>`,
	About:     `<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5"/><path d="M12 7.4v0.4"/>`,
	Eye:       `<path d="M2.5 12C4.8 7.8 8.2 5.7 12 5.7s7.2 2.1 9.5 6.3c-2.3 4.2-5.7 6.3-9.5 6.3S4.8 16.2 2.5 12z"/><circle cx="12" cy="12" r="2.8"/>`,
	Pointer:   `<path d="M6 3.5l12.5 9.2-5.8 1-3.1 5.3z"/><path d="M12.9 13.9l3.4 6.2"/>`,
	File:      `<path d="M6 3h8l4.5 4.5V21H6z"/><path d="M13.7 3v5h4.8"/><path d="M12 11.5v6M9.4 14.9L12 17.5l2.6-2.6"/>`,
	Clipboard: `<path d="M5 5h14v16H5z"/><path d="M9 3h6v4H9z"/><path d="M8.5 12h7M8.5 16h7"/>`,
	Check:     `<path d="M4.5 12.8l4.7 4.7L19.5 7"/>`,
	Shield:    `<path d="M12 3l7.5 2.8v5.7c0 4.4-3 7.7-7.5 9.5-4.5-1.8-7.5-5.1-7.5-9.5V5.8z"/><path d="M8.7 12.1l2.4 2.4 4.3-4.7"/>`,
	Warning:   `<path d="M12 3.8L21.5 20h-19z"/><path d="M12 10v4.8"/><path d="M12 17.3v0.3"/>`,
	Stop:      `<path d="M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3z"/><path d="M12 7.5v5.5"/><path d="M12 16.3v0.3"/>`,
	Info:      `<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5"/><path d="M12 7.4v0.4"/>`,
	Low:       `<circle cx="12" cy="12" r="9"/><path d="M8 12h8"/>`,
	Clock:     `<circle cx="12" cy="12" r="9"/><path d="M12 6.8V12l3.6 2.3"/>`,
	Phone:     `<path d="M5.2 3.8h3.6l1.7 4.5-2.2 1.5c1 2.3 2.7 4 5 5.1l1.6-2.2 4.5 1.7v3.5c0 1.1-.9 2-2 1.9C10.4 19.2 4.7 13.4 3.3 5.9c-.2-1.1.8-2.1 1.9-2.1z"/>`,
	Person:    `<circle cx="12" cy="8" r="4"/><path d="M4 20.5c.7-4.2 3.9-6.2 8-6.2s7.3 2 8 6.2"/>`,
	Cross:     `<path d="M6 6l12 12M18 6L6 18"/>`,
	Offline:   `<path d="M4 4l16 16"/><path d="M3 9.8a13 13 0 0 1 4.5-2.9M6.2 13.3a8.4 8.4 0 0 1 4.3-2.2M11.4 6.1A13 13 0 0 1 21 9.8M15.3 11.9a8.4 8.4 0 0 1 2.5 1.4"/><path d="M12 18v0.3"/>`,
	Online:    `<path d="M3 9.8a13 13 0 0 1 18 0M6.2 13.3a8.4 8.4 0 0 1 11.6 0M9.2 16.5a4 4 0 0 1 5.6 0"/><path d="M12 19.3v0.3"/>`,
	Seal:      `<path d="M7 11V8a5 5 0 0 1 10 0v3"/><path d="M5 11h14v9.5H5z"/><path d="M12 14.7v2.2"/>`,
	Power:     `<path d="M12 3.5v8"/><path d="M7 6.3a8 8 0 1 0 10 0"/>`,
	Chat:      `<path d="M4 5h16v11.5h-8.5L7 20.5v-4H4z"/><path d="M8 9.2h8M8 12.4h5"/>`,
	Marker:    `<circle cx="12" cy="12" r="3"/><circle cx="12" cy="12" r="7.5"/><path d="M12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22"/>`,
	Send:      `<path d="M3.5 11.5L20.5 4l-5 16.5-3.6-6.2z"/><path d="M11.9 14.3L20.5 4"/>`,
	Search:    `<circle cx="10.5" cy="10.5" r="6.2"/><path d="M15.2 15.2L20.5 20.5"/>`,
	Back:      `<path d="M14.5 5.5L8 12l6.5 6.5"/>`,
	Next:      `<path d="M9.5 5.5L16 12l-6.5 6.5"/>`,
	Shelf:     `<path d="M4 13.5h16V20H4z"/><path d="M12 3.5v6.3M9 7l3 3 3-3"/><path d="M10 16.8h4"/>`,
	Moon:      `<path d="M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7z"/>`,
	Note:      `<path d="M5 3.5h14V15l-5.5 5.5H5z"/><path d="M13.5 20.5V15H19"/><path d="M8.5 8h7M8.5 11.5h5"/>`,
	Group:     `<path d="M4 8.5h12V20H4z"/><path d="M8 8.5V4h12v11.5h-4"/>`,

	Home:     `<path d="M4 11.2L12 4l8 7.2"/><path d="M6 9.8V20h12V9.8"/><path d="M10 20v-5.5h4V20"/>`,
	Settings: `<path d="M4 7h8M18 7h2M4 17h2M12 17h8"/><circle cx="15" cy="7" r="2.6"/><circle cx="9" cy="17" r="2.6"/>`,
	Sound:    `<path d="M4 9.5h3.5L12 5.5v13l-4.5-4H4z"/><path d="M15.5 9a4.3 4.3 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"/>`,
	Hidden:   `<path d="M2.5 12C4.8 7.8 8.2 5.7 12 5.7s7.2 2.1 9.5 6.3c-2.3 4.2-5.7 6.3-9.5 6.3S4.8 16.2 2.5 12z"/><path d="M4.5 20L19.5 4"/>`,

	Down: `<path d="M6 9.5l6 6 6-6"/>`,

	ClipboardIn:  `<path d="M5 5h14v16H5z"/><path d="M9 3h6v4H9z"/><path d="M12 10v7M9 14.2l3 3 3-3"/>`,
	ClipboardOut: `<path d="M5 5h14v16H5z"/><path d="M9 3h6v4H9z"/><path d="M12 17.2v-7M9 13l3-3 3 3"/>`,

	Instr: `<path d="M4 20.5h16"/><path d="M7 20.5V9h10v11.5"/><path d="M9.5 9V3.5h5V9"/><path d="M10 13.5h4"/>`,
}

// Names returns every icon there is.
func Names() []Name {
	out := make([]Name, 0, len(shapes))
	for n := range shapes {
		out = append(out, n)
	}
	return out
}

// Resource is an icon in a colour.
func Resource(n Name, c color.NRGBA) fyne.Resource {
	hex := fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
	svg := `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="` + hex +
		`" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round">` + shapes[n] + `</svg>`
	// The name is the key of Fyne's picture cache, so it carries the colour.
	return fyne.NewStaticResource(string(n)+hex[1:]+".svg", []byte(svg))
}
