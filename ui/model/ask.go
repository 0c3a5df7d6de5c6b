package model

import (
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/ask"
)

// A question's rules stand in package ask; windows know them by these names.
type (
	Sight   = ask.Sight
	Arming  = ask.Arming
	Reading = ask.Reading
)

// What is in the way of a question.
const (
	OutOfSight = ask.OutOfSight
	InSight    = ask.InSight
	Covered    = ask.Covered
	Locked     = ask.Locked
)

// The bounds of what is typed as initials and PIN.
const (
	InitialsLimit = ask.InitialsLimit
	PINLeast      = ask.PINLeast
	PINMost       = ask.PINMost
)

const nameLimit = ask.NameLimit

// NewArming starts counting for a prompt.
func NewArming(p *hostpb.Prompt) *Arming { return ask.NewArming(p) }

// Clean makes text that came from the other side fit to be shown.
func Clean(s string, limit int) string { return ask.Clean(s, limit) }

func cleanName(s string) string { return ask.CleanName(s) }

// Initials is what somebody typed as their initials, as they are kept.
func Initials(typed string) string { return ask.Initials(typed) }

// InitialsFit says whether initials can be somebody's.
func InitialsFit(typed string) bool { return ask.InitialsFit(typed) }

// Digits is what may stand in a field for a PIN.
func Digits(typed string) string { return ask.Digits(typed) }

// Joined puts what is not empty one after the other.
func Joined(parts ...string) string { return ask.Joined(parts...) }
