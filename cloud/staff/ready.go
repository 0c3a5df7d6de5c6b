package staff

import "context"

// Ready tells why nobody could sign in here yet: the sign-in service was never
// found. Once it was, a failure of it is the sign-in's to tell.
func (d *Desk) Ready(ctx context.Context) error {
	_, err := d.provider.get(ctx)
	return err
}
