// Package pagelink names the addresses by which Windows opens one of the
// product's pages, when a toast is clicked: the installation registers them and
// the tray's program takes them.
package pagelink

// Scheme is what the addresses begin with: "beckmanconnect:help". Any program
// and any web page may open one; all it can do is bring one of our pages
// forward.
const Scheme = "beckmanconnect"

// OpenFlag is how the tray's program is told an address, alone and as its only
// argument.
const OpenFlag = "--open"

// Command is what opens an address, for the tray's program in a folder.
func Command(bin string) string { return `"` + bin + `\beckmanconnect-tray.exe" ` + OpenFlag + ` "%1"` }
