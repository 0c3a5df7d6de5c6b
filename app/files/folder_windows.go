package files

import "golang.org/x/sys/windows"

// downloads asks the system: the technician may have moved the folder.
func downloads() string {
	dir, err := windows.KnownFolderPath(windows.FOLDERID_Downloads, 0)
	if err != nil {
		return ""
	}
	return dir
}
