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
	PathPlace     = "/staff/place"         // GET ?token=: the link in a mail; POST PlaceRequest → TokenReply
	PathActive    = "/api/v1/staff/active" // POST: a person is at the page
	PathLogoutAll = "/staff/logout-all"    // POST: every session of the caller's account ends
	PathPeople    = "/api/v1/staff/people" // GET []StaffEntry, for administrators
)

// StaffEntry is what the cloud itself has on somebody of the staff; it narrows
// what the SSO says of them.
type StaffEntry struct {
	Account  string     `json:"account"`
	Trained  bool       `json:"trained"` // Training counts, also when it is empty
	Training []Training `json:"training,omitempty"`
	Sites    []string   `json:"sites,omitempty"` // none: every site
	Removed  bool       `json:"removed"`
}
