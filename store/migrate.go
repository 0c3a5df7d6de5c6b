package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strconv"

	"beckmanconnect/internal/logproof"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations are applied in order; the database's user_version says how many
// it has seen. Those of the audit tables belong to logproof; the others are
// files migrations/NNNN_name.sql.
func migrations() ([]string, error) {
	steps := logproof.Steps()
	files, err := fs.ReadDir(migrationFiles, "migrations") // sorted by name
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		n, err := strconv.Atoi(f.Name()[:4])
		if _, twice := steps[n]; err != nil || twice {
			return nil, fmt.Errorf("migration %s has no number of its own", f.Name())
		}
		text, err := migrationFiles.ReadFile("migrations/" + f.Name())
		if err != nil {
			return nil, err
		}
		steps[n] = string(text)
	}
	list := make([]string, len(steps))
	for i := range list {
		var ok bool
		if list[i], ok = steps[i+1]; !ok {
			return nil, fmt.Errorf("migration %d is missing", i+1)
		}
	}
	return list, nil
}

// migrate brings the database to this version's schema, each step in a
// transaction of its own. A newer database is left as it is.
func migrate(ctx context.Context, c *sql.Conn) error {
	list, err := migrations()
	if err != nil {
		return err
	}
	var version, app, objects int
	for _, q := range []struct {
		sql string
		dst *int
	}{
		{"PRAGMA user_version", &version},
		{"PRAGMA application_id", &app},
		{"SELECT count(*) FROM sqlite_schema", &objects},
	} {
		if err := c.QueryRowContext(ctx, q.sql).Scan(q.dst); err != nil {
			return err
		}
	}
	fresh := version == 0 && app == 0 && objects == 0
	if !fresh && app != logproof.ApplicationID {
		return &Error{Kind: KindDamaged, Op: "open", Err: fmt.Errorf("the file is no BeckmanConnect log")}
	}
	if version > len(list) {
		return &Error{Kind: KindNewer, Op: "open", Err: fmt.Errorf("its schema is %d, this version knows %d", version, len(list))}
	}
	for ; version < len(list); version++ {
		step := fmt.Sprintf("BEGIN IMMEDIATE; PRAGMA application_id = %d; %s\n; PRAGMA user_version = %d; COMMIT",
			logproof.ApplicationID, list[version], version+1)
		if _, err := c.ExecContext(ctx, step); err != nil {
			_, _ = c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
			return fmt.Errorf("migration %d: %w", version+1, err)
		}
	}
	return nil
}
