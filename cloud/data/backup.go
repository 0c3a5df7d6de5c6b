package data

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/streamingaead/subtle"

	"beckmanconnect/cloud/kms"
)

// A backup is a line that names it, a line with its secret under the recovery
// key, and Tink's streaming AEAD under that secret over zstd over lines of JSON:
// what it is, the keys, each table's rows, files, and what all that was. It
// knows no engine: what was kept on SQLite can be put onto PostgreSQL.
const (
	backupMagic = "beckmanconnect cloud backup 1\n"
	backupBound = "beckmanconnect cloud backup"
	segmentSize = 1 << 20
)

// BackupInfo says what is in a backup.
type BackupInfo struct {
	Schema int   `json:"schema"` // the database's version
	AtMS   int64 `json:"atMs"`   // as of when
	Tables int   `json:"tables"`
	Rows   int64 `json:"rows"`
	Files  int   `json:"files"`
}

// record is one line of a backup; one of its fields is set.
type record struct {
	Info     *BackupInfo       `json:"info,omitempty"`
	Keys     map[string][]byte `json:"keys,omitempty"` // keysets in clear
	Table    string            `json:"table,omitempty"`
	Columns  []string          `json:"columns,omitempty"` // of Table
	Row      []cell            `json:"row,omitempty"`
	Sequence string            `json:"sequence,omitempty"` // the table whose numbers went up to At
	At       int64             `json:"at,omitempty"`
	File     string            `json:"file,omitempty"`
	Part     []byte            `json:"part,omitempty"` // of File, in order
	End      *BackupInfo       `json:"end,omitempty"`
}

// cell is one value of a row.
type cell struct{ v any }

type taggedCell struct {
	N *int64   `json:"n,omitempty"`
	F *float64 `json:"f,omitempty"`
	T *string  `json:"t,omitempty"`
	B *[]byte  `json:"b,omitempty"`
}

func (c cell) MarshalJSON() ([]byte, error) {
	var t taggedCell
	switch v := c.v.(type) {
	case nil:
		return []byte("null"), nil
	case int64:
		t.N = &v
	case float64:
		t.F = &v
	case string:
		t.T = &v
	case []byte:
		v = nonNil(v)
		t.B = &v
	default:
		return nil, fmt.Errorf("a value of type %T", v)
	}
	return json.Marshal(t)
}

func (c *cell) UnmarshalJSON(text []byte) error {
	var t taggedCell
	if err := json.Unmarshal(text, &t); err != nil {
		return err
	}
	switch {
	case t.N != nil:
		c.v = *t.N
	case t.F != nil:
		c.v = *t.F
	case t.T != nil:
		c.v = *t.T
	case t.B != nil:
		c.v = nonNil(*t.B)
	default:
		c.v = nil
	}
	return nil
}

// Backup writes everything there is, as it is at one moment, while the cloud
// goes on. Only who has recovery's private half can read it. When it fails,
// what was written is no backup, and reads as none.
func (db *DB) Backup(ctx context.Context, to io.Writer, recovery *rsa.PublicKey) (BackupInfo, error) {
	info, err := db.backup(ctx, to, recovery)
	if err != nil {
		return BackupInfo{}, fmt.Errorf("data: backup: %w", named(err))
	}
	return info, nil
}

