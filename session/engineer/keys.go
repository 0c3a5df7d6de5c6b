package engineer

import (
	"context"
	"crypto"
)

// Keys makes session keys ahead of need: one takes seconds. Each key serves one
// session.
type Keys struct {
	ready chan keyResult
}

type keyResult struct {
	key crypto.Signer
	err error
}

// NewKeys begins making the first key at once, with generate, until ctx ends.
func NewKeys(ctx context.Context, generate func(context.Context) (crypto.Signer, error)) *Keys {
	k := &Keys{ready: make(chan keyResult)}
	go func() {
		for ctx.Err() == nil {
			key, err := generate(ctx)
			select {
			case k.ready <- keyResult{key, err}:
			case <-ctx.Done():
			}
		}
	}()
	return k
}

// Take gives a key nobody else gets, and has the next one made.
func (k *Keys) Take(ctx context.Context) (crypto.Signer, error) {
	select {
	case r := <-k.ready:
		return r.key, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
