package drop

import (
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

const nonBlocking = 0

// owner asks for the owner by the file's handle. Who else may write the file is
// for its access list, which is the folder's: see private.
func owner(file *os.File, _ fs.FileInfo) (account string, links uint64, err error) {
	handle := windows.Handle(file.Fd())
	var about windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(handle, &about); err != nil {
		return "", 0, err
	}
	links = uint64(about.NumberOfLinks)
	descriptor, err := windows.GetSecurityInfo(handle, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return "", links, err
	}
	sid, _, err := descriptor.Owner()
	if err != nil {
		return "", links, err
	}
	name, domain, _, err := sid.LookupAccount("")
	if err != nil {
		return sid.String(), links, nil // an account that has no name: its number names it
	}
	if domain != "" {
		name = domain + `\` + name
	}
	return name, links, nil
}

// private: who may write into a folder on Windows stands in a list that groups
// and inheritance make long. It is not judged here: a publisher is verified
// there only with the account that the policy names.
func private(*os.Root) bool { return false }
