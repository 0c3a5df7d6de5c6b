//go:build !linux

package service

// undumped: Windows Error Reporting keeps full dumps only where IT asks for
// them in the registry (LocalDumps).
func undumped() error { return nil }
