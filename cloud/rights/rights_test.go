package rights

import (
	"testing"

	"beckmanconnect/internal/cloudapi"
)

// P16, P20: who watches does not help, who helps does not administer.
func TestMay(t *testing.T) {
	cases := []struct {
		roles []cloudapi.Role
		act   Act
		want  bool
	}{
		{nil, Help, true},
		{nil, EndAny, false},
		{nil, Administer, false},
		{[]cloudapi.Role{cloudapi.RoleEngineer}, ReadRecord, false},
		{[]cloudapi.Role{cloudapi.RoleLead}, EndAny, true},
		{[]cloudapi.Role{cloudapi.RoleLead}, Administer, false},
		{[]cloudapi.Role{cloudapi.RoleAuditor}, Help, false},
		{[]cloudapi.Role{cloudapi.RoleAuditor}, Message, false},
		{[]cloudapi.Role{cloudapi.RoleAuditor}, ReadRecord, true},
		{[]cloudapi.Role{cloudapi.RoleAdministrator}, Help, false},
		{[]cloudapi.Role{cloudapi.RoleAdministrator}, SeeQueue, false},
		{[]cloudapi.Role{cloudapi.RoleAdministrator}, Administer, true},
		{[]cloudapi.Role{cloudapi.RoleAuditor, cloudapi.RoleEngineer}, Help, true},
		{[]cloudapi.Role{cloudapi.RoleLead}, ReadCloud, false},
		{[]cloudapi.Role{cloudapi.RoleAuditor}, ReadCloud, true},
		{[]cloudapi.Role{"root"}, SeeDevices, false},
	}
	for _, c := range cases {
		if got := May(cloudapi.Staff{Roles: c.roles}, c.act); got != c.want {
			t.Errorf("%v may %s: %v, want %v", c.roles, c.act, got, c.want)
		}
	}
}
