package install

import (
	"encoding/xml"
	"fmt"
	"strings"
	"unicode/utf16"

	"beckmanconnect/internal/pagelink"
)

// What starts the tray: an entry of the Run key at every interactive log-on, and
// a task that starts it at log-on too and looks every few minutes after that, so
// that it is back after a crash. The tray is there once per log-on, whoever
// starts it.
const (
	trayProgram = "beckmanconnect-tray"
	runKey      = `Software\Microsoft\Windows\CurrentVersion\Run`
	runValue    = "BeckmanConnect"
	linkKey     = `Software\Classes\` + pagelink.Scheme // what opens a page when a toast is clicked
	taskName    = `\BeckmanConnect\Tray`
	taskPause   = "PT2M"
)

// trayCommand is the program and its arguments, as both need them.
func (l Layout) trayCommand() (program, arguments string) {
	return l.Bin() + `\` + trayProgram + ".exe", fmt.Sprintf(`--config "%s"`, l.Config.File)
}

// runCommand is the Run key's value.
func (l Layout) runCommand() string {
	program, arguments := l.trayCommand()
	return `"` + program + `" ` + arguments
}

// task is the part of Task Scheduler's schema that is used.
type task struct {
	XMLName      xml.Name `xml:"http://schemas.microsoft.com/windows/2004/02/mit/task Task"`
	Version      string   `xml:"version,attr"`
	Author       string   `xml:"RegistrationInfo>Author"`
	Description  string   `xml:"RegistrationInfo>Description"`
	URI          string   `xml:"RegistrationInfo>URI"`
	Interval     string   `xml:"Triggers>LogonTrigger>Repetition>Interval"`
	StopAtEnd    bool     `xml:"Triggers>LogonTrigger>Repetition>StopAtDurationEnd"`
	Enabled      bool     `xml:"Triggers>LogonTrigger>Enabled"`
	Principal    principal
	Instances    string `xml:"Settings>MultipleInstancesPolicy"`
	OnBattery    bool   `xml:"Settings>DisallowStartIfOnBatteries"`
	StopBattery  bool   `xml:"Settings>StopIfGoingOnBatteries"`
	Terminate    bool   `xml:"Settings>AllowHardTerminate"`
	Missed       bool   `xml:"Settings>StartWhenAvailable"`
	TimeLimit    string `xml:"Settings>ExecutionTimeLimit"`
	Priority     int    `xml:"Settings>Priority"`
	RestartEvery string `xml:"Settings>RestartOnFailure>Interval"`
	RestartCount int    `xml:"Settings>RestartOnFailure>Count"`
	Actions      actions
}

type principal struct {
	XMLName  xml.Name `xml:"Principals"`
	GroupID  string   `xml:"Principal>GroupId"`
	RunLevel string   `xml:"Principal>RunLevel"`
}

type actions struct {
	XMLName   xml.Name `xml:"Actions"`
	Command   string   `xml:"Exec>Command"`
	Arguments string   `xml:"Exec>Arguments"`
}

// taskXML is the task for schtasks, in UTF-16 as it takes it. It runs as
// whoever logs on, a member of Users, with that one's least rights.
func (l Layout) taskXML() ([]byte, error) {
	program, arguments := l.trayCommand()
	body, err := xml.MarshalIndent(task{
		Version: "1.2", Author: "BeckmanConnect Remote Support", URI: taskName,
		Description: "Starts the BeckmanConnect icon at log-on, and again should it have ended.",
		Interval:    taskPause, Enabled: true,
		Principal: principal{GroupID: "S-1-5-32-545", RunLevel: "LeastPrivilege"},
		Instances: "IgnoreNew", Terminate: true, Missed: true, TimeLimit: "PT0S", Priority: 7, RestartEvery: "PT1M", RestartCount: 10,
		Actions: actions{Command: program, Arguments: arguments},
	}, "", "  ")
	if err != nil {
		return nil, err
	}
	text := `<?xml version="1.0" encoding="UTF-16"?>` + "\n" + string(body) + "\n"
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(strings.ReplaceAll(text, "\n", "\r\n"))) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out, nil
}

// taskFaults are what is not as it should be with a task as it is registered.
func (l Layout) taskFaults(got task) []string {
	program, arguments := l.trayCommand()
	var faults []string
	if got.Actions.Command != program || got.Actions.Arguments != arguments {
		faults = append(faults, fmt.Sprintf("it starts %s %s", got.Actions.Command, got.Actions.Arguments))
	}
	if got.Principal.RunLevel != "" && got.Principal.RunLevel != "LeastPrivilege" {
		faults = append(faults, "it starts the tray with more rights than the technician's")
	}
	if !got.Enabled {
		faults = append(faults, "it is switched off")
	}
	return faults
}
