package main

import (
	"beckmanconnect/internal/netdial"
	"beckmanconnect/ipc/protocol"
)

// States of a finding. Only a failed one makes the verb fail.
const (
	stateOK      = "ok"
	stateNote    = "note"    // works, and somebody should know
	stateFailed  = "failed"  // to be put right
	stateSkipped = "skipped" // cannot be told; Detail says why
)

// finding is one check's result: what was looked at, how it stands, what was
// seen, and what to do.
type finding struct {
	Check  string `json:"check"`
	State  string `json:"state"`
	OK     bool   `json:"ok"` // not failed
	Code   string `json:"code,omitempty"`
	Detail string `json:"detail"`
	Do     string `json:"do,omitempty"`
}

// Codes of findings. They are stable; those of package netdial (why the cloud
// cannot be reached) and of the pipe (why the service cannot) are used beside
// them.
const (
	codeConfig            = "config"
	codeTrust             = "trust"
	codeTrustDevelopment  = "trust-development"
	codeRights            = "rights"
	codeRightsUnknown     = "rights-unknown"
	codeDiskSpace         = "disk-space"
	codeDataFolder        = "data-folder"
	codeDataReadOnly      = "data-read-only"
	codeClockOff          = "clock-off"
	codePolicyNone        = "policy-none"
	codePolicySignature   = "policy-signature"
	codePolicyInvalid     = "policy-invalid"
	codePolicyNotTaken    = "policy-not-taken"
	codePolicyRefused     = "policy-refused"
	codeUpgradeService    = "upgrade-service"
	codePart              = "part"
	codeTrayMissing       = "tray-missing"
	codeLogNotWritable    = "log-not-writable"
	codeLogTrouble        = "log-trouble"
	codeLogWitness        = "log-witness"
	codeLogNotWitnessed   = "log-not-witnessed"
	codeBackupNone        = "backup-none"
	codeBackupOld         = "backup-old"
	codeKeysOld           = "keys-old"
	codeLinkOffline       = "link-offline"
	codeUnregistered      = "unregistered"
	codeDevice            = "device"
	codeNotInstalled      = "not-installed"
	codeProgramsSignature = "programs-signature"
	codeProgramsChanged   = "programs-changed"
	codeVersions          = "versions"
	codeServiceSetup      = "service-setup"
	codeUnknown           = "unknown"
)

// doctorAdvice is what to do, by code, in English; the proof pack's pages have it in
// every language as "doctor.do.<code>".
var doctorAdvice = map[string]string{
	codeConfig:            "correct the configuration as the line says, then run the doctor again",
	codeTrust:             "install the trust roots that came with the package again",
	codeTrustDevelopment:  "for demonstrations only: install the package's own trust roots before the PC is used",
	codeRights:            "take the right to write away from everybody but administrators and the service",
	codeRightsUnknown:     "run the doctor as an administrator",
	codeDiskSpace:         "free space on the volume of the service's folder",
	codeDataFolder:        "repair the installation: the service's folder has to be there",
	codeDataReadOnly:      "make the service's folder writable for the service; until then sessions are closed",
	codeClockOff:          "set date, time and time zone of this PC",
	codePolicyNone:        "sign a site policy if the instrument holds no patient data, or to name the staff",
	codePolicySignature:   "sign the site policy with the key whose public half is in the trust roots",
	codePolicyInvalid:     "correct the site policy as the line says and sign it with a higher number",
	codePolicyNotTaken:    "wait some seconds; if it stays, sign the site policy with a higher number",
	codePolicyRefused:     "sign the site policy again with a higher number",
	codeUpgradeService:    "start the upgrade service",
	codePart:              "see the line; restart the service if it stays",
	codeTrayMissing:       "log on at the PC: the tray starts with every log-on",
	codeLogNotWritable:    "make space or give the service its folder back; until then sessions are closed",
	codeLogTrouble:        "keep the log as it is, make a copy, and compare it with what the witnesses cosigned",
	codeLogWitness:        "keep the log as it is and ask who runs the witness what it saw",
	codeLogNotWitnessed:   "bring the link up, or run a witness of your own",
	codeBackupNone:        "set up a backup of the log: beckmanctl backup",
	codeBackupOld:         "see why the scheduled backup of the log does not run",
	codeKeysOld:           "change the keys at rest: beckmanctl keys rotate",
	codeLinkOffline:       "see the checks of the network; the line says why",
	codeUnregistered:      "register this PC in the window",
	codeDevice:            "see beckmanctl status: the identity has to be renewed, or the vendor's service asked",
	codeNotInstalled:      "nothing to do on a developer's PC; otherwise install the package",
	codeProgramsSignature: "install the package again: the programs do not carry the publisher's signature",
	codeProgramsChanged:   "install the package again, and find out who changed the programs",
	codeVersions:          "finish the upgrade: restart the services and log off and on again",
	codeServiceSetup:      "repair the installation: the line says what is not as it should be",
	codeUnknown:           "see the line",

	protocol.CodeUnavailable:  "start the BeckmanConnect service, then run the doctor again",
	protocol.CodeUntrusted:    "something else holds the service's name; do not go on, and tell IT security",
	protocol.CodeIncompatible: "this program and the service are of different versions; finish the upgrade",
	protocol.CodeNotPermitted: "run the doctor as an administrator",
}

func adviceFor(code string) string {
	if text, ok := doctorAdvice[code]; ok {
		return text
	}
	if row, ok := netdial.Find(code); ok {
		return row.Do
	}
	return doctorAdvice[codeUnknown]
}

func fine(check, detail string) finding {
	return finding{Check: check, State: stateOK, OK: true, Detail: detail}
}

func noted(check, code, detail string) finding {
	return finding{Check: check, State: stateNote, OK: true, Code: code, Detail: detail, Do: adviceFor(code)}
}

func failed(check, code, detail string) finding {
	return finding{Check: check, State: stateFailed, Code: code, Detail: detail, Do: adviceFor(code)}
}

func skipped(check, why string) finding {
	return finding{Check: check, State: stateSkipped, OK: true, Detail: why}
}
