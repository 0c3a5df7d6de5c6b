package logproof

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"golang.org/x/mod/sumdb/note"
)

// Chain stands for all checkpoints that are kept: how many there are and a hash
// over each with its size, in order. Signed beside the newest of them it shows
// that none was taken out. The zero value is that of none.
type Chain struct {
	Count int64
	Hash  [sha256.Size]byte
}

// Add gives the chain with one more checkpoint.
func (c Chain) Add(size int64, msg []byte) Chain {
	h := sha256.New()
	h.Write(c.Hash[:])
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(size)))
	h.Write(msg)
	c.Count++
	h.Sum(c.Hash[:0])
	return c
}

func (c Chain) body(origin string) string {
	return fmt.Sprintf("beckmanconnect kept checkpoints v1\n%s\n%d\n%s\n", origin, c.Count, hex.EncodeToString(c.Hash[:]))
}

// Sign gives the chain as a note that the log's key signed.
func (c Chain) Sign(signer note.Signer) ([]byte, error) {
	return note.Sign(&note.Note{Text: c.body(signer.Name())}, signer)
}

// ReadChain reads a chain that this signer signed. Signatures are Ed25519, which
// gives the same one each time.
func ReadChain(msg []byte, signer note.Signer) (c Chain, err error) {
	c, err = parseChain(string(msg), signer.Name())
	if err != nil {
		return c, err
	}
	again, err := c.Sign(signer)
	if err == nil && !bytes.Equal(again, msg) {
		err = fmt.Errorf("the list of kept checkpoints is not signed by this log's key")
	}
	return c, err
}

func parseChain(text, origin string) (c Chain, err error) {
	var sum string
	if _, err := fmt.Sscanf(text, "beckmanconnect kept checkpoints v1\n"+origin+"\n%d\n%64s\n", &c.Count, &sum); err != nil {
		return c, fmt.Errorf("the list of kept checkpoints: %w", err)
	}
	b, err := hex.DecodeString(sum)
	if err != nil || len(b) != len(c.Hash) {
		return c, fmt.Errorf("the list of kept checkpoints holds no hash")
	}
	copy(c.Hash[:], b)
	return c, nil
}

// signedBy says whether msg is this chain, signed by the key the log is named
// after, and nothing besides.
func (c Chain) signedBy(msg []byte, origin string, verifiers note.Verifiers) error {
	n, err := note.Open(msg, verifiers)
	if err != nil {
		return err
	}
	if n.Text != c.body(origin) {
		return fmt.Errorf("it was signed over other checkpoints than these %d", c.Count)
	}
	if len(n.Sigs) != 1 || n.Sigs[0].Name != origin || len(n.UnverifiedSigs) > 0 ||
		!bytes.Equal(msg, fmt.Appendf(nil, "%s\n— %s %s\n", n.Text, origin, n.Sigs[0].Base64)) {
		return fmt.Errorf("it holds more than what the log's own key signed")
	}
	return nil
}
