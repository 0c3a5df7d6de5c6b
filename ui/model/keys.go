package model

import "beckmanconnect/assets/text"

// Key is one shortcut, for people to read.
type Key struct {
	Keys string // "Ctrl+1"
	Does string
}

// Keys are the shortcuts of the main window and what always holds.
func Keys(c *text.Catalogue) []Key {
	ctrl := c.T("keys.ctrl")
	return []Key{
		{ctrl + "+1 … " + ctrl + "+8", c.T("keys.pages")},
		{"F1", c.T("keys.help")},
		{ctrl + "+F", c.T("keys.search")},
		{ctrl + "+,", c.T("keys.settings")},
		{c.T("keys.escape"), c.T("keys.back")},
		{c.T("keys.tab"), c.T("keys.next")},
		{c.T("keys.space"), c.T("keys.press")},
		{c.T(KillKey), c.T("keys.end")},
	}
}
