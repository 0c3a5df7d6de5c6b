package cloudapi

// Role is what somebody of the vendor's staff may do, as the SSO says it. A
// person may have several.
type Role string

// Roles (claim "beckmanconnect_roles"). Who has none is an engineer of the
// regions they are trained for; package cloud/rights says what each may.
const (
	RoleEngineer      Role = "engineer"      // helps
	RoleLead          Role = "lead"          // helps, hands over for others, ends any session of the region
	RoleAuditor       Role = "auditor"       // reads the whole record of a region, helps nobody
	RoleAdministrator Role = "administrator" // registry, staff, administrative acts with four eyes; helps nobody
)

// Training is what somebody may help in and until when (P16, P20).
type Training struct {
	Region  string `json:"region"`
	UntilMS int64  `json:"untilMs,omitempty"` // Unix ms; 0: no end
}

// Paths of sign-in and of the staff's own list.
const (
	PathPlace      = "/staff/place"                  // GET ?token=: the link in a mail; POST PlaceRequest → TokenReply
	PathActive     = "/api/v1/staff/active"          // POST: a person is at the page
	PathLogoutAll  = "/staff/logout-all"             // POST: every session of the caller's account ends
	PathPeople     = "/api/v1/staff/people"          // GET []StaffEntry, for administrators
	PathSignOutAll = "/api/v1/staff/people/sign-out" // POST SignOutRequest → SignedOut, for administrators
)

// StaffEntry is somebody of the staff: what the cloud itself has on them, which
// narrows what the SSO says, and what the SSO said at their newest sign-in, as
// long as they are signed in.
type StaffEntry struct {
	Account  string     `json:"account"`
	Trained  bool       `json:"trained"` // Training counts, also when it is empty
	Training []Training `json:"training,omitempty"`
	Sites    []string   `json:"sites,omitempty"` // none: every site
	Removed  bool       `json:"removed"`

	Sessions     int        `json:"sessions,omitempty"` // that they are signed in with; 0: nothing below is known
	Name         string     `json:"name,omitempty"`
	Organisation string     `json:"organisation,omitempty"`
	Roles        []Role     `json:"roles,omitempty"` // none: an engineer
	Said         []Training `json:"said,omitempty"`  // by the SSO
	SaidSites    []string   `json:"saidSites,omitempty"`
	UsedMS       int64      `json:"usedMs,omitempty"` // when they last did something
}

// SignOutRequest ends every session of an account. It takes one administrator:
// nobody gets more by it, and who was signed out may sign in again.
type SignOutRequest struct {
	Account string `json:"account"`
	Reason  string `json:"reason"` // one line, for the record
}

// SignedOut says how many sessions were ended.
type SignedOut struct {
	Sessions int64 `json:"sessions"`
}
