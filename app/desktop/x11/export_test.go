//go:build linux

package x11

// Readings is how often the windows were asked for.
func (s *Screen) Readings() int { return s.mirror.readings }
