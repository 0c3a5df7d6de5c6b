package device

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
)

// smbios is what the firmware says of a PC.
type smbios struct{ uuid, board, maker, product string }

// Types of structures in the table, and where their fields stand (DMTF DSP0134).
const (
	smbiosSystem = 1
	smbiosBoard  = 2
	smbiosEnd    = 127
	smbiosHeader = 8 // that Windows puts before the table
)

// parseSMBIOS reads the table as GetSystemFirmwareTable gives it. What does not
// hold together ends the reading: firmware is not always right.
func parseSMBIOS(table []byte) (s smbios) {
	if len(table) < smbiosHeader {
		return s
	}
	for rest := table[smbiosHeader:]; len(rest) >= 4; {
		kind, length := rest[0], int(rest[1])
		if length < 4 || length > len(rest) || kind == smbiosEnd {
			return s
		}
		formatted := rest[:length]
		texts, after, ok := smbiosTexts(rest[length:])
		if !ok {
			return s
		}
		text := func(at int) string {
			if at >= len(formatted) || formatted[at] == 0 || int(formatted[at]) > len(texts) {
				return ""
			}
			return strings.TrimSpace(texts[formatted[at]-1])
		}
		switch {
		case kind == smbiosSystem && s.maker == "":
			s.maker, s.product = text(4), text(5)
			if length >= 24 {
				s.uuid = hex.EncodeToString(formatted[8:24])
			}
		case kind == smbiosBoard && s.board == "":
			s.board = text(7)
		}
		rest = after
	}
	return s
}

// smbiosTexts are the strings after a structure; two zero bytes end them.
func smbiosTexts(b []byte) (texts []string, rest []byte, ok bool) {
	if len(b) >= 2 && b[0] == 0 && b[1] == 0 {
		return nil, b[2:], true
	}
	for {
		end := strings.IndexByte(string(b), 0)
		switch {
		case end < 0:
			return nil, nil, false
		case end == 0:
			return texts, b[1:], true
		}
		texts = append(texts, string(b[:end]))
		b = b[end+1:]
	}
}

// parseStorage reads the serial number out of a STORAGE_DEVICE_DESCRIPTOR; ""
// for a disk outside the PC.
func parseStorage(b []byte) string {
	if len(b) < 36 || b[10] != 0 { // removable media
		return ""
	}
	at, bus := int(binary.LittleEndian.Uint32(b[24:])), binary.LittleEndian.Uint32(b[28:])
	if bus == busUSB || bus == busSD || at < 36 || at >= len(b) {
		return ""
	}
	serial, _, ended := strings.Cut(string(b[at:]), "\x00")
	if !ended {
		return ""
	}
	return strings.TrimSpace(serial)
}

// Buses of disks that go from one PC to the next.
const (
	busUSB = 7
	busSD  = 12
)
