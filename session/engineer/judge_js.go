//go:build js

package engineer

// dialled: a browser does not tell a page why a WebSocket was refused.
func (c *Client) dialled(err error) error { return err }
