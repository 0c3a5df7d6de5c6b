package engineer

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"

	"beckmanconnect/session/channel"
)

// judge tells what ends a session from what may go away by itself.
func (c *Client) judge(err error) error {
	var (
		channelRefused *channel.Refused
		cloudRefused   *Refused
		remote         *net.OpError
		alert          tls.AlertError
	)
	switch {
	case errors.As(err, &channelRefused):
		return &ended{WhyIdentity, err}
	case errors.As(err, &alert), errors.As(err, &remote) && remote.Op == "remote error":
		// The host looked at our certificate and did not want it.
		return &ended{WhyTurnedAway, err}
	case errors.As(err, &cloudRefused):
		return c.status(cloudRefused.Status, err)
	}
	return c.dialled(err)
}

// status judges the cloud's answer. Inside a session a sign-in that ran out is
// still the end: the certificate for coming back needs it.
func (c *Client) status(status int, err error) error {
	switch status {
	case http.StatusUnauthorized:
		return &ended{WhySignedOut, err}
	case http.StatusForbidden, http.StatusNotFound, http.StatusGone, http.StatusBadRequest:
		return &ended{WhyRefused, err}
	}
	return err // 409 busy, 429, 5xx: try again
}
