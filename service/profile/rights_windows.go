package profile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

const deleteChild = 0x40 // FILE_DELETE_CHILD

// changes are the rights by which a file or a folder's contents can be changed.
const changes = windows.FILE_WRITE_DATA | windows.FILE_APPEND_DATA | deleteChild | windows.DELETE | windows.WRITE_DAC | windows.WRITE_OWNER |
	windows.GENERIC_WRITE | windows.GENERIC_ALL

// adminOwned refuses a file that others than administrators, the system and the
// service could have written: a profile decides what is hidden and what is
// warned of.
func adminOwned(path string) error {
	trusted, err := trustedSIDs()
	if err != nil {
		return err
	}
	for _, p := range []string{path, filepath.Dir(path)} {
		info, err := os.Lstat(p)
		if err != nil {
			return err
		}
		if info.Mode()&(os.ModeSymlink|os.ModeIrregular) != 0 {
			return fmt.Errorf("%s is a link", p)
		}
		sd, err := windows.GetNamedSecurityInfo(p, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
		if err != nil {
			return fmt.Errorf("whose %s is cannot be told: %w", p, err)
		}
		if err := onlyTrusted(p, sd, trusted); err != nil {
			return err
		}
	}
	return nil
}

func onlyTrusted(path string, sd *windows.SECURITY_DESCRIPTOR, trusted []*windows.SID) error {
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
		if ace.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE {
			continue
		}
		sid := (*windows.SID)(unsafe.Pointer(&ace.SidStart))
		if uint32(ace.Mask)&changes != 0 && !among(sid) {
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
