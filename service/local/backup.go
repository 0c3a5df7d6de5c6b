package local

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"time"

	"google.golang.org/grpc"

	"beckmanconnect/internal/logbackup"
	"beckmanconnect/internal/redact"
	"beckmanconnect/internal/rsakey"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
)

const (
	maxPassphrase = 1 << 10
	maxPublicKey  = 16 << 10
	pieceBytes    = 64 << 10
)

// BackupLog streams an encrypted copy of the database of one moment; only IT
// may. The program that asked keeps it where the person wants it.
func (h *Host) BackupLog(r *hostpb.BackupLogRequest, out grpc.ServerStreamingServer[hostpb.ExportPiece]) error {
	ctx := out.Context()
	to := logbackup.Recipient{Passphrase: r.GetPassphrase()}
	if len(r.GetPassphrase()) > maxPassphrase || len(r.GetPublicKey()) > maxPublicKey {
		return invalid("backup-key", "the key or passphrase is too long")
	}
	if text := r.GetPublicKey(); text != "" {
		var err error
		if to.Public, err = rsakey.ParsePublic([]byte(text)); err != nil {
			return invalid("backup-key", redact.Line(err.Error(), 200))
		}
	}
	if err := to.Check(); err != nil {
		return invalid("backup-key", redact.Line(err.Error(), 200))
	}
	h.config.Log.Info("a backup of the log is made", "by", redact.Line(account(identity.FromContext(ctx)), 120), "recipient", to.Name())
	w := &pieces{out: out, sum: sha256.New(), name: "beckmanconnect-log-" + time.Now().UTC().Format("20060102-150405") + ".bcbackup"}
	made, err := h.config.Store.Backup(ctx, w, to, "it", w.progress)
	if err != nil {
		return h.fail("backup", err)
	}
	if err := w.flush(); err != nil {
		return err
	}
	if sum := hex.EncodeToString(w.sum.Sum(nil)); sum != made.SHA256 {
		return refuse("backup-cut", "the backup did not come through whole")
	}
	return out.Send(&hostpb.ExportPiece{Done: w.done, Total: w.total, Sha256: made.SHA256})
}

// pieces sends what is written in pieces of at most 64 KiB.
type pieces struct {
	out         grpc.ServerStreamingServer[hostpb.ExportPiece]
	sum         hash.Hash
	name        string // in the first piece alone
	buffer      []byte
	done, total uint64
	told        uint64 // hundredths of the copy that were told
}

func (p *pieces) Write(b []byte) (int, error) {
	p.sum.Write(b)
	n := len(b)
	for len(b) > 0 {
		part := b[:min(len(b), pieceBytes-len(p.buffer))]
		p.buffer, b = append(p.buffer, part...), b[len(part):]
		if len(p.buffer) == pieceBytes {
			if err := p.flush(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

func (p *pieces) flush() error {
	if len(p.buffer) == 0 {
		return nil
	}
	err := p.out.Send(&hostpb.ExportPiece{Data: p.buffer, Name: p.name, Done: p.done, Total: p.total})
	p.buffer, p.name = nil, "" // gRPC may still hold what was sent
	return err
}

// progress tells each hundredth of the copy once.
func (p *pieces) progress(done, total int) {
	p.done, p.total = uint64(done), uint64(total)
	if at := p.done * 100 / max(1, p.total); at > p.told {
		p.told = at
		_ = p.out.Send(&hostpb.ExportPiece{Name: p.name, Done: p.done, Total: p.total}) // the next write finds what is wrong
		p.name = ""
	}
}
