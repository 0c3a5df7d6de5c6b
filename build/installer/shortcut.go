package installer

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"

	"beckmanconnect/internal/version"
)

// The parts of a shell link that are used (MS-SHLLINK).
const (
	linkHeaderSize = 0x4c

	linkHasInfo       = 1 << 1
	linkHasName       = 1 << 2
	linkHasWorkingDir = 1 << 4
	linkHasIcon       = 1 << 6
	linkUnicode       = 1 << 7
	linkHasExpString  = 1 << 9
	linkPreferEnv     = 1 << 25

	blockEnvironment = 0xa0000001
	blockProperties  = 0xa0000009

	storageVersion = 0x53505331
	vtLPWSTR       = 0x1f
	propertyAppID  = 5 // System.AppUserModel.ID
)

var (
	linkClass = []byte{0x01, 0x14, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46}
	// {9F4C2855-9F79-4B39-A8D0-E1D42DE1D5F3}: the application's model.
	appModel = []byte{0x55, 0x28, 0x4c, 0x9f, 0x79, 0x9f, 0x39, 0x4b, 0xa8, 0xd0, 0xe1, 0xd4, 0x2d, 0xe1, 0xd5, 0xf3}
)

const (
	linkTarget = `%ProgramFiles%\` + Folder + `\bin\beckmanconnect.exe`
	// linkUsual is where that is nearly always: for who does not look at the
	// environment's block, as Wine does not.
	linkUsual = `C:\Program Files\` + Folder + `\bin\beckmanconnect.exe`
)

// Shortcut is the Start menu's entry of the window program. It carries the
// application's identity, without which Windows shows no toast of ours (P6).
// Packages lay it as a file: then both have the same one, and nothing has to
// run to make it.
func Shortcut() []byte {
	var b bytes.Buffer
	put := func(values ...any) {
		for _, v := range values {
			_ = binary.Write(&b, binary.LittleEndian, v) // into memory
		}
	}
	flags := uint32(linkHasInfo | linkHasName | linkHasWorkingDir | linkHasIcon | linkUnicode | linkHasExpString | linkPreferEnv)
	const archived, normal = 0x20, 1
	put(uint32(linkHeaderSize), linkClass, flags, uint32(archived), [3]uint64{}, uint32(0), int32(0), uint32(normal), uint16(0), [10]byte{})
	put(linkInfo())
	for _, text := range []string{version.Name(), `%ProgramFiles%\` + Folder, linkTarget} {
		units := utf16.Encode([]rune(text))
		put(uint16(len(units)), units)
	}
	var ansi [260]byte
	var wide [260]uint16
	copy(ansi[:], linkTarget)
	copy(wide[:], utf16.Encode([]rune(linkTarget)))
	put(uint32(8+len(ansi)+2*len(wide)), uint32(blockEnvironment), ansi, wide)

	store := propertyStore(version.ID())
	put(uint32(8+len(store)), uint32(blockProperties), store)
	put(uint32(0)) // no more blocks
	return b.Bytes()
}

// linkInfo names the target as a path on a fixed disk.
func linkInfo() []byte {
	const head, volume, onDisk, fixed = 0x1c, 0x11, 1, 3
	suffix := head + volume + len(linkUsual) + 1
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, []uint32{uint32(suffix + 1), head, onDisk, head, head + volume, 0, uint32(suffix), volume, fixed, 0, 0x10})
	b.WriteByte(0) // the disk's label
	b.WriteString(linkUsual + "\x00\x00")
	return b.Bytes()
}

func propertyStore(id string) []byte {
	units := append(utf16.Encode([]rune(id)), 0)
	if len(units)%2 == 1 {
		units = append(units, 0) // a multiple of four bytes
	}
	var value, storage, b bytes.Buffer
	little := binary.LittleEndian
	_ = binary.Write(&value, little, uint32(propertyAppID))
	value.WriteByte(0)
	_ = binary.Write(&value, little, []uint16{vtLPWSTR, 0})
	_ = binary.Write(&value, little, uint32(len([]rune(id))+1))
	_ = binary.Write(&value, little, units)

	_ = binary.Write(&storage, little, uint32(storageVersion))
	storage.Write(appModel)
	_ = binary.Write(&storage, little, uint32(4+value.Len()))
	storage.Write(value.Bytes())
	_ = binary.Write(&storage, little, uint32(0)) // no more values

	_ = binary.Write(&b, little, uint32(4+storage.Len()))
	b.Write(storage.Bytes())
	_ = binary.Write(&b, little, uint32(0)) // no more storages
	return b.Bytes()
}
