package device

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/store/keys"
)

// MachineFile keeps, sealed like the device key, which PC the identity was made
// on.
const MachineFile = "machine.id"

const keptVersion = 1

// kept is what MachineFile holds: digests, for the numbers themselves are
// nobody's business.
type kept struct {
	V      int     `json:"v"`
	Device string  `json:"device"`
	Salt   []byte  `json:"salt"`
	First  Machine `json:"first"` // when the identity was made
	Last   Machine `json:"last"`  // with the parts that were replaced since
	Print  string  `json:"print"` // what MachineID is made of; stays
}

// hide gives the digests of a machine's parts.
func (k *kept) hide(m Machine) Machine {
	one := func(part, value string) string {
		if value == "" {
			return ""
		}
		mac := hmac.New(sha256.New, k.Salt)
		mac.Write([]byte(part + "\x00" + value))
		return hex.EncodeToString(mac.Sum(nil)[:16])
	}
	all := func(part string, values []string) (out []string) {
		for _, v := range values {
			out = append(out, one(part, v))
		}
		return out
	}
	return Machine{
		UUID: one("uuid", m.UUID), Board: one("board", m.Board), Disks: all("disk", m.Disks), Cards: all("card", m.Cards),
		Model: one("model", m.Model), Install: one("install", m.Install),
	}
}

// print is what names a PC best. It is made once and kept: a replaced part must
// not make another PC of it in the cloud.
func (m Machine) print() string {
	named := ""
	switch {
	case m.UUID != "":
		named = "uuid " + m.UUID
	case m.Board != "":
		named = "board " + m.Board
	default:
		named = strings.Join([]string{"parts", strings.Join(m.Disks, ","), strings.Join(m.Cards, ","), m.Model, m.Install}, " ")
	}
	sum := sha256.Sum256([]byte(named))
	return hex.EncodeToString(sum[:])
}

// place is the outcome of looking where the identity is.
type place struct {
	match Match
	id    string // MachineID
	why   string // of Copied, for the log
}

// placed compares this PC with the one that the identity was made on, and keeps
// it where none was. A record that cannot be read is no leave to go on.
func placed(dir string, wrapper keys.Wrapper, device string, now Machine) (place, error) {
	k, err := readKept(dir, wrapper)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !errors.Is(err, keys.ErrMissing), err == nil && k.Device != device:
		// The first start, or an identity that was renewed since.
		return keepMachine(dir, wrapper, device, now)
	case err != nil:
		return place{match: Copied, why: err.Error()}, nil
	}
	p := place{id: cloudapi.MachineID(device, k.Print)}
	hidden := k.hide(now)
	p.match = Compare(k.Last, hidden)
	if p.match == Copied && Compare(k.First, hidden) != Copied {
		p.match = Changed
	}
	switch p.match {
	case Copied:
		p.why = "this is another PC than the one that the identity was made on"
	case Changed:
		k.Last = hidden
		return p, writeKept(dir, wrapper, k)
	}
	return p, nil
}

func keepMachine(dir string, wrapper keys.Wrapper, device string, now Machine) (place, error) {
	k := kept{V: keptVersion, Device: device, Salt: make([]byte, 32), Print: now.print()}
	rand.Read(k.Salt)
	k.First = k.hide(now)
	k.Last = k.First
	return place{id: cloudapi.MachineID(device, k.Print)}, writeKept(dir, wrapper, k)
}

func readKept(dir string, wrapper keys.Wrapper) (k kept, err error) {
	plain, err := keys.ReadSecret(wrapper, dir, MachineFile)
	if err != nil {
		return k, err
	}
	if err := json.Unmarshal(plain, &k); err != nil {
		return k, fmt.Errorf("device: %s: %w", MachineFile, err)
	}
	if k.V != keptVersion || len(k.Salt) == 0 {
		return k, fmt.Errorf("device: %s: not a record that this version knows", MachineFile)
	}
	return k, nil
}

func writeKept(dir string, wrapper keys.Wrapper, k kept) error {
	text, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("device: %s: %w", MachineFile, err)
	}
	if err := keys.WriteSecret(wrapper, dir, MachineFile, text); err != nil {
		return fmt.Errorf("device: keep %s: %w", MachineFile, err)
	}
	return nil
}
