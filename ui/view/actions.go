package view

import (
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
)

// Actions is what a technician can make happen.
type Actions interface {
	Navigate(page string)
	DismissFailure()

	AcceptTerms(version, sha256, initials string)
	Register(model.Registration)

	// FilterNotifications narrows the list; SeeNotifications notes which of its
	// rows are in sight, so that the missing ones are fetched;
	// ReloadNotifications tries again after that failed.
	FilterNotifications(model.Filter)
	SeeNotifications(from, to int)
	ReloadNotifications()
	// OpenNotification shows one, ShowNotifications another part of the page;
	// BackFromNotification goes one step back.
	OpenNotification(id uint64)
	ShowNotifications(model.AlarmPlace)
	BackFromNotification()
	// StartAct asks for what an act needs before it is done. Acknowledge and
	// Unshelve start it themselves where the site wants to know who acts and it
	// is not said.
	StartAct(model.AlarmAct)
	Acknowledge(id uint64, who model.Signature)
	Shelve(id uint64, until model.ShelfChoice, reason string, who model.Signature)
	Unshelve(id uint64, who model.Signature)
	AskHelpAbout(id uint64)
	// LastInitials are those that were last given at this log-on.
	LastInitials() string

	// WriteDraft keeps what is written for the next shift, WriteHandover saves it.
	WriteDraft(note string)
	WriteHandover(note string, who model.Signature)
	GoMonth(by int)

	SetQuietHours(on bool, from, to uint32, who model.Signature)
	TestAlarm()

	HelpStep(model.HelpStep)
	// HelpReason keeps what was typed; RequestHelp asks for a code, with the log
	// that was looked at or without.
	HelpReason(string)
	RequestHelp(withLogs bool)
	CancelHelp()
	Revoke(hostpb.Capability)
	EndSession()
	ShowPreview()
	// SendFile lets the technician choose a file to send; StopTransfer stops
	// one that is on its way.
	SendFile()
	StopTransfer(id string)
	// SendChat says one line to the engineer.
	SendChat(line string)
	ShowSummary(open bool)

	// SetPIN gives the technician with these initials a PIN; old is the present
	// one, empty where there is none.
	SetPIN(initials, pin, old string)

	// StartUpgradeAct does what needs nothing more, and asks for what an act
	// needs otherwise; UpgradeNothing gives it up. ChangeUpgrade lets another
	// time be chosen.
	StartUpgradeAct(model.UpgradeAct)
	ChangeUpgrade()
	AcceptUpgrade(digest, when string, who model.Signature, runConfirmed bool)
	PostponeUpgrade(digest string, until model.RemindChoice)
	CancelUpgrade(digest string, who model.Signature)
	CheckUpgrades()
	// DismissUpgrade notes that the outcome was read.
	DismissUpgrade(digest string)

	FilterActivity(model.ActivityFilter)
	// SeeActivity tells which rows are in sight; to is the first that is not.
	SeeActivity(from, to int)
	ReloadActivity()
	OpenActivity(index uint64)
	BackFromActivity()
	// AskExport opens the panel for a file of what the filter lets through;
	// StartExport writes one. StopExport ends it, and closes the panel.
	AskExport()
	ChooseExport(format string)
	StartExport()
	StopExport()
	SaveCertificate(session string)
	CopyProof()
	SaveProof()
	OpenExportFolder()

	SetLanguage(tag string)
	SetTheme(name string)
	// SetTextSize takes one of preferences.TextSizes; SetSilent stops the sounds,
	// each of which has a visible twin.
	SetTextSize(name string)
	SetSilent(bool)
	// LeaveGuide ends the introduction, which is not shown by itself again.
	LeaveGuide()
}
