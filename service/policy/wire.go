package policy

import "beckmanconnect/session/wire"

// Of gives the capability of the table that decides what an engineer asks for
// by its word on the wire. Both directions of the clipboard are one row: each
// is asked of the technician alone, and a site allows both or none. A word that
// is not known stays itself, and the table does not know it either.
func Of(word string) Capability {
	switch word {
	case wire.ClipboardToPC, wire.ClipboardToMe:
		return Clipboard
	}
	return Capability(word)
}
