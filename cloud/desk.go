package cloud

import "beckmanconnect/cloud/staff"

// removed tells whether an account may do nothing any more; where nobody can
// say so it may not.
func (c *Cloud) removed(account string) bool {
	gone, err := staff.Removed(c.StaffRemoved).Has(account)
	return gone || err != nil
}
