package sample

import (
	"time"

	"beckmanconnect/ipc/hostpb"
)

// ViewPrompt asks to see the screen.
func ViewPrompt() *hostpb.Prompt {
	return &hostpb.Prompt{
		Id: "p1", Nonce: []byte{1}, SessionId: "s1", Capability: hostpb.Capability_CAPABILITY_VIEW, Engineer: Engineer(),
		Ticket: "4711", Reason: "Look at the disk alarm", ExpiresUnixMs: In(60 * time.Second), ArmedAfterMs: 800,
		Durations: []hostpb.Duration_{hostpb.Duration__DURATION_ONCE, hostpb.Duration__DURATION_15_MIN, hostpb.Duration__DURATION_SESSION},
	}
}

// PatientPrompt is ViewPrompt where patient data may be visible.
func PatientPrompt() *hostpb.Prompt {
	p := ViewPrompt()
	p.PatientData = true
	return p
}

// MissedPrompt is ViewPrompt asked again after nobody answered.
func MissedPrompt() *hostpb.Prompt {
	p := ViewPrompt()
	p.Missed = 2
	return p
}

// IdlePrompt asks for mouse and keyboard of an idle instrument.
func IdlePrompt() *hostpb.Prompt {
	p := ViewPrompt()
	p.Id, p.Capability = "p2", hostpb.Capability_CAPABILITY_CONTROL
	p.Reason = "Archive old results together"
	return p
}

// ControlPrompt asks for mouse and keyboard while a run may be in progress.
func ControlPrompt() *hostpb.Prompt {
	p := IdlePrompt()
	p.RunInProgress = true
	return p
}

// PointerPrompt asks to point at things on the screen.
func PointerPrompt() *hostpb.Prompt {
	p := sharePrompt(hostpb.Capability_CAPABILITY_POINTER, hostpb.Duration__DURATION_SESSION)
	p.Reason = "Show where the lid sensor is"
	return p
}

// ChatPrompt asks to exchange messages.
func ChatPrompt() *hostpb.Prompt {
	return sharePrompt(hostpb.Capability_CAPABILITY_CHAT, hostpb.Duration__DURATION_SESSION)
}

// ClipboardPrompt asks for one direction of the clipboard.
func ClipboardPrompt(direction hostpb.Capability) *hostpb.Prompt {
	return sharePrompt(direction, hostpb.Duration__DURATION_ONCE)
}

func sharePrompt(c hostpb.Capability, d hostpb.Duration_) *hostpb.Prompt {
	p := ViewPrompt()
	p.Id, p.Capability, p.Durations = "p4", c, []hostpb.Duration_{d}
	return p
}

// FilePrompt offers one file.
func FilePrompt() *hostpb.Prompt {
	return &hostpb.Prompt{
		Id: "p3", Nonce: []byte{3}, SessionId: "s1", Capability: hostpb.Capability_CAPABILITY_FILES, Engineer: Engineer(),
		Ticket: "4711", Reason: "Settings for the archive", ExpiresUnixMs: In(42 * time.Second), ArmedAfterMs: 800,
		FileName: "archive-settings.xml", FileSize: 48_200, FileSha256: "9f2c41d07be83d557c1f02a94be83d557c1f02a94be83d557c1f02a94be83d55", FileDirection: "to-pc",
	}
}

// FetchPrompt asks for a file that is to be chosen.
func FetchPrompt() *hostpb.Prompt {
	p := FilePrompt()
	p.Reason = "The log of yesterday's run"
	p.FileDirection, p.FileName, p.FileSize, p.FileSha256 = "to-engineer", "", 0, ""
	return p
}

// SendPrompt asks whether the file that was chosen may be sent.
func SendPrompt() *hostpb.Prompt {
	p := FetchPrompt()
	p.FileName, p.FileSize, p.FileSha256 = "run-2026-11-24.log", 1_204_000, "5d1f4c0e7abe83d557c1f02a94be83d557c1f02a94be83d557c1f02a94be83d5"
	return p
}

// InitialsPrompt is ViewPrompt on a shared log-on.
func InitialsPrompt() *hostpb.Prompt {
	p := ViewPrompt()
	p.NeedsInitials = true
	return p
}

// PINPrompt asks for a file after control was given: a yes needs a PIN.
func PINPrompt() *hostpb.Prompt {
	p := FilePrompt()
	p.NeedsInitials, p.NeedsPin, p.PinWhy, p.PinTriesLeft = true, true, "control-given", 3
	return p
}

// FullPrompt is a prompt with everything on it that a prompt can have.
func FullPrompt() *hostpb.Prompt {
	p := ControlPrompt()
	p.Missed, p.PatientData, p.NeedsInitials, p.NeedsPin, p.PinWhy, p.PinTriesLeft = 1, true, true, true, "site-policy", 2
	return p
}
