//go:build !windows

package netdial

// ownAccount: an account of this system is none that a proxy knows.
func ownAccount(string, string) (authenticator, error) { return nil, errNeedsWindows }
