// Package rights is the one table of what the vendor's staff may do at the
// cloud, by role (P16, P20). It says nothing about a region or a site: that
// somebody is trained and assigned is asked beside it, for every act. No role
// can do anything on an instrument PC: that takes the technician's yes.
package rights

import (
	"slices"

	"beckmanconnect/internal/cloudapi"
)

// Act is something staff does.
type Act string

// Acts.
const (
	SeeDevices   Act = "see-devices"   // the fleet, its notifications and presence
	SeeQueue     Act = "see-queue"     // requests for help, cases and their notes
	Help         Act = "help"          // take a request, get a certificate, meet the PC at the relay
	HandOver     Act = "hand-over"     // give one's own case to a colleague, or invite one
	Assign       Act = "assign"        // give anybody's case to anybody
	EndOwn       Act = "end-own"       // end a session one takes part in
	EndAny       Act = "end-any"       // end anybody's session
	ReadOwn      Act = "read-own"      // one's own part of the record
	ReadRecord   Act = "read-record"   // the whole record of a region, and export it
	ReadCloud    Act = "read-cloud"    // the record of what belongs to no region: sign-ins, refusals
	Message      Act = "message"       // write to technicians
	Registry     Act = "registry"      // sites, groups, transfer; not what needs two people
	Administer   Act = "administer"    // propose and confirm acts that need two people: end of life, erasure, staff removed, training changed
	ExportPerson Act = "export-person" // all that is kept about one person
)

var table = map[cloudapi.Role][]Act{
	cloudapi.RoleEngineer:      {SeeDevices, SeeQueue, Help, HandOver, EndOwn, ReadOwn, Message},
	cloudapi.RoleLead:          {SeeDevices, SeeQueue, Help, HandOver, Assign, EndOwn, EndAny, ReadOwn, ReadRecord, Message},
	cloudapi.RoleAuditor:       {SeeDevices, SeeQueue, ReadOwn, ReadRecord, ReadCloud, ExportPerson},
	cloudapi.RoleAdministrator: {SeeDevices, ReadOwn, Registry, Administer, ExportPerson},
}

// May tells whether somebody's roles allow an act. Who has no role is an
// engineer; a role that is not known allows nothing.
func May(who cloudapi.Staff, act Act) bool {
	roles := who.Roles
	if len(roles) == 0 {
		roles = []cloudapi.Role{cloudapi.RoleEngineer}
	}
	for _, role := range roles {
		if slices.Contains(table[role], act) {
			return true
		}
	}
	return false
}
