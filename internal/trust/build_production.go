//go:build production

package trust

const developmentAllowed = false
