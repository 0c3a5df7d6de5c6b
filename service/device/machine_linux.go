package device

import (
	"net"
	"os"
	"path/filepath"
	"strings"
)

// ReadMachine reads what this PC is told apart by. The numbers of the firmware
// are root's alone on many systems; what may not be read stays empty.
func ReadMachine() Machine { return readMachine("/") }

func readMachine(root string) Machine {
	line := func(path string) string {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil || len(text) > 4096 {
			return ""
		}
		return strings.TrimSpace(strings.TrimRight(string(text), "\x00\n"))
	}
	dmi := func(name string) string { return line("sys/class/dmi/id/" + name) }
	maker := strings.TrimSpace(dmi("sys_vendor") + " " + dmi("product_name"))
	if maker == "" {
		maker = line("proc/device-tree/model")
	}
	processor, hypervisor := cpu(filepath.Join(root, "proc/cpuinfo"))
	m := Machine{
		UUID: number(dmi("product_uuid")), Board: number(dmi("board_serial")),
		Model: strings.TrimSpace(maker + " " + dmi("board_name") + " " + processor), Install: number(line("etc/machine-id")),
	}
	if m.UUID == "" {
		m.UUID = number(line("proc/device-tree/serial-number"))
	}
	m.Cards = cards(root)
	if !hypervisor && !virtual(maker) {
		m.Disks = disks(root, line)
	}
	return m
}

// cpu gives the processor's name, and whether this is a virtual machine.
func cpu(path string) (name string, hypervisor bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", false
	}
	for l := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(l, ":")
		switch strings.TrimSpace(key) {
		case "model name":
			if name == "" {
				name = strings.TrimSpace(value)
			}
		case "flags":
			for f := range strings.FieldsSeq(value) {
				hypervisor = hypervisor || f == "hypervisor"
			}
		}
	}
	return name, hypervisor
}

// cards are those of real hardware: a bridge or a tunnel has no device.
func cards(root string) []string {
	dir := filepath.Join(root, "sys/class/net")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var all []string
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(dir, e.Name(), "device")); err != nil {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name(), "address"))
		if err != nil {
			continue
		}
		if address, err := net.ParseMAC(strings.TrimSpace(string(text))); err == nil {
			all = append(all, card(address))
		}
	}
	return set(all)
}

// disks are those that stay in the PC: a stick or a card reader goes from one
// PC to the next.
func disks(root string, line func(string) string) []string {
	entries, err := os.ReadDir(filepath.Join(root, "sys/block"))
	if err != nil {
		return nil
	}
	var all []string
	for _, e := range entries {
		dir := "sys/block/" + e.Name()
		if _, err := os.Stat(filepath.Join(root, dir, "device")); err != nil || line(dir+"/removable") == "1" || usb(filepath.Join(root, dir)) {
			continue
		}
		serial := line(dir + "/device/serial") // NVMe, MMC
		if serial == "" {
			serial = udevSerial(filepath.Join(root, "run/udev/data", "b"+line(dir+"/dev")))
		}
		if serial == "" {
			serial = line(dir + "/device/wwid")
		}
		all = append(all, serial)
	}
	return set(all)
}

// usb: a disk outside the PC.
func usb(block string) bool {
	where, err := filepath.EvalSymlinks(block)
	return err == nil && strings.Contains(where, "/usb")
}

// udevSerial reads what udev found out as root and everybody may read.
func udevSerial(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for l := range strings.Lines(string(text)) {
		if serial, ok := strings.CutPrefix(strings.TrimSpace(l), "E:ID_SERIAL_SHORT="); ok {
			return serial
		}
	}
	return ""
}
