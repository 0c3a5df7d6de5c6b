package source

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// maxSignatures bounds the signatures of one piece of metadata, far above what
// any role has keys for: to find the one that is there twice, each is compared
// with each.
const maxSignatures = 64

// wellFormed is an error unless data holds everything that is taken for granted
// of this role, by go-tuf and here: a null where an object belongs would end
// the process. It says nothing about signatures. What comes from the server
// passes here before go-tuf sees it, what lies on this PC before it is used.
func wellFormed(role string, data []byte) (err error) {
	defer func() {
		// go-tuf's parser gives up with a panic where a target is null, for whom
		// no signature was looked at yet: no mirror may end this process.
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: it cannot be read: %v", errIncomplete, p)
		}
		if err != nil {
			err = fmt.Errorf("%w: %s: %w", ErrUntrusted, role, err)
		}
	}()
	var outer struct {
		Signatures []json.RawMessage `json:"signatures"`
	}
	if err := json.Unmarshal(data, &outer); err != nil {
		return err
	}
	if len(outer.Signatures) > maxSignatures {
		return fmt.Errorf("%d signatures", len(outer.Signatures))
	}
	return complete(role, data)
}

var (
	errIncomplete = errors.New("something is missing in it")
	errVersion    = errors.New("its version is not above 0")
)

func complete(role string, data []byte) error {
	var version int64
	whole := true
	switch role {
	case metadata.ROOT:
		m, err := metadata.Root().FromBytes(data)
		if err != nil {
			return err
		}
		version = m.Signed.Version
		for _, name := range []string{metadata.ROOT, metadata.TIMESTAMP, metadata.SNAPSHOT, metadata.TARGETS} {
			whole = whole && m.Signed.Roles[name] != nil
		}
		whole = whole && noNil(m.Signed.Roles) && noNil(m.Signed.Keys)
		for _, key := range m.Signed.Keys {
			// Verifying by one of another length would be a panic.
			whole = whole && (key.Type != metadata.KeyTypeEd25519 || len(key.Value.PublicKey) == 2*ed25519.PublicKeySize)
		}
	case metadata.TIMESTAMP:
		m, err := metadata.Timestamp().FromBytes(data)
		if err != nil {
			return err
		}
		version = m.Signed.Version
		whole = noNil(m.Signed.Meta) && m.Signed.Meta["snapshot.json"] != nil
	case metadata.SNAPSHOT:
		m, err := metadata.Snapshot().FromBytes(data)
		if err != nil {
			return err
		}
		version = m.Signed.Version
		whole = noNil(m.Signed.Meta) && m.Signed.Meta["targets.json"] != nil
	case metadata.TARGETS:
		m, err := metadata.Targets().FromBytes(data)
		if err != nil {
			return err
		}
		version = m.Signed.Version
		whole = noNil(m.Signed.Targets)
	default:
		return errors.New("there is no such role")
	}
	switch {
	case !whole:
		return errIncomplete
	case version < 1:
		return errVersion
	}
	return nil
}

func noNil[T any](all map[string]*T) bool {
	for _, one := range all {
		if one == nil {
			return false
		}
	}
	return true
}
