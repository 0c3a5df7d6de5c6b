package device

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReadMachineOfLinux(t *testing.T) {
	root := t.TempDir()
	put := func(path, text string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("sys/class/dmi/id/sys_vendor", "Dell Inc.\n")
	put("sys/class/dmi/id/product_name", "OptiPlex 7090\n")
	put("sys/class/dmi/id/product_uuid", "4c4c4544-0042-3010-8053\n")
	put("sys/class/dmi/id/board_serial", "/BOARD1/CN129\n")
	put("proc/cpuinfo", "processor\t: 0\nmodel name\t: Intel(R) Core(TM) i5\nflags\t\t: fpu vme\n")
	put("etc/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4\n")
	put("sys/class/net/eth0/address", "00:1b:21:01:02:03\n")
	put("sys/class/net/eth0/device/vendor", "0x8086\n")
	put("sys/class/net/docker0/address", "02:42:00:00:00:01\n")
	put("sys/block/nvme0n1/device/serial", "S4EVNX0R\n")
	put("sys/block/sda/device/model", "x\n")
	put("sys/block/sda/dev", "8:0\n")
	put("run/udev/data/b8:0", "S:disk\nE:ID_SERIAL_SHORT=WD-WX1\n")
	put("sys/block/sdb/device/serial", "STICK99\n")
	put("sys/block/sdb/removable", "1\n")
	put("sys/block/loop0/size", "1\n")
	m := readMachine(root)
	want := Machine{UUID: "4c4c4544004230108053", Board: "board1cn129", Disks: []string{"s4evnx0r", "wdwx1"}, Cards: []string{"001b21010203"},
		Model: "Dell Inc. OptiPlex 7090  Intel(R) Core(TM) i5", Install: "3d1219c7c4c5404aaa1f6d2a48adfda4"}
	if m.UUID != want.UUID || m.Board != want.Board || m.Model != want.Model || m.Install != want.Install || overlap(want.Disks, m.Disks) != agrees || len(m.Disks) != 2 || len(m.Cards) != 1 || m.Cards[0] != want.Cards[0] {
		t.Errorf("%+v", m)
	}
	put("sys/class/dmi/id/sys_vendor", "VMware, Inc.\n")
	if m := readMachine(root); m.Disks != nil {
		t.Error("a virtual machine's disks count:", m.Disks)
	}
	if m := readMachine(t.TempDir()); m.UUID != "" || m.Disks != nil || m.Cards != nil {
		t.Errorf("%+v", m)
	}
}
