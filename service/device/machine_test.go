package device

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"beckmanconnect/store/keys"
)

// lab is an instrument PC with everything that can be read of one.
func lab() Machine {
	return Machine{UUID: "u1", Board: "b1", Disks: []string{"d1", "d2"}, Cards: []string{"c1", "c2"}, Model: "PC, CPU", Install: "i1"}
}

func with(change func(*Machine)) Machine {
	m := lab()
	change(&m)
	return m
}

// The rule as a table: what is replaced in a laboratory goes on, a copy on
// another PC does not (P10).
func TestCompare(t *testing.T) {
	another := Machine{UUID: "u9", Board: "b9", Disks: []string{"d9"}, Cards: []string{"c9"}, Model: "PC, CPU", Install: "i1"}
	user := func(m Machine) Machine { m.UUID, m.Board = "", ""; return m } // numbers of the firmware may not be read
	for _, row := range []struct {
		name      string
		kept, now Machine
		want      Match
	}{
		{"nothing changed", lab(), lab(), Same},
		{"one disk replaced", lab(), with(func(m *Machine) { m.Disks = []string{"d1", "d7"} }), Same},
		{"all disks replaced, put back from a backup", lab(), with(func(m *Machine) { m.Disks = []string{"d7", "d8"} }), Changed},
		{"network cards replaced", lab(), with(func(m *Machine) { m.Cards = []string{"c7"} }), Changed},
		{"disks, cards and processor replaced", lab(), with(func(m *Machine) { m.Disks, m.Cards, m.Model = []string{"d7"}, []string{"c7"}, "PC, CPU 2" }), Changed},
		{"installed anew on the same PC", lab(), with(func(m *Machine) { m.Install = "i2" }), Changed},
		{"main board replaced", lab(), with(func(m *Machine) { m.UUID, m.Board, m.Cards = "u2", "b2", []string{"c7"} }), Changed},
		{"firmware with another UUID", lab(), with(func(m *Machine) { m.UUID = "u2" }), Changed},
		{"numbers can no longer be read", lab(), user(lab()), Same},
		{"nothing can be read any more", lab(), Machine{}, Same},
		{"nothing could be read before", Machine{}, lab(), Same},
		{"an external copy of the disk in another PC of the same model", lab(), another, Copied},
		{"the same, installation made its own", lab(), func() Machine { m := another; m.Install = "i9"; return m }(), Copied},
		{"without the firmware's numbers: nothing changed", user(lab()), user(lab()), Same},
		{"without: all disks replaced", user(lab()), user(with(func(m *Machine) { m.Disks = []string{"d7"} })), Changed},
		{"without: all cards replaced", user(lab()), user(with(func(m *Machine) { m.Cards = []string{"c7"} })), Changed},
		{"without: a copy", user(lab()), user(another), Copied},
		{"only cards known: another card", Machine{Cards: []string{"c1"}, Model: "m", Install: "i"}, Machine{Cards: []string{"c2"}, Model: "m", Install: "i"}, Changed},
		{"only cards known: another card and model", Machine{Cards: []string{"c1"}, Model: "m", Install: "i"}, Machine{Cards: []string{"c2"}, Model: "m2", Install: "i"}, Copied},
		{"only disks known: data folder in another installation", Machine{Disks: []string{"d1"}, Install: "i"}, Machine{Disks: []string{"d2"}, Install: "i2"}, Copied},
		{"virtual machine moved to another host", Machine{UUID: "u", Cards: []string{"c"}, Model: "VMware, Xeon", Install: "i"}, Machine{UUID: "u", Cards: []string{"c"}, Model: "VMware, EPYC", Install: "i"}, Changed},
		{"virtual machine copied, hypervisor gave a new UUID", Machine{UUID: "u", Cards: []string{"c"}, Model: "m", Install: "i"}, Machine{UUID: "u2", Cards: []string{"c"}, Model: "m", Install: "i"}, Copied},
		{"only model known: another", Machine{Model: "m"}, Machine{Model: "m2"}, Same},
	} {
		if got := Compare(row.kept, row.now); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
}

// One replaced part never locks a laboratory out; another PC with no part in
// common is never taken for the same.
func TestCompareProperties(t *testing.T) {
	text := rapid.StringMatching(`[a-z0-9]{4,8}`)
	machine := rapid.Custom(func(t *rapid.T) Machine {
		return Machine{
			UUID: text.Draw(t, "uuid"), Board: text.Draw(t, "board"), Disks: rapid.SliceOfNDistinct(text, 1, 3, rapid.ID).Draw(t, "disks"),
			Cards: rapid.SliceOfNDistinct(text, 1, 3, rapid.ID).Draw(t, "cards"), Model: text.Draw(t, "model"), Install: text.Draw(t, "install"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		m := machine.Draw(t, "pc")
		replaced := m
		switch rapid.IntRange(0, 5).Draw(t, "part") {
		case 0:
			replaced.Disks = []string{"NEW"}
		case 1:
			replaced.Cards = []string{"NEW"}
		case 2:
			replaced.UUID, replaced.Board = "NEW", "NEW"
		case 3:
			replaced.Model = "NEW"
		case 4:
			replaced.Install = "NEW"
		case 5:
			replaced.UUID, replaced.Board = "", ""
		}
		if got := Compare(m, replaced); got == Copied {
			t.Fatalf("one part replaced: %s", got)
		}
		if Compare(m, m) != Same {
			t.Fatal("the PC itself is another one")
		}
		other := Machine{UUID: "NEW", Board: "NEW", Disks: []string{"NEW"}, Cards: []string{"NEW"}, Model: m.Model, Install: m.Install}
		if got := Compare(m, other); got != Copied {
			t.Fatalf("another PC with a copy of the disk: %s", got)
		}
	})
}

func TestNumbersOfMakers(t *testing.T) {
	for _, filler := range []string{"", " ", "0", "None", "To be filled by O.E.M.", "Default string", "00000000-0000-0000-0000-000000000000",
		"FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "03000200-0400-0500-0006-000700080009", "System Serial Number", "\xff"} {
		if got := number(filler); got != "" {
			t.Errorf("%q counts as %q", filler, got)
		}
	}
	if number(" 4C4C4544-0042 ") != "4c4c45440042" {
		t.Error(number(" 4C4C4544-0042 "))
	}
	if card([]byte{0x52, 0x54, 0, 1, 2, 3}) != "" || card([]byte{0, 0x1b, 0x21, 1, 2, 3}) == "" || card(nil) != "" {
		t.Error("made-up addresses of network cards count, or real ones do not")
	}
	if !virtual("VMware, Inc. VMware7,1") || !virtual("Microsoft Corporation Virtual Machine") || virtual("Dell Inc. OptiPlex 7090") {
		t.Error("virtual machines are mistaken")
	}
}

// A copy of the data folder on another PC (P10, P13): it has no certificate to
// show, cannot register, and says so until IT makes a new identity.
func TestACopyIsFoundAndRenewed(t *testing.T) {
	ca := newAuthority(t)
	dir := filepath.Join(t.TempDir(), "keys")
	first := open(t, Config{Dir: dir, DeviceCA: ca.pool(), Machine: lab})
	registration := Registration{DeviceID: first.ID(), Certificate: ca.issue(&first.key.PublicKey, first.ID(), nil)}
	if err := first.Restore(registration); err != nil {
		t.Fatal(err)
	}
	if first.State() != StateOK || !first.Here() || len(first.MachineID()) != 32 {
		t.Fatal(first.State(), first.MachineID())
	}
	raw, err := os.ReadFile(filepath.Join(dir, MachineFile))
	if err != nil || bytes.Contains(raw, []byte(lab().Model)) || bytes.Contains(raw, []byte("uuid")) {
		t.Errorf("the record of the PC is readable: %v", err)
	}
	repaired := open(t, Config{Dir: dir, DeviceCA: ca.pool(), Machine: func() Machine {
		return with(func(m *Machine) { m.UUID, m.Board = "u2", "b2" })
	}})
	if repaired.State() != StateOK || !repaired.Replaced() || repaired.MachineID() != first.MachineID() {
		t.Error("a new main board made another PC of it", repaired.State())
	}
	// The disk goes next, when the board was already remembered.
	if d := open(t, Config{Dir: dir, Machine: func() Machine {
		return with(func(m *Machine) { m.UUID, m.Board, m.Disks = "u2", "b2", []string{"d7"} })
	}}); d.State() != StateOK {
		t.Error("one part after the other made another PC of it")
	}
	other := func() Machine {
		return Machine{UUID: "u9", Board: "b9", Disks: []string{"d9"}, Cards: []string{"c9"}, Model: "PC, CPU", Install: "i1"}
	}
	clone := open(t, Config{Dir: dir, DeviceCA: ca.pool(), Machine: other})
	if err := clone.Restore(registration); err != nil {
		t.Fatal(err)
	}
	if _, shown := clone.Certificate(); clone.State() != StateCopied || clone.Here() || shown {
		t.Fatal("a copy goes on as the PC it was copied from")
	}
	var e *Error
	if _, err := clone.Register(t.Context(), form); !errors.As(err, &e) || e.Code != "device-copied" {
		t.Errorf("a copy registers: %v", err)
	}
	old := clone.ID()
	id, err := clone.Renew()
	if err != nil || id == old || clone.ID() != id || clone.State() != StateOK {
		t.Fatal(id, err, clone.State())
	}
	if _, registered := clone.Registration(); registered {
		t.Error("a new identity has the old one's registration")
	}
	if _, err := os.Stat(filepath.Join(dir, KeyFile+"."+old)); err != nil {
		t.Errorf("the old key is not set aside: %v", err)
	}
	again := open(t, Config{Dir: dir, Machine: other})
	if again.ID() != id || again.State() != StateOK || again.MachineID() == first.MachineID() {
		t.Error("the new identity did not last", again.ID(), again.State())
	}
	if _, err := again.Renew(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, KeyFile+"."+id)); err != nil {
		t.Errorf("the second old key is not set aside: %v", err)
	}
}

// A record that was changed or cut is no leave to go on.
func TestADamagedRecordIsNoLeave(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	open(t, Config{Dir: dir, Machine: lab})
	path := filepath.Join(dir, MachineFile)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if d := open(t, Config{Dir: dir, Machine: lab}); d.State() != StateCopied {
		t.Error(d.State())
	}
	if err := keys.WriteSecret(keys.Default(dir), dir, MachineFile, []byte(`{"v":99}`)); err != nil {
		t.Fatal(err)
	}
	if d := open(t, Config{Dir: dir, Machine: lab}); d.State() != StateCopied {
		t.Error("a record of another version:", d.State())
	}
}

// The cloud's word counts only for what it takes away.
func TestSetRefused(t *testing.T) {
	d := open(t, Config{Machine: lab})
	for _, row := range []struct {
		said, state string
		news        bool
	}{
		{"", StateOK, false}, {"revoked", StateRevoked, true}, {"revoked", StateRevoked, false}, {"copied", StateCopied, true},
		{"anything", StateOK, true},
	} {
		if news := d.SetRefused(row.said); news != row.news || d.State() != row.state || !d.Here() {
			t.Errorf("%q: %v %s", row.said, news, d.State())
		}
	}
	var e *Error
	d.SetRefused(StateRevoked)
	if _, err := d.Register(t.Context(), form); !errors.As(err, &e) || e.Code != "device-revoked" {
		t.Errorf("a revoked identity registers again: %v", err)
	}
}

// smbiosTable is the table of a PC as Windows gives it.
func smbiosTable() []byte {
	b := make([]byte, smbiosHeader)
	system := make([]byte, 27)
	system[0], system[1], system[4], system[5] = smbiosSystem, 27, 1, 2
	for i := range 16 {
		system[8+i] = byte(i + 1)
	}
	b = append(append(b, system...), "Dell Inc.\x00OptiPlex\x00\x00"...)
	board := make([]byte, 8)
	board[0], board[1], board[7] = smbiosBoard, 8, 1
	b = append(append(b, board...), "CN1296\x00\x00"...)
	return append(b, smbiosEnd, 4, 0, 0, 0, 0)
}

func TestSMBIOS(t *testing.T) {
	s := parseSMBIOS(smbiosTable())
	if s.maker != "Dell Inc." || s.product != "OptiPlex" || s.board != "CN1296" || s.uuid != "0102030405060708090a0b0c0d0e0f10" {
		t.Errorf("%+v", s)
	}
}

func FuzzSMBIOS(f *testing.F) {
	f.Add(smbiosTable())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) { parseSMBIOS(b); parseStorage(b) })
}

func TestStorageDescription(t *testing.T) {
	b := make([]byte, 64)
	b[24] = 40
	copy(b[40:], "  WD-1\x00")
	if got := parseStorage(b); got != "WD-1" {
		t.Errorf("%q", got)
	}
	b[28] = busUSB
	if got := parseStorage(b); got != "" {
		t.Errorf("a disk outside the PC: %q", got)
	}
}
