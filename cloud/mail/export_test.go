package mail

import "context"

// Flush is for tests: one look at what is due.
func (q *Queue) Flush(ctx context.Context) error { return q.flush(ctx) }
