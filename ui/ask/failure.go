package ask

import "beckmanconnect/assets/text"

// Failure is the sentence for a failed call's code.
func Failure(c *text.Catalogue, code string) string {
	if key := "error." + code; c.Has(key) {
		return c.T(key)
	}
	return c.T("error.generic", "code", Clean(code, 40))
}
