package logproof

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is what is signed: the log's name, its size and root. The body is
// that of c2sp.org/tlog-checkpoint, with no extension lines.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// Body is the text of the note.
func (c Checkpoint) Body() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
}

// Sign makes the signed note. The origin is the signer's name.
func Sign(size int64, root tlog.Hash, signer note.Signer) ([]byte, error) {
	c := Checkpoint{Origin: signer.Name(), Size: size, Root: root}
	return note.Sign(&note.Note{Text: c.Body()}, signer)
}

// ParseBody reads a checkpoint body, strictly: what is parsed is what would be
// written again. Extension lines are refused, as this log writes none.
func ParseBody(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] == "" {
		return Checkpoint{}, errors.New("a checkpoint has three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 {
		return Checkpoint{}, errors.New("the checkpoint's size is no number")
	}
	c := Checkpoint{Origin: lines[0], Size: size}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Checkpoint{}, errors.New("the checkpoint's root is no hash")
	}
	copy(c.Root[:], root)
	if c.Body() != text {
		return Checkpoint{}, errors.New("the checkpoint is not in canonical form")
	}
	return c, nil
}

// OpenCheckpoint checks the signature and reads the checkpoint. The key that
// signed must be the one the log is named after. A note whose bytes are not
// exactly the signed text and the accepted signatures is refused: nothing rides
// along unproven.
func OpenCheckpoint(msg []byte, verifiers note.Verifiers) (Checkpoint, error) {
	n, err := note.Open(msg, verifiers)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("signature: %w", err)
	}
	c, err := ParseBody(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	own := false
	for _, s := range n.Sigs {
		own = own || s.Name == c.Origin
	}
	if !own {
		return Checkpoint{}, fmt.Errorf("signature: not signed by %q, the log's own key", c.Origin)
	}
	if len(n.UnverifiedSigs) > 0 {
		return Checkpoint{}, errors.New("signature: there is one more that no known key made")
	}
	again := []byte(n.Text + "\n")
	for _, s := range n.Sigs {
		sig, err := base64.StdEncoding.Strict().DecodeString(s.Base64)
		if err != nil {
			return Checkpoint{}, fmt.Errorf("signature: %w", err)
		}
		again = fmt.Appendf(again, "— %s %s\n", s.Name, base64.StdEncoding.EncodeToString(sig))
	}
	if !bytes.Equal(again, msg) {
		return Checkpoint{}, errors.New("signature: the note holds more than what is signed")
	}
	return c, nil
}

// ReadCheckpoint reads a checkpoint without checking who signed it, for the
// one who wrote it.
func ReadCheckpoint(msg []byte) (Checkpoint, error) {
	text, _, ok := strings.Cut(string(msg), "\n\n")
	if !ok {
		return Checkpoint{}, errors.New("the checkpoint is no note")
	}
	return ParseBody(text + "\n")
}
