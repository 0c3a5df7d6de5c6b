package main

import "beckmanconnect/assets/text"

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

// adviceFor is what to do about a code, in English; the proof pack's pages have
// it in every language.
func adviceFor(code string) string {
	c := text.New("en")
	if key := "doctor.do." + code; c.Has(key) {
		return c.T(key)
	}
	return c.T("doctor.do." + codeUnknown)
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
