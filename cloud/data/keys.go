package data

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/streamingaead"

	"beckmanconnect/cloud/kms"
)

// Keys says where the wrapping keys are: a file's path, or a key on a token
// ("pkcs11:…"). Empty: files in the data folder, made on the first start.
type Keys struct {
	Data         string // above the key of columns and files
	Confidential string // above the key that personal fields lie under too (P15)
}

// The sets of keys, each written down in the database under a wrapping key.
const (
	setData         = "data"
	setConfidential = "confidential"
	setFiles        = "files"
)

// keysets says what each set is made of, and under which wrapping key it is.
var keysets = []struct {
	name     string
	template func() *tinkpb.KeyTemplate
	wrap     func(*wrapping) *kms.Key
}{
	{setData, aead.AES256GCMKeyTemplate, func(w *wrapping) *kms.Key { return w.data }},
	{setConfidential, aead.AES256GCMKeyTemplate, func(w *wrapping) *kms.Key { return w.confidential }},
	{setFiles, streamingaead.AES256GCMHKDF1MBKeyTemplate, func(w *wrapping) *kms.Key { return w.data }},
}

func templateOf(name string) func() *tinkpb.KeyTemplate {
	for _, k := range keysets {
		if k.name == name {
			return k.template
		}
	}
	return nil
}

// wrapping are the open wrapping keys.
type wrapping struct{ data, confidential *kms.Key }

func (w *wrapping) Close() error {
	var errs []error
	for _, k := range []*kms.Key{w.data, w.confidential} {
		if k != nil {
			errs = append(errs, k.Close())
		}
	}
	return errors.Join(errs...)
}

// at fills in where the wrapping keys are that are not named. Nodes that share
// a database share its keys, so they are named there.
func (k Keys) at(dir string, shared bool) (Keys, error) {
	if shared && (k.Data == "" || k.Confidential == "") {
		return k, errors.New("the wrapping keys must be named in the configuration, the same on every node")
	}
	if k.Data == "" {
		k.Data = filepath.Join(dir, "wrap.key")
	}
	if k.Confidential == "" {
		k.Confidential = filepath.Join(dir, "confidential.key")
	}
	return k, nil
}

// openWrapping opens the wrapping keys. Those missing are made only where
// nothing lies under them yet.
func openWrapping(k Keys, mayMake func(ref string) bool) (*wrapping, error) {
	w := &wrapping{}
	var (
		errs [2]error
		made sync.WaitGroup // an RSA key takes a moment
	)
	for i, one := range []struct {
		ref string
		to  **kms.Key
	}{{k.Data, &w.data}, {k.Confidential, &w.confidential}} {
		made.Go(func() {
			*one.to, errs[i] = kms.Open(one.ref)
			if errors.Is(errs[i], kms.ErrNone) && mayMake(one.ref) {
				if *one.to, errs[i] = kms.Make(one.ref); errors.Is(errs[i], fs.ErrExist) {
					*one.to, errs[i] = kms.Open(one.ref) // another node was quicker
				}
			}
		})
	}
	made.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return nil, errors.Join(fmt.Errorf("wrapping keys: %w", err), w.Close())
	}
	return w, nil
}

// keysetTable stands beside the numbered schema: without keys no migration can
// seal anything.
const keysetTable = `CREATE TABLE IF NOT EXISTS keysets (
	name       TEXT PRIMARY KEY,
	number     INTEGER NOT NULL, -- goes up with each change
	sealed     BLOB NOT NULL,    -- package kms
	changed_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;`

// rows is what answers queries.
type rows interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

type keysetRow struct {
	number int64
	sealed []byte
}

func readKeysets(ctx context.Context, from rows) (map[string]keysetRow, error) {
	list, err := from.QueryContext(ctx, "SELECT name, number, sealed FROM keysets")
	if err != nil {
		return nil, err
	}
	defer list.Close()
	all := map[string]keysetRow{}
	for list.Next() {
		var (
			name string
			r    keysetRow
		)
		if err := list.Scan(&name, &r.number, &r.sealed); err != nil {
			return nil, err
		}
		all[name] = r
	}
	return all, list.Err()
}

// makeKeysets makes the sets that are not there, and takes over the one that
// an earlier version kept as a file.
func (db *DB) makeKeysets(ctx context.Context) error {
	legacy := filepath.Join(db.dir, "keys", "data.keyset")
	return db.update(ctx, func(tx *sql.Tx) error {
		have, err := readKeysets(ctx, tx)
		if err != nil {
			return err
		}
		for _, k := range keysets {
			if _, ok := have[k.name]; ok {
				continue
			}
			set, err := keyset.NewHandle(k.template())
			if k.name == setData && err == nil {
				if _, missing := os.Stat(legacy); missing == nil && !db.pg {
					set, err = loadLegacy(db.keys.Data, legacy)
				}
			}
			if err != nil {
				return err
			}
			sealed, err := kms.Seal(k.name, set, k.wrap(db.wrapping))
			if err != nil {
				return err
			}
			if _, err := tx.Exec("INSERT INTO keysets (name, number, sealed, changed_ms) VALUES (?,1,?,?)", k.name, sealed, db.nowMS()); err != nil {
				return err
			}
		}
		return nil
	})
}

// wrapLabel bound a keyset in a file to its use.
const wrapLabel = "beckmanconnect cloud data key v1"

// loadLegacy reads a set as earlier versions wrote it: RSA around all of it.
func loadLegacy(wrapFile, keyFile string) (*keyset.Handle, error) {
	text, err := os.ReadFile(wrapFile)
	if err != nil {
		return nil, err
	}
	wrap, err := kms.ParsePrivate(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", wrapFile, err)
	}
	wrapped, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, err
	}
	clear, err := rsa.DecryptOAEP(sha256.New(), nil, wrap, wrapped, []byte(wrapLabel))
	if err != nil {
		return nil, fmt.Errorf("%s does not open with %s", keyFile, wrapFile)
	}
	return insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(clear)))
}

// openKeys opens the wrapping keys and the sets under them. Only a writer makes
// what is not there.
func (db *DB) openKeys(ctx context.Context, writer bool) error {
	folder := filepath.Join(db.dir, "keys")
	var err error
	if db.keys, err = db.keys.at(folder, db.pg); err != nil {
		return err
	}
	mayMake := func(string) bool { return false }
	if writer {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		if err := db.ddl(ctx, keysetTable); err != nil {
			return err
		}
		have, err := readKeysets(ctx, db.sql)
		if err != nil {
			return err
		}
		_, legacy := os.Stat(filepath.Join(folder, "data.keyset"))
		mayMake = func(ref string) bool {
			if ref == db.keys.Confidential {
				return have[setConfidential].number == 0
			}
			return have[setData].number == 0 && errors.Is(legacy, fs.ErrNotExist)
		}
	}
	if db.wrapping, err = openWrapping(db.keys, mayMake); err != nil {
		return err
	}
	if writer {
		if err := db.makeKeysets(ctx); err != nil {
			return fmt.Errorf("data keys: %w", err)
		}
	}
	db.seal = &sealer{load: func(ctx context.Context) (map[string]keysetRow, error) { return readKeysets(ctx, db.aside) }, wrapping: db.wrapping}
	return db.seal.refresh(ctx)
}
