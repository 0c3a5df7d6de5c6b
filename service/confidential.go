package service

import (
	"beckmanconnect/service/policy"
	"beckmanconnect/store"
)

// sealToHospital has confidential fields sealed to the key that the site's
// policy names, from now on (P15). Without one, or with one that cannot be used
// after all, the log goes on as before.
func (h *house) sealToHospital(e *policy.Effective) {
	said := e.Log()
	var c *store.Confidential
	if said.ConfidentialKey != nil {
		c = &store.Confidential{Key: said.ConfidentialKey, Names: said.Confidential}
	}
	if err := h.store.SetConfidential(c); err != nil {
		h.log.Error("the hospital's key cannot be used", "err", err)
	}
}
