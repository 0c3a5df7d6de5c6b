package keys

// virtual holds Windows' virtual keys of the keys that are no characters.
var virtual = map[string]uint16{
	"Enter": 0x0d, "NumpadEnter": 0x0d, "Tab": 0x09, "Escape": 0x1b, "Backspace": 0x08, "Delete": 0x2e, "Insert": 0x2d,
	"Home": 0x24, "End": 0x23, "PageUp": 0x21, "PageDown": 0x22,
	"ArrowLeft": 0x25, "ArrowUp": 0x26, "ArrowRight": 0x27, "ArrowDown": 0x28,
	"F1": 0x70, "F2": 0x71, "F3": 0x72, "F4": 0x73, "F5": 0x74, "F6": 0x75,
	"F7": 0x76, "F8": 0x77, "F9": 0x78, "F10": 0x79, "F11": 0x7a, "F12": 0x7b,
	"ShiftLeft": 0xa0, "ShiftRight": 0xa1, "ControlLeft": 0xa2, "ControlRight": 0xa3, "AltLeft": 0xa4, "AltRight": 0xa5,
	"MetaLeft": 0x5b, "MetaRight": 0x5c, "OSLeft": 0x5b, "OSRight": 0x5c,
	"CapsLock": 0x14, "NumLock": 0x90, "ScrollLock": 0x91, "ContextMenu": 0x5d,
}

// virtualText is for keys whose code says less than their meaning.
var virtualText = map[string]uint16{
	"Enter": 0x0d, "Tab": 0x09, "Escape": 0x1b, "Backspace": 0x08, "Delete": 0x2e, "Insert": 0x2d, "Home": 0x24, "End": 0x23,
	"PageUp": 0x21, "PageDown": 0x22, "ArrowLeft": 0x25, "ArrowUp": 0x26, "ArrowRight": 0x27, "ArrowDown": 0x28,
}

// VirtualKey is the key Windows knows; 0 for characters, which are sent as
// such, and for what is dropped.
func VirtualKey(k Key) uint16 {
	if k.Forbidden() {
		return 0
	}
	if v, ok := virtual[k.Code]; ok {
		return v
	}
	return virtualText[k.Text]
}

// ExtendedKey says whether a key came with the later, larger keyboards, which
// is part of its name in scan codes.
func ExtendedKey(vk uint16) bool {
	switch {
	case vk >= 0x21 && vk <= 0x28, vk == 0x2d, vk == 0x2e: // the block of cursor keys
		return true
	case vk == 0xa3, vk == 0xa5, vk == 0x5b, vk == 0x5c, vk == 0x5d, vk == 0x90:
		return true
	}
	return false
}

// CommandModifier says whether a modifier makes a letter a command.
func CommandModifier(vk uint16) bool {
	switch vk {
	case 0xa2, 0xa3, 0xa4, 0x5b, 0x5c:
		return true
	}
	return false
}

// ForbiddenVirtualKey says whether a key may never be sent: Pause, Cancel
// (Ctrl+Pause) and Print.
func ForbiddenVirtualKey(vk uint16) bool { return vk == 0x13 || vk == 0x03 || vk == 0x2c }
