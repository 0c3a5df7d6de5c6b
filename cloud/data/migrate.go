package data

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"

	"beckmanconnect/cloud/data/postgres"
)

var (
	//go:embed schema.sql
	schema string
	//go:embed schema2.sql
	schema2 string
	//go:embed schema3.sql
	schema3 string
	//go:embed schema_identity.sql
	schemaIdentity string
	//go:embed schema_registry.sql
	schemaRegistry string
	//go:embed schema_staff.sql
	schemaStaff string
	//go:embed schema_desk.sql
	schemaDesk string
	//go:embed schema_events.sql
	schemaEvents string
	//go:embed schema_nodes.sql
	schemaNodes string
	//go:embed schema_hub.sql
	schemaHub string
	//go:embed schema_again.sql
	schemaAgain string
)

// migration leads from one version of the schema to the next.
type migration struct {
	file *string
	// moves: the file also moves rows, which no database on PostgreSQL has: it is
	// younger than that.
	moves bool
	then  func(*DB, *sql.Tx) error // nil: the file is all
}

// migrations are applied in order, from an empty database on.
var migrations = []migration{
	{file: &schema},
	{file: &schema2, then: (*DB).addAccountIndex},
	{file: &schema3, moves: true},
	{file: &schemaIdentity},
	{file: &schemaRegistry},
	{file: &schemaStaff},
	{file: &schemaDesk},
	{file: &schemaEvents},
	{file: &schemaNodes},
	{file: &schemaHub},
	{file: &schemaAgain},
}

// migrate brings the schema up to date. Nodes that start together wait for each
// other.
func (db *DB) migrate(ctx context.Context) (err error) {
	release, err := db.migrating(ctx)
	if err != nil {
		return err
	}
	defer func() { err = joined(err, release()) }()
	version, err := db.version(ctx, db.sql)
	if err != nil {
		return err
	}
	if version > len(migrations) {
		return ErrNewer
	}
	if version > 0 && !db.pg {
		if err := db.check(ctx); err != nil {
			return err
		}
	}
	if err := db.openKeys(ctx, true); err != nil {
		return err
	}
	for ; version < len(migrations); version++ {
		if err := db.update(ctx, func(tx *sql.Tx) error { return db.step(ctx, tx, version) }); err != nil {
			return fmt.Errorf("migrate to version %d: %w", version+1, err)
		}
	}
	return db.openAccountIndex(ctx)
}

// step takes the schema from version to the next one.
func (db *DB) step(ctx context.Context, tx *sql.Tx, version int) error {
	m := migrations[version]
	text, err := db.words(*m.file, m.moves)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, text); err != nil {
		return err
	}
	if m.then != nil {
		if err := m.then(db, tx); err != nil {
			return err
		}
	}
	return db.setVersion(ctx, tx, version+1)
}

// words gives a schema file in the engine's own words.
func (db *DB) words(text string, moves bool) (string, error) {
	if !db.pg {
		return text, nil
	}
	return postgres.Schema(text, moves)
}

// ddl makes tables that stand beside the numbered schema.
func (db *DB) ddl(ctx context.Context, text string) error {
	text, err := db.words(text, false)
	if err != nil {
		return err
	}
	_, err = db.sql.ExecContext(ctx, text)
	return err
}
