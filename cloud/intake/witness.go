package intake

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
)

// witness keeps a checkpoint of a device's log when its signature is good and
// the log has not become shorter (B4, scenario 48). What is wrong becomes an
// alarm for staff; the device is answered all the same, its log goes on.
func (i *Intake) witness(tx *data.Tx, c cloudapi.Checkpoint) (Change, error) {
	verifier, err := tx.BindVerifier(usableVerifier(c.Verifier), c.Binding)
	if err != nil {
		return Change{}, err
	}
	checkpoint, err := openCheckpoint(c.Note, verifier)
	if err != nil {
		i.Log.Warn("log checkpoint refused", "error", err)
		return Change{Feed: true}, tx.Raise(data.AlarmLogSignature, "log", "A checkpoint of the device's log is not signed by the device's log key")
	}
	code, err := tx.Witness(checkpoint)
	if code != "" {
		i.Log.Warn("log checkpoint contradicts an earlier one", "code", code)
	}
	return Change{Feed: code != ""}, err
}

func usableVerifier(text string) string {
	if _, err := note.NewVerifier(text); err != nil {
		return ""
	}
	return text
}

// openCheckpoint verifies a checkpoint in the form of c2sp.org/tlog-checkpoint:
// origin, size, root hash, each on a line.
func openCheckpoint(text, verifier string) (data.Checkpoint, error) {
	v, err := note.NewVerifier(verifier)
	if err != nil {
		return data.Checkpoint{}, fmt.Errorf("intake: no verifier known for this device's log")
	}
	n, err := note.Open([]byte(text), note.VerifierList(v))
	if err != nil {
		return data.Checkpoint{}, fmt.Errorf("intake: checkpoint: %w", err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 || lines[0] == "" {
		return data.Checkpoint{}, fmt.Errorf("intake: checkpoint: not three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return data.Checkpoint{}, fmt.Errorf("intake: checkpoint: size")
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != 32 {
		return data.Checkpoint{}, fmt.Errorf("intake: checkpoint: root hash")
	}
	return data.Checkpoint{Origin: lines[0], Size: size, Root: root, Note: text}, nil
}
