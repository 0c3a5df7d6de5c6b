package store

import (
	"context"
	"path/filepath"
	"strconv"

	"beckmanconnect/store/keys"
)

// renewWrapping makes a new key for the system's wrapper, where it can have
// one, and wraps everything anew under it.
func (s *Store) renewWrapping(ctx context.Context, actor string, personal map[string]string) error {
	w, ok := s.opt.Key.(keys.Renewable)
	if !ok {
		return nil
	}
	if err := w.Renew(); err != nil {
		return err
	}
	return s.rewrap(ctx, w, actor, personal)
}

// rewrap wraps all keys and secrets under the wrapper's key of now, and then
// takes the one before away. Cut short, both keys are there and all opens.
func (s *Store) rewrap(ctx context.Context, w keys.Renewable, actor string, personal map[string]string) error {
	files, err := keys.Rewrap(w, filepath.Join(s.opt.Dir, KeysDir))
	if err != nil {
		return err
	}
	err = s.Update(ctx, func(tx *Tx) error {
		wrapped := map[string][]byte{}
		err := tx.each("SELECT purpose, wrapped FROM keysets", nil, func(scan func(...any) error) error {
			var purpose string
			var b []byte
			err := scan(&purpose, &b)
			wrapped[purpose] = b
			return err
		})
		if err != nil {
			return err
		}
		for purpose, old := range wrapped {
			plain, err := w.Unwrap(old, "keyset "+purpose)
			if err != nil {
				return err
			}
			again, err := w.Wrap(plain, "keyset "+purpose)
			clear(plain)
			if err != nil {
				return err
			}
			if err := tx.exec("UPDATE keysets SET wrapped = ? WHERE purpose = ?", again, purpose); err != nil {
				return err
			}
		}
		_, err = tx.Append(Entry{Kind: "keys.rewrapped", Actor: actor, Fields: map[string]string{"files": strconv.Itoa(files), "keysets": strconv.Itoa(len(wrapped))}, Personal: personal})
		return err
	})
	if err != nil {
		return err
	}
	return w.Retire()
}

// settleKeys goes on with what a restart cut short, and takes a credential that
// stands in for the key file. Nothing depends on it: it is tried at each start.
func (s *Store) settleKeys(ctx context.Context) {
	if w, ok := s.opt.Key.(keys.Renewable); ok && w.Stale() {
		if err := s.rewrap(ctx, w, "system", nil); err != nil {
			s.log.Error("keys could not be wrapped anew; the key before stays", "err", err)
		}
	}
	if err := s.resumeRotation(ctx); err != nil {
		s.log.Error("the change of the data keys rests until the next start", "err", err)
	}
}
