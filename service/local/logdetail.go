package local

import (
	"context"
	"encoding/hex"
	"time"

	"beckmanconnect/ipc/hostpb"
)

// GetLog says how the log stands. A part that cannot be read is left out: the
// doctor is asked for just when something is wrong.
func (h *Host) GetLog(ctx context.Context, _ *hostpb.GetLogRequest) (*hostpb.LogDetail, error) {
	s, told := h.config.Store, func(part string, err error) bool {
		if err != nil {
			h.config.Log.Warn("the log's standing is not whole", "part", part, "error", err)
		}
		return err == nil
	}
	d := &hostpb.LogDetail{Origin: s.Signer().Name(), Verifier: h.config.LogVerifier}
	if h.config.LogState != nil {
		d.State = h.config.LogState()
	}
	if h.config.Witnesses != nil {
		d.Witnesses = h.config.Witnesses()
	}
	if h.config.Confidential != nil {
		d.Confidential = h.config.Confidential()
	}
	archives, err := s.Archives(ctx)
	told("archives", err)
	for _, a := range archives {
		d.Archives = append(d.Archives, &hostpb.LogArchive{Name: a.Name, From: uint64(a.From), To: uint64(a.To), Sha256: hex.EncodeToString(a.SHA256[:]), Here: a.Here})
	}
	aside, err := s.SetAsides(ctx)
	told("set aside", err)
	for _, a := range aside {
		row := &hostpb.LogSetAside{Name: a.Name, Why: a.Why, Unix: a.UnixMS / 1000, Origin: a.Origin, Entries: uint64(max(a.Entries, 0))}
		if a.Salvaged != nil {
			row.Read = uint64(max(a.Salvaged.Read, 0))
		}
		d.SetAside = append(d.SetAside, row)
	}
	if first, err := s.FirstIndex(ctx); told("first entry", err) {
		d.FirstIndex = uint64(first)
	}
	if made, err := s.KeysMade(ctx); told("keys", err) {
		d.KeysUnix = unixOf(made)
	}
	rotation, _ := s.Rotation()
	d.KeysRotating = rotation.Running
	if d.BackupUnix, err = s.LastBackup(ctx); !told("backup", err) {
		d.BackupUnix = 0
	}
	if checked, err := s.Checked(ctx); told("check", err) {
		d.CheckedUnix = checked.Unix
	}
	return d, nil
}

// unixOf is a time in Unix seconds, 0 for none.
func unixOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
