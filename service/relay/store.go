package relay

import (
	"context"

	"beckmanconnect/service/support"
	"beckmanconnect/store"
)

// FromStore makes the driver's view of the service's store.
func FromStore(s *store.Store) Store { return storeView{s} }

type storeView struct{ s *store.Store }

func (v storeView) Update(ctx context.Context, fn func(Tx) error) error {
	return v.s.Update(ctx, func(tx *store.Tx) error { return fn(txView{tx}) })
}

type txView struct{ *store.Tx }

func (v txView) Append(e support.Entry) error {
	_, err := v.Tx.Append(store.Entry{Kind: e.Kind, Actor: e.Actor, Subject: e.Subject, Fields: e.Fields, Personal: e.Personal})
	return err
}

func (v txView) Enqueue(kind string, body []byte) error {
	_, err := v.Tx.Enqueue(kind, body)
	return err
}
