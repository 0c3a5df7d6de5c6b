package files

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

func isDiskFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}

// createHidden makes a file with a name of chance and the attribute that hides it.
func createHidden(_ *os.Root, dir *os.File) (*os.File, string, error) {
	part := ".beckmanconnect-" + rand.Text() + ".part"
	handle, err := openAt(windows.Handle(dir.Fd()), part,
		windows.GENERIC_READ|windows.GENERIC_WRITE|windows.DELETE|windows.SYNCHRONIZE, windows.FILE_ATTRIBUTE_HIDDEN, windows.FILE_CREATE)
	if err != nil {
		return nil, "", err
	}
	return os.NewFile(uintptr(handle), part), part, nil
}

// openAt opens a name relative to an open handle, so that no link on the way
// to it can lead anywhere else.
func openAt(at windows.Handle, name string, access, attributes, disposition uint32) (windows.Handle, error) {
	text, err := windows.NewNTUnicodeString(name)
	if err != nil {
		return 0, err
	}
	object := windows.OBJECT_ATTRIBUTES{RootDirectory: at, ObjectName: text, Attributes: windows.OBJ_DONT_REPARSE}
	object.Length = uint32(unsafe.Sizeof(object))
	var handle windows.Handle
	var status windows.IO_STATUS_BLOCK
	// Shared for reading only: nobody else writes, renames or deletes it meanwhile.
	err = windows.NtCreateFile(&handle, access, &object, &status, nil, attributes, windows.FILE_SHARE_READ, disposition,
		windows.FILE_SYNCHRONOUS_IO_NONALERT|windows.FILE_NON_DIRECTORY_FILE|windows.FILE_OPEN_REPARSE_POINT, 0, 0)
	return handle, err
}

// renameInfo is FILE_RENAME_INFO for a name of this length.
type renameInfo struct {
	flags  uint32 // ReplaceIfExists is 0
	_      uint32
	root   windows.Handle
	length uint32
	name   [260]uint16
}

// reveal renames exactly the file behind the handle; what stands there makes
// it fail.
func reveal(_ *os.Root, dir, file *os.File, _, name string) error {
	text, err := windows.UTF16FromString(name)
	if err != nil || len(text) > 260 {
		return errors.Join(errors.New("the name is too long"), err)
	}
	info := renameInfo{root: windows.Handle(dir.Fd()), length: uint32(2 * (len(text) - 1))}
	copy(info.name[:], text)
	err = windows.SetFileInformationByHandle(windows.Handle(file.Fd()), windows.FileRenameInfo, (*byte)(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	if errors.Is(err, windows.ERROR_ALREADY_EXISTS) || errors.Is(err, windows.ERROR_FILE_EXISTS) {
		return fs.ErrExist
	}
	if err != nil {
		return err
	}
	// Visible from now on.
	basic := struct {
		times      [4]int64
		attributes uint32
		_          uint32
	}{attributes: windows.FILE_ATTRIBUTE_NORMAL}
	return windows.SetFileInformationByHandle(windows.Handle(file.Fd()), windows.FileBasicInfo, (*byte)(unsafe.Pointer(&basic)), uint32(unsafe.Sizeof(basic)))
}

// publishMode: the folder's access list applies.
func publishMode(*os.File) error { return nil }

// syncDir: NTFS journals names by itself.
func syncDir(*os.File) error { return nil }

// discardHidden closes a file and removes it if it still has its hidden name:
// by its own handle, for which nothing on the way to the name matters.
func discardHidden(root *os.Root, file *os.File, part string) {
	if root != nil {
		if _, err := root.Lstat(part); err == nil {
			remove := byte(1) // FILE_DISPOSITION_INFO
			_ = windows.SetFileInformationByHandle(windows.Handle(file.Fd()), windows.FileDispositionInfo, &remove, 1)
		}
	}
	_ = file.Close()
}

// zoneInternet is the mark of the web: Windows and its programs then treat the
// file as one that came from outside.
const zoneInternet = "[ZoneTransfer]\r\nZoneId=3\r\n"

// mark writes the stream beside the file's content, by the file's own handle.
// A file system without streams keeps none; that is no reason to refuse.
func mark(file *os.File) error {
	handle, err := openAt(windows.Handle(file.Fd()), ":Zone.Identifier",
		windows.GENERIC_WRITE|windows.SYNCHRONIZE, windows.FILE_ATTRIBUTE_NORMAL, windows.FILE_OVERWRITE_IF)
	switch {
	case errors.Is(err, windows.STATUS_OBJECT_NAME_INVALID), errors.Is(err, windows.STATUS_INVALID_PARAMETER), errors.Is(err, windows.STATUS_NOT_SUPPORTED):
		return nil
	case err != nil:
		return err
	}
	stream := os.NewFile(uintptr(handle), "Zone.Identifier")
	_, err = stream.WriteString(zoneInternet)
	return errors.Join(err, stream.Close())
}
