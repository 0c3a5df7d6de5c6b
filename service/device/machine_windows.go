package device

import (
	"fmt"
	"net"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

const (
	providerSMBIOS       = 0x52534d42 // "RSMB"
	queryStorageProperty = 0x2d1400   // IOCTL_STORAGE_QUERY_PROPERTY
	diskNumbers          = 8
)

var firmwareTable = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetSystemFirmwareTable")

// ReadMachine reads what this PC is told apart by; no rights are needed for it.
// What could not be read stays empty.
func ReadMachine() Machine {
	firmware := parseSMBIOS(readSMBIOS())
	m := Machine{UUID: number(firmware.uuid), Board: number(firmware.board)}
	m.Model = strings.TrimSpace(firmware.maker + " " + firmware.product + " " + registryText(`HARDWARE\DESCRIPTION\System\CentralProcessor\0`, "ProcessorNameString"))
	m.Install = number(registryText(`SOFTWARE\Microsoft\Cryptography`, "MachineGuid"))
	var cards []string
	if all, err := net.Interfaces(); err == nil {
		for _, i := range all {
			if i.Flags&net.FlagLoopback == 0 {
				cards = append(cards, card(i.HardwareAddr))
			}
		}
	}
	m.Cards = set(cards)
	if !virtual(firmware.maker + " " + firmware.product) {
		m.Disks = set(diskSerials())
	}
	return m
}

func readSMBIOS() []byte {
	size, _, _ := firmwareTable.Call(providerSMBIOS, 0, 0, 0)
	if size == 0 || size > 1<<20 {
		return nil
	}
	table := make([]byte, size)
	n, _, _ := firmwareTable.Call(providerSMBIOS, 0, uintptr(unsafe.Pointer(&table[0])), size)
	if n == 0 || n > size {
		return nil
	}
	return table[:n]
}

func registryText(path, name string) string {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return ""
	}
	defer k.Close()
	text, _, err := k.GetStringValue(name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(text)
}

func diskSerials() []string {
	var all []string
	for n := range diskNumbers {
		if serial := diskSerial(n); serial != "" {
			all = append(all, serial)
		}
	}
	return all
}

// diskSerial asks a physical disk for its description. Opened without any
// access it needs no rights.
func diskSerial(n int) string {
	path, err := windows.UTF16PtrFromString(fmt.Sprintf(`\\.\PhysicalDrive%d`, n))
	if err != nil {
		return ""
	}
	h, err := windows.CreateFile(path, 0, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		return ""
	}
	defer windows.CloseHandle(h)
	var query [12]byte // of the device, as it is: all zero
	answer := make([]byte, 4096)
	var got uint32
	if err := windows.DeviceIoControl(h, queryStorageProperty, &query[0], uint32(len(query)), &answer[0], uint32(len(answer)), &got, nil); err != nil {
		return ""
	}
	return parseStorage(answer[:got])
}
