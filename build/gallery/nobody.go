package main

import (
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
)

// nobody does nothing: the pictures are only looked at.
type nobody struct{}

func (nobody) Navigate(string)                    {}
func (nobody) DismissFailure()                    {}
func (nobody) AcceptTerms(string, string, string) {}
func (nobody) Register(model.Registration)        {}
func (nobody) Acknowledge(uint64)                 {}
func (nobody) AskHelpAbout(uint64)                {}
func (nobody) OlderNotifications()                {}
func (nobody) HelpStep(model.HelpStep)            {}
func (nobody) RequestHelp(string)                 {}
func (nobody) CancelHelp()                        {}
func (nobody) Revoke(hostpb.Capability)           {}
func (nobody) EndSession()                        {}
func (nobody) InstallUpgrade(string)              {}
func (nobody) OlderActivity()                     {}
func (nobody) SetLanguage(string)                 {}
func (nobody) SetTheme(string)                    {}
func (nobody) MoveBar(float32, float32)           {}
