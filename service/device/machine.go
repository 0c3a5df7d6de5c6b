package device

import (
	"slices"
	"strings"
)

// Machine is what a PC is told apart by. What could not be read is empty and
// speaks neither for nor against.
type Machine struct {
	UUID    string   `json:"uuid,omitempty"`    // of the main board's firmware; a virtual machine's own
	Board   string   `json:"board,omitempty"`   // serial number of the main board
	Disks   []string `json:"disks,omitempty"`   // serial numbers of physical disks; a virtual one's goes with its image and is left out
	Cards   []string `json:"cards,omitempty"`   // hardware addresses of network cards
	Model   string   `json:"model,omitempty"`   // maker, product, processor
	Install string   `json:"install,omitempty"` // of the operating system as it was installed; goes with an image
}

// Match is how a PC compares with the one an identity was made on.
type Match int

// In the order of what follows from them: the identity holds, it holds and
// the PC is to be remembered as it is now, it does not hold.
const (
	Same    Match = iota
	Changed       // the same PC with another part
	Copied        // another PC
)

func (m Match) String() string { return [...]string{"same", "changed", "copied"}[m] }

// Compare holds the PC as it is now against the one that was kept.
//
//	firmware UUID or board's serial the same     the same PC, whatever else was replaced
//	both known and different, a disk the same    its main board was replaced
//	both known and different, no disk the same   another PC: a copy of the disk
//	none known on both sides:
//	  a disk or a network card the same          the same PC
//	  disks and cards both different             another PC
//	  one of them different, the other unknown   another PC if model or installation differ as well
//	nothing known on both sides                  cannot be told: the same PC
//
// So a laboratory is never locked out by one replaced part. What this lets
// through, such as a copy of a virtual machine with its UUID, the cloud sees:
// two PCs that take the link from each other.
func Compare(kept, now Machine) Match {
	board := worse(single(kept.UUID, now.UUID), single(kept.Board, now.Board))
	disks, cards := overlap(kept.Disks, now.Disks), overlap(kept.Cards, now.Cards)
	others := []evidence{disks, cards, single(kept.Model, now.Model), single(kept.Install, now.Install)}
	switch {
	case board == agrees:
		if single(kept.UUID, now.UUID) == differs || slices.Contains(others, differs) {
			return Changed
		}
		return Same
	case board == differs && disks == agrees:
		return Changed
	case board == differs:
		return Copied
	case disks == agrees || cards == agrees:
		if slices.Contains(others, differs) {
			return Changed
		}
		return Same
	case disks == differs && cards == differs:
		return Copied
	case disks == differs || cards == differs:
		if slices.Contains(others[2:], differs) {
			return Copied
		}
		return Changed
	}
	return Same
}

// evidence is what one part says.
type evidence int

const (
	unknown evidence = iota
	differs
	agrees
)

func single(kept, now string) evidence {
	switch {
	case kept == "" || now == "":
		return unknown
	case kept == now:
		return agrees
	}
	return differs
}

// overlap: of several, one that is still there is enough.
func overlap(kept, now []string) evidence {
	if len(kept) == 0 || len(now) == 0 {
		return unknown
	}
	for _, k := range kept {
		if slices.Contains(now, k) {
			return agrees
		}
	}
	return differs
}

// worse of two parts of the same board: one that agrees outweighs one that
// differs, since makers change UUIDs with a new firmware.
func worse(a, b evidence) evidence { return max(a, b) }

// filler are what makers leave where a number should stand.
var filler = []string{
	"none", "notspecified", "notapplicable", "tobefilledbyoem", "defaultstring", "systemserialnumber", "baseboardserialnumber",
	"invalid", "unknown", "oem", "na", "serial", "empty", "03000200040005000006000700080009", "00020003000400050006000700080009",
	"12345678123456781234567812345678", "0123456789", "123456789", "1234567890",
}

// number cleans a number as hardware tells it: "" for one that cannot be its
// own.
func number(s string) string {
	s = strings.ToLower(strings.TrimSpace(strings.ToValidUTF8(s, "")))
	bare := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, s)
	if len(bare) < 2 || len(s) > 200 || slices.Contains(filler, bare) || strings.Count(bare, bare[:1]) == len(bare) {
		return ""
	}
	return bare
}

// set gives the numbers that count, sorted, each once.
func set(all []string) []string {
	var out []string
	for _, s := range all {
		if n := number(s); n != "" {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// virtual tells a virtual machine by its maker and product. Its disks are files
// and their numbers go with a copy of them.
func virtual(makerAndProduct string) bool {
	text := strings.ToLower(makerAndProduct)
	for _, word := range []string{"vmware", "virtualbox", "innotek", "qemu", "kvm", "xen", "bochs", "parallels", "virtual machine", "bhyve", "google compute", "amazon ec2", "openstack"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// card gives a network card's address where it is the card's own; what software
// makes up (the locally administered ones) tells nothing.
func card(address []byte) string {
	if len(address) != 6 || address[0]&0x03 != 0 {
		return ""
	}
	const hex = "0123456789abcdef"
	out := make([]byte, 0, 12)
	for _, b := range address {
		out = append(out, hex[b>>4], hex[b&15])
	}
	return number(string(out))
}
