// Package icons holds the product's pictures: the application's icon and one
// tray icon for each state. Shapes differ between states, so that nobody has to
// tell colours apart (B12). They are drawn by build/icons; run go generate here
// after changing it.
package icons

import (
	"embed"
	"fmt"
)

//go:generate go run beckmanconnect/build/icons -out .

// State is what a tray icon says.
type State string

// The states, from the most pressing to the least; which one wins is decided in
// app/tray. Waiting is the way into Session: help was asked for, and there is
// nothing to do but to wait.
const (
	Session   State = "session" // an engineer is connected
	Waiting   State = "waiting" // help was asked for, nobody is there yet
	ActNow    State = "act-now" // worst open notification is high
	Attention State = "attention"
	Offline   State = "offline" // the service or the cloud is out of reach
	OK        State = "ok"
)

// Note is beside toasts that ask for nothing. It is no state of the tray.
const Note State = "note"

// States lists every state of the tray once.
func States() []State { return []State{Session, Waiting, ActNow, Attention, Offline, OK} }

// ToastStates lists all that a toast may show, ToastSize pixels large.
func ToastStates() []State { return append(States(), Note) }

// ToastSize is the edge length in pixels of a toast's picture.
const ToastSize = 44

// Sizes are the edge lengths in pixels every tray icon exists in.
func Sizes() []int { return []int{16, 22, 24, 32, 44, 48, 64} }

//go:embed *.png *.ico
var files embed.FS

// App is the application's icon, 512 pixels, PNG.
func App() []byte { return read("app.png") }

// AppICO is the application's icon for Windows.
func AppICO() []byte { return read("app.ico") }

// PNG is a state's tray icon at one of Sizes.
func PNG(s State, size int) []byte { return read(fmt.Sprintf("tray-%s-%d.png", s, size)) }

// ICO is a state's tray icon for Windows, with all Sizes in it.
func ICO(s State) []byte { return read(fmt.Sprintf("tray-%s.ico", s)) }

// read panics on a name that was not built in: only a wrong constant gets there,
// and TestEveryPicture asks for all of them.
func read(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic("icons: " + err.Error())
	}
	return b
}
