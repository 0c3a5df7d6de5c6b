package notify

import (
	"context"

	"beckmanconnect/store"
)

// Taker is where sources bring what they saw; *Alarms is one. What stands in
// also is committed in the same transaction as what seen raised, so that a
// source never forgets, and never repeats, what it brought.
type Taker interface {
	Apply(ctx context.Context, seen []Observation, also func(*store.Tx) error) error
}

// Alive is told by a source, by its name, after each look that succeeded. A
// source that is not heard of for much longer than it takes between two looks
// sees nothing any more, which is an alarm of its own. It must not block.
type Alive func(source string)
