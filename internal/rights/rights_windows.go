package rights

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

func ours(path string, _ fs.FileInfo) error { return only(path, changes) }

// above: users may make folders of their own in C:\ProgramData, not rename
// those of others.
func above(path string, _ fs.FileInfo) error { return only(path, replaces) }

func only(path string, mask uint32) error {
	self, err := selfSID()
	if err != nil {
		return err
	}
	f, err := Read(path)
	if err != nil {
		return err
	}
	return f.only(path, Trusted(self), mask)
}

func selfSID() (string, error) {
	me, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return "", errors.New("the service's own account cannot be told")
	}
	return me.User.Sid.String(), nil
}

// Read asks the system about a file or folder, and does not follow links.
func Read(path string) (Facts, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return Facts{}, err
	}
	if info.Mode()&(os.ModeSymlink|os.ModeIrregular) != 0 {
		return Facts{Link: true}, nil
	}
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return Facts{}, fmt.Errorf("whose %s is cannot be told: %w", path, err)
	}
	return FactsOf(sd)
}

// FactsOf reads a security descriptor, of a file or of another object.
func FactsOf(sd *windows.SECURITY_DESCRIPTOR) (Facts, error) {
	var f Facts
	owner, _, err := sd.Owner()
	if err == nil && owner != nil {
		f.Owner = owner.String()
	}
	control, _, err := sd.Control()
	if err != nil {
		return Facts{}, err
	}
	f.Inherits = control&windows.SE_DACL_PROTECTED == 0
	acl, _, err := sd.DACL()
	if err != nil || acl == nil {
		f.Everybody = true
		return f, nil
	}
	for i := range acl.AceCount {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(acl, uint32(i), &ace); err != nil {
			return Facts{}, err
		}
		// Other kinds than these two give no right, or only under conditions; the
		// product sets none of them.
		switch ace.Header.AceType {
		case windows.ACCESS_ALLOWED_ACE_TYPE, windows.ACCESS_DENIED_ACE_TYPE:
			sid := (*windows.SID)(unsafe.Pointer(&ace.SidStart))
			f.Entries = append(f.Entries, Entry{
				SID: sid.String(), Mask: uint32(ace.Mask), Allow: ace.Header.AceType == windows.ACCESS_ALLOWED_ACE_TYPE,
				InheritOnly: ace.Header.AceFlags&windows.INHERIT_ONLY_ACE != 0,
			})
		}
	}
	return f, nil
}

// Protect makes a folder that programs start from: users read and run, nobody
// but administrators writes. A folder that is there gets this too.
func Protect(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("rights: %w", err)
	}
	return Apply(dir, Shared.SDDL(""))
}

// Apply gives a file or folder, and what is in it, an access list.
func Apply(path, sddl string) error {
	sd, err := windows.SecurityDescriptorFromString(sddl)
	if err != nil {
		return fmt.Errorf("rights: %q: %w", sddl, err)
	}
	acl, _, err := sd.DACL()
	if err != nil {
		return fmt.Errorf("rights: %w", err)
	}
	err = windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, acl, nil)
	if err != nil {
		return fmt.Errorf("rights: protect %s: %w", path, err)
	}
	return nil
}
