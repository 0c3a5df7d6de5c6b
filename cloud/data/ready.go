package data

import (
	"context"
	"fmt"
)

// Ready tells why the database does not answer.
func (db *DB) Ready(ctx context.Context) error {
	var one int
	if err := db.sql.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	return nil
}
