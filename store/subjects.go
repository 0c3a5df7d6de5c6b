package store

import "context"

// OpenSubjects gives the subjects of what is open under a code.
func (s *Store) OpenSubjects(ctx context.Context, code string) (subjects []string, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT subject FROM notifications WHERE code = ? AND state <> 'cleared' ORDER BY subject", code)
	if err != nil {
		return nil, wrap("notifications", err)
	}
	defer rows.Close()
	for rows.Next() {
		var subject string
		if err := rows.Scan(&subject); err != nil {
			return nil, wrap("notifications", err)
		}
		subjects = append(subjects, subject)
	}
	return subjects, wrap("notifications", rows.Err())
}
