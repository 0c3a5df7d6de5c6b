package rights

import (
	"fmt"
	"slices"
)

// Kind is what a folder of the product is for, which says who may do what in it.
type Kind int

// The kinds of folders (scenarios 57, 58).
const (
	// Shared: users read and run what is in it, nobody but administrators and the
	// system change it. Programs, trust roots, the configuration.
	Shared Kind = iota
	// Private: the service's account works in it, users do not even see what is
	// there. The log, keys.
	Private
)

// Well-known accounts of Windows, as SIDs.
const (
	SystemSID           = "S-1-5-18"
	AdministratorsSID   = "S-1-5-32-544"
	usersSID            = "S-1-5-32-545"
	everyoneSID         = "S-1-1-0"
	authenticatedSID    = "S-1-5-11"
	interactiveSID      = "S-1-5-4"
	creatorOwnerSID     = "S-1-3-0"
	trustedInstallerSID = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
)

// Bits of a file's or folder's access mask.
const (
	readData     = 0x1 // of a folder: list it
	writeData    = 0x2
	appendData   = 0x4
	deleteChild  = 0x40
	deleteIt     = 0x10000
	writeDAC     = 0x40000
	writeOwner   = 0x80000
	genericAll   = 0x10000000
	genericWrite = 0x40000000
	genericRead  = 0x80000000

	// replaces are the rights by which what is in a folder can be put aside, and
	// changes those by which a file or a folder's contents can be changed.
	replaces = deleteChild | deleteIt | writeDAC | writeOwner | genericAll
	changes  = replaces | writeData | appendData | genericWrite
	reads    = readData | genericRead | genericAll

	readAndRun = 0x1200a9 // FILE_GENERIC_READ | FILE_GENERIC_EXECUTE
	modify     = 0x1301bf // readAndRun, write and delete; neither rights nor owner
)

// SDDL is the access list of a folder: nothing is inherited from above, and all
// that is in it inherits this. service is the SID of the account a Private
// folder is for.
func (k Kind) SDDL(service string) string {
	const admins = "D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
	if k == Private {
		return fmt.Sprintf("%s(A;OICI;%#x;;;%s)", admins, modify, service)
	}
	return fmt.Sprintf("%s(A;OICI;%#x;;;BU)", admins, readAndRun)
}

// Entry is one entry of an access list.
type Entry struct {
	SID         string
	Mask        uint32
	Allow       bool
	InheritOnly bool // it is for what is in the folder alone
}

// Facts is what the system says about the rights on a file or folder.
type Facts struct {
	Link      bool // a link, a junction or another reparse point
	Owner     string
	Everybody bool // there is no access list: everybody may do everything
	Inherits  bool // from the folder above
	Entries   []Entry
}

// Trusted are the accounts that may change what the product rests on. self is
// the SID of the administrator who asks, "" for none.
func Trusted(self string) []string {
	all := []string{AdministratorsSID, SystemSID, creatorOwnerSID, trustedInstallerSID}
	if self != "" {
		all = append(all, self)
	}
	return all
}

// Foreign says why a file or folder cannot be taken for the product's own, or "".
// Somebody may have made it before the product was installed (scenario 58).
func (f Facts) Foreign(trusted []string) string {
	switch {
	case f.Link:
		return "it is a link"
	case !slices.Contains(trusted, f.Owner):
		return fmt.Sprintf("it belongs to %s and not to an administrator", orNobody(f.Owner))
	}
	return ""
}

// Faults are what is not as it should be with a folder of this kind, or with a
// file in it. Service is the account of a Private folder.
func (k Kind) Faults(f Facts, trusted []string, service string) []string {
	may := trusted
	if k == Private {
		may = append(slices.Clone(trusted), service)
	}
	if why := f.Foreign(may); why != "" {
		return []string{why}
	}
	if f.Everybody {
		return []string{"everybody can change it"}
	}
	var faults []string
	open := false
	for _, e := range f.Entries {
		if !e.Allow {
			continue
		}
		readers := []string{usersSID, everyoneSID, authenticatedSID, interactiveSID}
		open = open || slices.Contains(readers, e.SID) && e.Mask&reads != 0
		switch {
		case slices.Contains(may, e.SID):
		case e.Mask&changes != 0:
			faults = append(faults, fmt.Sprintf("%s can change it", e.SID))
		case k == Private && e.Mask&reads != 0:
			faults = append(faults, fmt.Sprintf("%s can read it", e.SID))
		}
	}
	if k == Shared && !open {
		faults = append(faults, "users cannot read it")
	}
	return faults
}

func orNobody(sid string) string {
	if sid == "" {
		return "nobody"
	}
	return sid
}

// only is an error unless nobody but the trusted own this, or have a right of
// the mask.
func (f Facts) only(path string, trusted []string, mask uint32) error {
	switch {
	case f.Link:
		return fmt.Errorf("%s is a link", path)
	case !slices.Contains(trusted, f.Owner):
		return fmt.Errorf("%s does not belong to an administrator", path)
	case f.Everybody:
		return fmt.Errorf("%s can be written by everybody", path)
	}
	for _, e := range f.Entries {
		// What only passes on to the contents does not concern a folder above.
		if !e.Allow || e.InheritOnly && mask == replaces {
			continue
		}
		if e.Mask&mask != 0 && !slices.Contains(trusted, e.SID) {
			return fmt.Errorf("%s can be written by others (%s); take the right away", path, e.SID)
		}
	}
	return nil
}
