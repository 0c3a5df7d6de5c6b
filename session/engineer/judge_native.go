//go:build !js

package engineer

import (
	"errors"

	"beckmanconnect/session/channel"
)

func (c *Client) dialled(err error) error {
	var refused *channel.RelayRefused
	if errors.As(err, &refused) {
		return c.status(refused.Status, err)
	}
	return err
}
