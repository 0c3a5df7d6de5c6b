package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// beginRotation makes the new key and puts it in force for all that is written
// from now on.
func (s *Store) beginRotation(ctx context.Context, actor string, personal map[string]string) error {
	var h *keyset.Handle
	err := s.Update(ctx, func(tx *Tx) error {
		var id int
		if under, err := tx.row([]any{&id}, "SELECT id FROM key_rotation"); err != nil || under {
			return err
		}
		var wrapped []byte
		if _, err := tx.row([]any{&wrapped}, "SELECT wrapped FROM keysets WHERE purpose = ?", keysetPurpose); err != nil {
			return err
		}
		now, err := unwrapKeyset(s.opt.Key, wrapped)
		if err != nil {
			return err
		}
		old := now.KeysetInfo().GetPrimaryKeyId()
		m := keyset.NewManagerFromHandle(now)
		next, err := m.Add(aead.AES256GCMKeyTemplate())
		if err == nil {
			err = m.SetPrimary(next)
		}
		if err == nil {
			h, err = m.Handle()
		}
		if err != nil {
			return err
		}
		if err := tx.putKeyset(h); err != nil {
			return err
		}
		if _, err := tx.Append(Entry{Kind: "keys.rotating", Actor: actor, Subject: keyName(next), Fields: map[string]string{"replaces": keyName(old)}, Personal: personal}); err != nil {
			return err
		}
		return tx.exec("INSERT INTO key_rotation (id, old, new, begun_ms, col, done, actor) VALUES (1, ?, ?, ?, 0, 0, ?)", int64(old), int64(next), toMS(s.opt.Now()), actor)
	})
	if err != nil || h == nil {
		return err
	}
	return s.seal.exchange(h)
}

func keyName(id uint32) string { return fmt.Sprintf("%08x", id) }

func (tx *Tx) putKeyset(h *keyset.Handle) error {
	wrapped, err := wrapKeyset(tx.s.opt.Key, h)
	if err != nil {
		return err
	}
	return tx.exec("UPDATE keysets SET wrapped = ? WHERE purpose = ?", wrapped, keysetPurpose)
}

// finishRotation takes the old keys away.
func (s *Store) finishRotation(ctx context.Context) error {
	ring := s.seal.ring.Load()
	only, err := onlyPrimary(ring.handle)
	if err != nil {
		return err
	}
	err = s.Update(ctx, func(tx *Tx) error {
		var at rotation
		under, err := tx.row(at.dest(), selectRotation)
		if err != nil || !under {
			return err
		}
		if err := tx.putKeyset(only); err != nil {
			return err
		}
		if err := tx.exec("DELETE FROM key_rotation"); err != nil {
			return err
		}
		now := s.opt.Now()
		if err := tx.keysMade(now); err != nil {
			return err
		}
		_, err = tx.Append(Entry{Kind: "keys.rotated", Actor: at.actor, Subject: keyName(ring.primary), Fields: map[string]string{
			"replaces": keyName(at.old), "values": strconv.FormatUint(at.done, 10), "begun": fromMS(at.begun).UTC().Format(time.RFC3339),
		}})
		return err
	})
	if err != nil {
		return err
	}
	return s.seal.exchange(only)
}

func onlyPrimary(h *keyset.Handle) (*keyset.Handle, error) {
	info := h.KeysetInfo()
	m := keyset.NewManagerFromHandle(h)
	for _, k := range info.GetKeyInfo() {
		if k.GetKeyId() != info.GetPrimaryKeyId() {
			if err := m.Delete(k.GetKeyId()); err != nil {
				return nil, err
			}
		}
	}
	return m.Handle()
}

const metaKeysMade = "keys_made_ms"

func (tx *Tx) keysMade(at time.Time) error {
	return tx.exec("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", metaKeysMade, strconv.FormatInt(toMS(at), 10))
}

// KeysMade is when the data keys were made: by the last rotation, or with the
// log.
func (s *Store) KeysMade(ctx context.Context) (time.Time, error) {
	ms, err := s.number(ctx, "SELECT coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = '"+metaKeysMade+"'), (SELECT wall / 1000000 FROM entries ORDER BY idx LIMIT 1), 0)")
	return fromMS(int64(ms)), err
}
