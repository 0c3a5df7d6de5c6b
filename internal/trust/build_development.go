//go:build !production

package trust

// developmentAllowed: only a build without the tag "production" starts on a
// development set of roots.
const developmentAllowed = true
