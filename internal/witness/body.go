package witness

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/cosign"
)

// Of the HTTP protocol of c2sp.org/tlog-witness.
const (
	PathAdd = "/add-checkpoint"
	// MaxBody is the largest request: a proof and a checkpoint.
	MaxBody = 8 << 10
	// TypeSize is the type of an answer that names the witness's newest size.
	TypeSize = "text/x.tlog.size"
)

// statuses are what a refusal is over HTTP. A witness over HTTP does not tell
// apart what its caller can see for itself.
var statuses = map[string]int{
	cloudapi.WitnessUnknown: 404, cloudapi.WitnessSignature: 403, cloudapi.WitnessProof: 422,
	cloudapi.WitnessOld: 409, cloudapi.WitnessShrunk: 409, cloudapi.WitnessForked: 409,
}

// Status is the HTTP status of an answer.
func (a Answer) Status() int {
	if a.Code == "" {
		return 200
	}
	return statuses[a.Code]
}

// Body writes a request to add-checkpoint.
func (r Request) Body() []byte {
	b := fmt.Appendf(nil, "old %d\n", r.Old)
	for _, line := range EncodeProof(r.Proof) {
		b = append(b, line...)
		b = append(b, '\n')
	}
	return append(append(b, '\n'), r.Note...)
}

// ParseBody reads a request to add-checkpoint, strictly: what it reads, Body
// would write again.
func ParseBody(body []byte) (Request, error) {
	bad := func(why string) (Request, error) { return Request{}, fmt.Errorf("%w: %s", ErrMalformed, why) }
	if len(body) > MaxBody {
		return bad("it is too large")
	}
	head, msg, ok := strings.Cut(string(body), "\n\n")
	if !ok || msg == "" {
		return bad("no empty line before the checkpoint")
	}
	lines := strings.Split(head, "\n")
	number, ok := strings.CutPrefix(lines[0], "old ")
	old, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || old < 0 || strconv.FormatInt(old, 10) != number {
		return bad("the first line is not \"old\" and a size")
	}
	proof, err := DecodeProof(lines[1:])
	if err != nil {
		return bad(err.Error())
	}
	if len(msg) > MaxNote {
		return bad("the checkpoint is too large")
	}
	return Request{Old: old, Proof: proof, Note: []byte(msg)}, nil
}

// SignatureLine is the cosignature of an answer, which is all that is sent
// back: the caller has the checkpoint.
func (a Answer) SignatureLine(s *cosign.Signer) ([]byte, error) {
	start := bytes.LastIndex(a.Seen.Note, []byte("— "+s.Name()+" "))
	if start < 0 {
		return nil, errors.New("the checkpoint was not cosigned")
	}
	return a.Seen.Note[start:], nil
}

// Join puts the signature lines of an answer under the checkpoint they are on,
// and gives the checkpoint with the log's signature and that of the witness.
func Join(checkpoint, lines []byte, log, witness note.Verifier) ([]byte, error) {
	_, n, err := openLog(checkpoint, log)
	if err != nil {
		return nil, err
	}
	bare, err := note.Sign(n)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(lines)) {
		name, encoded, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(line, "— "), "\n"), " ")
		raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if !ok || err != nil || name != witness.Name() {
			continue
		}
		msg := fmt.Appendf(bytes.Clone(bare), "— %s %s\n", name, base64.StdEncoding.EncodeToString(raw))
		if _, err := Open(msg, log, witness); err == nil {
			return msg, nil
		}
	}
	return nil, fmt.Errorf("the answer holds no signature of the witness %q", witness.Name())
}
