package data

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/streamingaead/subtle"

	"beckmanconnect/cloud/kms"
)

// ErrNoBackup: a file is not a whole backup that this key opens.
var ErrNoBackup = errors.New("this is not a whole backup for this recovery key")

// ErrNotEmpty: a backup is restored only where nothing is yet.
var ErrNotEmpty = errors.New("there is a database already; a backup is restored into an empty one")

// maxHead bounds the line that holds the secret.
const maxHead = 64 << 10

// backupReader opens a backup. What it gives is authentic, in order and cut
// nowhere as long as there is no error.
func backupReader(from io.Reader, recovery *kms.Key) (lines *json.Decoder, done func(), err error) {
	in := bufio.NewReaderSize(from, maxHead)
	magic := make([]byte, len(backupMagic))
	if _, err := io.ReadFull(in, magic); err != nil || string(magic) != backupMagic {
		return nil, nil, ErrNoBackup
	}
	head, err := in.ReadSlice('\n')
	if err != nil {
		return nil, nil, ErrNoBackup
	}
	var wrapped kms.Wrapped
	if err := json.Unmarshal(head, &wrapped); err != nil {
		return nil, nil, ErrNoBackup
	}
	secret, err := recovery.Unwrap(wrapped)
	if err != nil {
		return nil, nil, fmt.Errorf("%w (%w)", ErrNoBackup, err)
	}
	stream, err := subtle.NewAESGCMHKDF(secret, "SHA256", 32, segmentSize, 0)
	if err != nil {
		return nil, nil, err
	}
	clear, err := stream.NewDecryptingReader(in, []byte(backupBound))
	if err != nil {
		return nil, nil, ErrNoBackup
	}
	unpacked, err := zstd.NewReader(clear, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
	if err != nil {
		return nil, nil, ErrNoBackup
	}
	return json.NewDecoder(unpacked), unpacked.Close, nil
}

// taker takes the records of a backup; each is called in the backup's order.
type taker interface {
	begin(BackupInfo, map[string][]byte) error
	table(name string, columns []string) error
	row(values []cell) error
	sequence(table string, at int64) error
	file(name string, part []byte) error // name is empty for a further part
}

// readBackup hands a whole backup to t. Where it fails t may have taken a part:
// it keeps nothing of it before readBackup has returned nil.
func readBackup(ctx context.Context, from io.Reader, recovery *kms.Key, t taker) (BackupInfo, error) {
	lines, done, err := backupReader(from, recovery)
	if err != nil {
		return BackupInfo{}, err
	}
	defer done()
	next := func() (r record, err error) {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		if err := lines.Decode(&r); err != nil {
			return r, fmt.Errorf("%w (%w)", ErrNoBackup, err)
		}
		return r, nil
	}
	first, err := next()
	if err != nil {
		return BackupInfo{}, err
	}
	keys, err := next()
	if err != nil {
		return BackupInfo{}, err
	}
	if first.Info == nil || keys.Keys == nil {
		return BackupInfo{}, ErrNoBackup
	}
	if err := t.begin(*first.Info, keys.Keys); err != nil {
		return BackupInfo{}, err
	}
	found := BackupInfo{Schema: first.Info.Schema, AtMS: first.Info.AtMS}
	for {
		r, err := next()
		if err != nil {
			return BackupInfo{}, err
		}
		switch {
		case r.End != nil:
			if *r.End != found {
				return BackupInfo{}, fmt.Errorf("%w (it holds %+v and should hold %+v)", ErrNoBackup, found, *r.End)
			}
			// The last segment is authentic only when the end was read.
			if _, err := lines.Token(); !errors.Is(err, io.EOF) {
				return BackupInfo{}, ErrNoBackup
			}
			return found, nil
		case r.Table != "":
			found.Tables++
			err = t.table(r.Table, r.Columns)
		case r.Row != nil:
			found.Rows++
			err = t.row(r.Row)
		case r.Sequence != "":
			err = t.sequence(r.Sequence, r.At)
		case r.File != "":
			found.Files++
			err = t.file(r.File, r.Part)
		case r.Part != nil:
			err = t.file("", r.Part)
		default:
			err = ErrNoBackup
		}
		if err != nil {
			return BackupInfo{}, err
		}
	}
}

// VerifyBackup reads a whole backup, and changes nothing.
func VerifyBackup(ctx context.Context, from io.Reader, recovery *kms.Key) (BackupInfo, error) {
	info, err := readBackup(ctx, from, recovery, nobody{})
	if err != nil {
		return info, fmt.Errorf("data: verify backup: %w", err)
	}
	return info, nil
}

type nobody struct{}

func (nobody) begin(BackupInfo, map[string][]byte) error { return nil }
func (nobody) table(string, []string) error              { return nil }
func (nobody) row([]cell) error                          { return nil }
func (nobody) sequence(string, int64) error              { return nil }
func (nobody) file(string, []byte) error                 { return nil }

// Restore puts a backup where nothing is yet, on either engine, and brings it
// up to date. All of it is there in the end or nothing: the database is one
// transaction, and a folder without a database counts as empty.
func Restore(ctx context.Context, c Config, from io.Reader, recovery *kms.Key) (BackupInfo, error) {
	db := newDB(c)
	info, err := db.restore(ctx, c, from, recovery)
	if err = joined(err, db.Close()); err != nil {
		return BackupInfo{}, fmt.Errorf("data: restore: %w", named(err))
	}
	return info, nil
}

func (db *DB) restore(ctx context.Context, c Config, from io.Reader, recovery *kms.Key) (info BackupInfo, err error) {
	if db.pg {
		err = db.openPostgres(ctx, c)
	} else {
		err = db.openSQLite(ctx, c)
	}
	if err != nil {
		return info, err
	}
	release, err := db.migrating(ctx)
	if err != nil {
		return info, err
	}
	defer func() { err = joined(err, release()) }()
	version, err := db.version(ctx, db.sql)
	if err != nil {
		return info, err
	}
	if tables, err := db.tables(ctx, db.sql); err != nil || version > 0 || len(tables) > 0 {
		return info, joined(err, ErrNotEmpty)
	}
	if db.keys, err = db.keys.at(filepath.Join(db.dir, "keys"), db.pg); err != nil {
		return info, err
	}
	if db.wrapping, err = openWrapping(db.keys, func(string) bool { return true }); err != nil {
		return info, err
	}
	root, err := os.OpenRoot(db.dir)
	if err != nil {
		return info, err
	}
	defer root.Close()
	err = db.try(ctx, func(tx *sql.Tx) (err error) {
		r := &restoring{ctx: ctx, db: db, tx: tx, root: root}
		if info, err = readBackup(ctx, from, recovery, r); err != nil {
			return joined(err, r.closeFile())
		}
		return r.finish(info)
	})
	return info, err
}

// restoring takes a backup into a transaction.
type restoring struct {
	ctx     context.Context
	db      *DB
	tx      *sql.Tx
	root    *os.Root
	schema  int
	into    *sql.Stmt
	columns int
	open    *os.File
	numbers map[string]int64
}

func (r *restoring) begin(info BackupInfo, keys map[string][]byte) error {
	switch {
	case info.Schema > len(migrations):
		return ErrNewer
	case info.Schema < 1:
		return ErrNoBackup
	}
	r.schema, r.numbers = info.Schema, map[string]int64{}
	text, err := r.db.words(keysetTable, false)
	if err != nil {
		return err
	}
	if _, err := r.tx.ExecContext(r.ctx, text); err != nil {
		return err
	}
	written := map[string]keysetRow{}
	for _, k := range keysets {
		set, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(keys[k.name])))
		if err != nil {
			return fmt.Errorf("%w (the keyset %q)", ErrNoBackup, k.name)
		}
		sealed, err := kms.Seal(k.name, set, k.wrap(r.db.wrapping))
		if err != nil {
			return err
		}
		written[k.name] = keysetRow{number: 1, sealed: sealed}
		if _, err := r.tx.ExecContext(r.ctx, "INSERT INTO keysets (name, number, sealed, changed_ms) VALUES (?,1,?,?) ON CONFLICT (name) DO UPDATE SET sealed=excluded.sealed", k.name, sealed, r.db.nowMS()); err != nil {
			return err
		}
	}
	ring, err := newRing(written, r.db.wrapping)
	if err != nil {
		return err
	}
	r.db.seal = &sealer{wrapping: r.db.wrapping, load: func(ctx context.Context) (map[string]keysetRow, error) { return readKeysets(ctx, r.tx) }}
	r.db.seal.now.Store(ring)
	for v := range r.schema {
		if err := r.db.step(r.ctx, r.tx, v); err != nil {
			return err
		}
	}
	return nil
}

