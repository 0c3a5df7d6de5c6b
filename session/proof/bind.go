package proof

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"beckmanconnect/session/cpace"
)

const (
	codeName   = "beckmanconnect one-time code 2"
	resumeName = "beckmanconnect resume 2"
	label      = "EXPERIMENTAL " // RFC 5705, section 4: unregistered labels

	engineer = "engineer"
	host     = "host"
)

// Channel is what proofs are bound to; *channel.Conn is one.
type Channel interface {
	// Exporter gives 32 bytes that only the two ends of this channel know.
	Exporter(label string) ([]byte, error)
	// Leaves are both ends' verified certificates, in DER.
	Leaves() (host, engineer []byte)
}

// Binding is one channel between two ends that agree on who they are. Both make
// the same one, or none of their proofs fit.
type Binding struct {
	ci, code, resume []byte

	exporter func(label string) ([]byte, error)
	ends     func(name string, more ...[]byte) []byte // LV with who is at the two ends
}

// Bind makes the binding of a channel between an engineer and this device for
// one request.
func Bind(ch Channel, device, request string) (*Binding, error) {
	hostLeaf, engineerLeaf := ch.Leaves()
	if len(hostLeaf) == 0 || len(engineerLeaf) == 0 || device == "" || request == "" {
		return nil, errors.New("proof: bind: both certificates, device and request are needed")
	}
	code, err := ch.Exporter(label + codeName)
	if err != nil {
		return nil, fmt.Errorf("proof: bind: %w", err)
	}
	resume, err := ch.Exporter(label + resumeName)
	if err != nil {
		return nil, fmt.Errorf("proof: bind: %w", err)
	}
	h, e := sha256.Sum256(hostLeaf), sha256.Sum256(engineerLeaf)
	ends := func(name string, more ...[]byte) []byte {
		return cpace.LV(append([][]byte{
			[]byte(name), []byte(engineer), []byte(host), []byte(device), []byte(request), h[:], e[:],
		}, more...)...)
	}
	return &Binding{ci: ends(codeName), code: code, resume: ends(resumeName, resume), exporter: ch.Exporter, ends: ends}, nil
}

// Resume is what a proof of coming back is made over.
func (b *Binding) Resume() []byte { return b.resume }

func (b *Binding) params(code string, try uint32) cpace.Params {
	sid := binary.BigEndian.AppendUint32(append([]byte(nil), b.code...), try)
	return cpace.Params{Code: NormalizeCode(code), CI: b.ci, SID: sid}
}