func (db *DB) backup(ctx context.Context, to io.Writer, recovery *rsa.PublicKey) (info BackupInfo, err error) {
	if err := db.seal.refresh(ctx); err != nil {
		return info, err
	}
	lines, done, err := backupWriter(to, recovery)
	if err != nil {
		return info, err
	}
	conn, err := db.sql.Conn(ctx)
	if err != nil {
		return info, err
	}
	defer func() { err = joined(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, db.snapshot()); err != nil {
		return info, err
	}
	defer func() {
		_, rollback := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		err = joined(err, rollback)
	}()
	d := &dump{db: db, conn: conn, lines: lines, info: BackupInfo{AtMS: db.nowMS()}}
	if d.info.Schema, err = db.version(ctx, conn); err != nil {
		return info, err
	}
	if err := d.all(ctx); err != nil {
		return info, err
	}
	return d.info, done()
}

// snapshot begins a transaction that sees one moment and keeps nobody from
// writing.
func (db *DB) snapshot() string {
	if db.pg {
		return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0"
	}
	return "BEGIN DEFERRED"
}

// backupWriter begins a backup; done ends it whole.
func backupWriter(to io.Writer, recovery *rsa.PublicKey) (lines *json.Encoder, done func() error, err error) {
	secret := make([]byte, kms.SecretSize)
	if _, err := rand.Read(secret); err != nil {
		return nil, nil, err
	}
	wrapped, err := kms.WrapFor(recovery, secret)
	if err != nil {
		return nil, nil, err
	}
	if _, err := io.WriteString(to, backupMagic); err != nil {
		return nil, nil, err
	}
	head, err := json.Marshal(wrapped)
	if err != nil {
		return nil, nil, err
	}
	if _, err := to.Write(append(head, '\n')); err != nil {
		return nil, nil, err
	}
	stream, err := subtle.NewAESGCMHKDF(secret, "SHA256", 32, segmentSize, 0)
	if err != nil {
		return nil, nil, err
	}
	sealed, err := stream.NewEncryptingWriter(to, []byte(backupBound))
	if err != nil {
		return nil, nil, err
	}
	packed, err := zstd.NewWriter(sealed, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, nil, err
	}
	return json.NewEncoder(packed), func() error { return joined(packed.Close(), sealed.Close()) }, nil
}

// notBackedUp are tables that belong to the running deployment, not to what it
// knows.
var notBackedUp = map[string]bool{"keysets": true, "schema_version": true, "nodes": true, "hub_partitions": true, "hub_readers": true, "hub_devices": true}

// tables gives the tables in the order they were made: one that refers to
// another comes after it.
func (db *DB) tables(ctx context.Context, from rows) ([]string, error) {
	query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid"
	if db.pg {
		query = "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace ORDER BY c.oid"
	}
	all, err := strs(from.QueryContext(ctx, query))
	if err != nil {
		return nil, err
	}
	var list []string
	for _, name := range all {
		if !notBackedUp[name] {
			list = append(list, name)
		}
	}
	return list, nil
}

// dump is a backup that is being written.
type dump struct {
	db    *DB
	conn  *sql.Conn
	lines *json.Encoder
	info  BackupInfo
}

func (d *dump) all(ctx context.Context) error {
	if err := d.lines.Encode(record{Info: &d.info}); err != nil {
		return err
	}
	if err := d.keys(ctx); err != nil {
		return err
	}
	tables, err := d.db.tables(ctx, d.conn)
	if err != nil {
		return err
	}
	for _, name := range tables {
		if err := d.table(ctx, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := d.sequences(ctx); err != nil {
		return err
	}
	if err := d.files(ctx); err != nil {
		return err
	}
	return d.lines.Encode(record{End: &d.info})
}

// keys takes the keysets along, which nobody reads without the recovery key.
func (d *dump) keys(ctx context.Context) error {
	written, err := readKeysets(ctx, d.conn)
	if err != nil {
		return err
	}
	r := record{Keys: map[string][]byte{}}
	for _, k := range keysets {
		set, err := kms.Unseal(k.name, written[k.name].sealed, k.wrap(d.db.wrapping))
		if err != nil {
			return err
		}
		var clear bytes.Buffer
		if err := insecurecleartextkeyset.Write(set, keyset.NewBinaryWriter(&clear)); err != nil {
			return err
		}
		r.Keys[k.name] = clear.Bytes()
	}
	return d.lines.Encode(r)
}

func (d *dump) table(ctx context.Context, name string) error {
	list, err := d.conn.QueryContext(ctx, "SELECT * FROM "+name)
	if err != nil {
		return err
	}
	defer list.Close()
	columns, err := list.Columns()
	if err != nil {
		return err
	}
	if err := d.lines.Encode(record{Table: name, Columns: columns}); err != nil {
		return err
	}
	d.info.Tables++
	values, into := make([]cell, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i].v
	}
	for list.Next() {
		if err := list.Scan(into...); err != nil {
			return err
		}
		if err := d.lines.Encode(record{Row: values}); err != nil {
			return err
		}
		d.info.Rows++
	}
	return list.Err()
}

// sequences keeps how far numbers went, also of rows that are deleted since.
func (d *dump) sequences(ctx context.Context) error {
	names, err := d.db.numbered(ctx, d.conn)
	if err != nil {
		return err
	}
	for _, table := range names {
		at, err := d.db.lastNumber(ctx, d.conn, table)
		if err != nil {
			return err
		}
		if err := d.lines.Encode(record{Sequence: table, At: at}); err != nil {
			return err
		}
	}
	return nil
}

// numbered gives the tables whose rows get numbers by themselves, never one
// twice.
func (db *DB) numbered(ctx context.Context, from rows) ([]string, error) {
	if db.pg {
		return strs(from.QueryContext(ctx, "SELECT table_name FROM information_schema.columns WHERE table_schema = current_schema() AND is_identity = 'YES' ORDER BY table_name"))
	}
	return strs(from.QueryContext(ctx, "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%' ORDER BY name"))
}

func (db *DB) lastNumber(ctx context.Context, from rows, table string) (at int64, err error) {
	if !db.pg {
		err = from.QueryRowContext(ctx, "SELECT seq FROM sqlite_sequence WHERE name = ?", table).Scan(&at)
	} else {
		err = from.QueryRowContext(ctx, "SELECT coalesce(s.last_value, 0) FROM pg_sequences s WHERE quote_ident(s.schemaname) || '.' || quote_ident(s.sequencename) = pg_get_serial_sequence(?, (SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ? AND is_identity = 'YES'))", table, table).Scan(&at)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return at, err
}