// plainName is what tables and columns are called: a backup's words become SQL.
var plainName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func (r *restoring) table(name string, columns []string) error {
	for _, n := range append([]string{name}, columns...) {
		if !plainName.MatchString(n) || notBackedUp[n] {
			return fmt.Errorf("%w (the name %q)", ErrNoBackup, n)
		}
	}
	if err := r.closeTable(); err != nil {
		return err
	}
	// What a migration put there comes out of the backup.
	if _, err := r.tx.ExecContext(r.ctx, "DELETE FROM "+name); err != nil {
		return err
	}
	var err error
	r.columns = len(columns)
	r.into, err = r.tx.PrepareContext(r.ctx, "INSERT INTO "+name+" ("+strings.Join(columns, ", ")+") VALUES (?"+strings.Repeat(", ?", len(columns)-1)+")")
	return err
}

func (r *restoring) closeTable() error {
	if r.into == nil {
		return nil
	}
	err := r.into.Close()
	r.into = nil
	return err
}

func (r *restoring) row(values []cell) error {
	if r.into == nil || len(values) != r.columns {
		return ErrNoBackup
	}
	args := make([]any, len(values))
	for i, c := range values {
		args[i] = c.v
	}
	_, err := r.into.ExecContext(r.ctx, args...)
	return err
}

