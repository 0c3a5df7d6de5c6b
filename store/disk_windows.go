package store

import "golang.org/x/sys/windows"

// freeBytes is what the disk that holds dir still takes.
func freeBytes(dir string) (uint64, error) {
	p, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(p, &free, nil, nil); err != nil {
		return 0, err
	}
	return free, nil
}

// syncDir: NTFS journals names itself.
func syncDir(string) error { return nil }
