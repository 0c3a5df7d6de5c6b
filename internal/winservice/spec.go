// Package winservice is what the product knows of Windows' service manager: its
// two services as they are to be (account, privileges, recovery, access list),
// made and checked by the installer's verb, and the frame by which the launcher
// stands under the manager for the program it starts.
//
// The decisions stand here and build everywhere; calls into Windows stand in
// the files that end in _windows.go.
package winservice

import "strings"

// Flags between the service manager, the launcher and the program it starts.
const (
	// ManagedFlag stands in the command line the service manager starts: the
	// launcher is the service, and starts the program of the current version.
	ManagedFlag = "--scm"
	// SupervisedFlag stands in the command line the launcher starts: what comes
	// from the service manager arrives on standard input, a line each.
	SupervisedFlag = "--supervised"
)

// Spec is one service as it is to be.
type Spec struct {
	Name        string // of the service and of its source in the event log
	Program     string // without ".exe"; the launcher lies under this name in bin\
	Display     string
	Description string
	Account     string   // as the service manager takes it; "LocalSystem" or a virtual account
	Privileges  []string // what the account keeps; the manager takes every other away
}

// Host is the service that notifies, keeps sessions and log, and holds the link
// (P6). Its virtual account exists for it alone and has no password.
func Host() Spec {
	return Spec{
		Name: "BeckmanConnect", Program: "beckmanconnect-service", Display: "BeckmanConnect Remote Support",
		Description: "Tells what is wrong with the instrument, lets the technician call for help and decide what may be seen, and keeps the log.",
		Account:     `NT SERVICE\BeckmanConnect`,
		Privileges:  []string{"SeChangeNotifyPrivilege"},
	}
}

// Upgrade is the service that installs upgrades: the only privileged part (P8).
func Upgrade() Spec {
	return Spec{
		Name: "BeckmanConnectUpgrade", Program: "beckmanconnect-upgrade", Display: "BeckmanConnect Upgrades",
		Description: "Looks for upgrades of BeckmanConnect Remote Support, verifies them and installs what was accepted.",
		Account:     "LocalSystem",
		Privileges:  []string{"SeChangeNotifyPrivilege"},
	}
}

// Of is the service whose program has this name, with or without ".exe".
func Of(program string) (Spec, bool) {
	for _, s := range []Spec{Host(), Upgrade()} {
		if strings.EqualFold(strings.TrimSuffix(strings.ToLower(program), ".exe"), s.Program) {
			return s, true
		}
	}
	return Spec{}, false
}