func (r *restoring) sequence(table string, at int64) error {
	r.numbers[table] = at
	return nil
}

func (r *restoring) file(name string, part []byte) error {
	if name != "" {
		if err := r.closeFile(); err != nil {
			return err
		}
		if !filepath.IsLocal(name) || ofThisProcess(name) {
			return fmt.Errorf("%w (the file %q)", ErrNoBackup, name)
		}
		if err := r.root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		var err error
		if r.open, err = r.root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600); err != nil {
			return err
		}
	}
	if r.open == nil {
		return ErrNoBackup
	}
	_, err := r.open.Write(part)
	return err
}

func (r *restoring) closeFile() error {
	if r.open == nil {
		return nil
	}
	err := joined(r.open.Sync(), r.open.Close())
	r.open = nil
	return err
}

// finish makes the restored database one of now.
func (r *restoring) finish(info BackupInfo) error {
	if err := joined(r.closeTable(), r.closeFile()); err != nil {
		return err
	}
	names, err := r.db.numbered(r.ctx, r.tx)
	if err != nil {
		return err
	}
	for _, table := range names {
		if err := r.db.setLastNumber(r.ctx, r.tx, table, r.numbers[table]); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	for v := r.schema; v < len(migrations); v++ {
		if err := r.db.step(r.ctx, r.tx, v); err != nil {
			return fmt.Errorf("migrate to version %d: %w", v+1, err)
		}
	}
	for name, value := range map[string]int64{metaRestored: r.db.nowMS(), metaBackupOf: info.AtMS} {
		if _, err := r.tx.ExecContext(r.ctx, "INSERT INTO meta (name, value) VALUES (?,?) ON CONFLICT (name) DO UPDATE SET value=excluded.value", name, value); err != nil {
			return err
		}
	}
	return r.db.leave(r.tx, "1 = 1")
}

// setLastNumber lets a table's numbers go on behind every row that it has or
// had.
func (db *DB) setLastNumber(ctx context.Context, tx *sql.Tx, table string, at int64) error {
	if db.pg {
		var column string
		if err := tx.QueryRowContext(ctx, "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ? AND is_identity = 'YES'", table).Scan(&column); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "SELECT setval(pg_get_serial_sequence(?, ?), greatest(?::bigint, (SELECT coalesce(max("+column+"), 0) FROM "+table+"), 1))", table, column, at)
		return err
	}
	res, err := tx.ExecContext(ctx, "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", at, table)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 || at == 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", table, at)
	return err
}
