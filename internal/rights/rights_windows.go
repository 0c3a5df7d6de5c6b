package rights

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

const deleteChild = 0x40 // FILE_DELETE_CHILD

// replaces are the rights by which what is in a folder can be put aside, and
// changes those by which a file or a folder's contents can be changed.
const (
	replaces = deleteChild | windows.DELETE | windows.WRITE_DAC | windows.WRITE_OWNER | windows.GENERIC_ALL
	changes  = replaces | windows.FILE_WRITE_DATA | windows.FILE_APPEND_DATA | windows.GENERIC_WRITE
)

func ours(path string, _ fs.FileInfo) error { return only(path, changes) }

// above: users may make folders of their own in C:\ProgramData, not rename
// those of others.
func above(path string, _ fs.FileInfo) error { return only(path, replaces) }

func only(path string, mask uint32) error {
	trusted, err := trustedSIDs()
	if err != nil {
		return err
	}
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("whose %s is cannot be told: %w", path, err)
	}
	return onlyTrusted(path, sd, trusted, mask)
}

func onlyTrusted(path string, sd *windows.SECURITY_DESCRIPTOR, trusted []*windows.SID, mask uint32) error {
	among := func(sid *windows.SID) bool {
		for _, t := range trusted {
			if sid.Equals(t) {
				return true
			}
		}
		return false
	}
	owner, _, err := sd.Owner()
	if err != nil || owner == nil || !among(owner) {
		return fmt.Errorf("%s does not belong to an administrator", path)
	}
	acl, _, err := sd.DACL()
	if err != nil || acl == nil {
		return fmt.Errorf("%s can be written by everybody", path)
	}
	for i := range acl.AceCount {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(acl, uint32(i), &ace); err != nil {
			return err
		}
		// What only passes on to the contents does not concern a folder above.
		passedOn := mask == replaces && ace.Header.AceFlags&windows.INHERIT_ONLY_ACE != 0
		if ace.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE || passedOn {
			continue
		}
		sid := (*windows.SID)(unsafe.Pointer(&ace.SidStart))
		if uint32(ace.Mask)&mask != 0 && !among(sid) {
			return fmt.Errorf("%s can be written by others (%s); take the right away", path, sid)
		}
	}
	return nil
}

func trustedSIDs() ([]*windows.SID, error) {
	var all []*windows.SID
	for _, kind := range []windows.WELL_KNOWN_SID_TYPE{windows.WinBuiltinAdministratorsSid, windows.WinLocalSystemSid, windows.WinCreatorOwnerSid} {
		sid, err := windows.CreateWellKnownSid(kind)
		if err != nil {
			return nil, err
		}
		all = append(all, sid)
	}
	// TrustedInstaller, who owns what Windows itself put there.
	installer, err := windows.StringToSid("S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464")
	if err != nil {
		return nil, err
	}
	me, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, errors.New("the service's own account cannot be told")
	}
	return append(all, installer, me.User.Sid), nil
}

// protected is the access list of a folder that programs start from: the system
// and administrators write, users read and execute, nothing is inherited.
const protected = "D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)"

// Protect makes a folder that programs start from, with the access list above. A
// folder that is there gets it too.
func Protect(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("rights: %w", err)
	}
	sd, err := windows.SecurityDescriptorFromString(protected)
	if err != nil {
		return fmt.Errorf("rights: %w", err)
	}
	acl, _, err := sd.DACL()
	if err != nil {
		return fmt.Errorf("rights: %w", err)
	}
	err = windows.SetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, acl, nil)
	if err != nil {
		return fmt.Errorf("rights: protect %s: %w", dir, err)
	}
	return nil
}
