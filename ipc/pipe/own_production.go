//go:build production

package pipe

// acceptOwn: see own_development.go.
const acceptOwn = false
