package winservice

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"beckmanconnect/internal/rights"
)

// Command is the command line the manager starts a service by. Both paths are
// quoted, also where they hold no space: an unquoted one would have Windows try
// C:\Program.exe first (scenario 58).
func (s Spec) Command(bin, config string) (string, error) {
	for _, p := range []string{bin, config} {
		if p == "" || strings.ContainsAny(p, "\"\r\n\x00") || strings.HasSuffix(p, `\`) {
			return "", fmt.Errorf("winservice: %q cannot stand in a command line", p)
		}
	}
	return fmt.Sprintf(`"%s\%s.exe" %s --config "%s"`, bin, s.Program, ManagedFlag, config), nil
}

// Security is the service's own access list: administrators and the system do
// with it what they want; whoever is logged on, and other services, see how it
// is, and can neither stop nor change it.
const Security = "D:P(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)(A;;CCLCSWLORC;;;IU)(A;;CCLCSWLORC;;;SU)"

// Rights on a service that change it, or its state.
const (
	serviceChangeConfig = 0x2
	serviceStart        = 0x10
	serviceStop         = 0x20
	servicePause        = 0x40
	serviceUser         = 0x100
	standardChanges     = 0x10000 | 0x40000 | 0x80000 // delete, write DAC, write owner
	genericChanges      = 0x10000000 | 0x20000000 | 0x40000000
	serviceChanges      = serviceChangeConfig | serviceStart | serviceStop | servicePause | serviceUser | standardChanges | genericChanges
)

// Part is one part of a service's settings that the manager keeps.
type Part string

// The parts; a system may not know all of them.
const (
	PartDelayed    Part = "delayed start"
	PartSID        Part = "service SID"
	PartPrivileges Part = "privileges"
	PartRecovery   Part = "recovery actions"
	PartFailures   Part = "recovery after an exit code"
	PartShutdown   Part = "time at a shutdown"
	PartSecurity   Part = "access list"
)

// Installed is a service as the manager has it.
type Installed struct {
	Command     string
	Account     string
	Auto        bool // started with Windows
	OwnProcess  bool
	Running     bool
	Description string

	Delayed     bool
	SIDType     uint32 // 0 none, 1 unrestricted, 3 restricted
	Privileges  []string
	Restarts    []time.Duration // waits before each restart; nil where an action is another
	Reset       time.Duration
	OnFailures  bool // recovery acts on exit codes too, not on crashes alone
	PreShutdown time.Duration
	Security    rights.Facts

	Unknown []Part // parts that this system does not tell
}

// sidUnrestricted: the account's own SID is in the token, so that access lists
// can name it. A restricted token could not write its own pipe and keys.
const sidUnrestricted = 1

// Faults are what is not as it is to be with a service, in words for IT
// (scenarios 57, 58). self is the administrator's SID who asks, or "".
func (s Spec) Faults(command string, got Installed, self string) []string {
	var faults []string
	say := func(ok bool, format string, a ...any) {
		if !ok {
			faults = append(faults, fmt.Sprintf(format, a...))
		}
	}
	say(got.Command == command, "it starts %s and not %s", got.Command, command)
	say(strings.EqualFold(got.Account, s.Account), "it runs as %q and not as %q", got.Account, s.Account)
	say(got.Auto, "it is not started with Windows")
	say(got.OwnProcess, "it shares its process")
	told := func(p Part) bool { return !slices.Contains(got.Unknown, p) }
	if told(PartSID) {
		say(got.SIDType == sidUnrestricted, "its service SID is of type %d and not %d", got.SIDType, sidUnrestricted)
	}
	if told(PartPrivileges) {
		have, want := slices.Clone(got.Privileges), slices.Clone(s.Privileges)
		slices.Sort(have)
		slices.Sort(want)
		say(slices.Equal(have, want), "its privileges are %s and not %s", strings.Join(have, " "), strings.Join(want, " "))
	}
	if told(PartRecovery) {
		waits := Recovery()
		say(slices.Equal(got.Restarts, waits[:]) && got.Reset == RecoveryReset, "it is not started again after a failure as it should be")
	}
	if told(PartFailures) {
		say(got.OnFailures, "it is not started again after an exit code")
	}
	if told(PartShutdown) {
		say(got.PreShutdown >= PreShutdownWithin, "Windows gives it %v at a shutdown and not %v", got.PreShutdown, PreShutdownWithin)
	}
	if told(PartSecurity) {
		for _, e := range got.Security.Entries {
			trusted := slices.Contains(rights.Trusted(self), e.SID)
			say(!e.Allow || trusted || e.Mask&serviceChanges == 0, "%s can stop or change it", e.SID)
		}
		say(!got.Security.Everybody, "everybody can stop or change it")
	}
	return faults
}
