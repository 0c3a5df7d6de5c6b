package data

import (
	"slices"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// Who is signed in, the last used session first, without those that are over.
func TestStaffSignedIn(t *testing.T) { // P16
	o := open(t)
	put := func(token, account string, life time.Duration) {
		t.Helper()
		if err := o.PutStaffSession(t.Context(), token, cloudapi.Staff{Account: account, Name: "N " + account}, o.now.Add(life)); err != nil {
			t.Fatal(err)
		}
	}
	put("a", "anna@vendor.example", 2*time.Hour)
	put("b", "bob@vendor.example", time.Minute)
	o.now = o.now.Add(30 * time.Second)
	put("c", "anna@vendor.example", 2*time.Hour)
	accounts := func() (list []string) {
		t.Helper()
		logins, err := o.StaffSignedIn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range logins {
			list = append(list, l.Staff.Account)
		}
		return list
	}
	if got := accounts(); len(got) != 3 || got[0] != "anna@vendor.example" {
		t.Errorf("%v", got)
	}
	o.now = o.now.Add(time.Hour)
	if got := accounts(); !slices.Equal(got, []string{"anna@vendor.example", "anna@vendor.example"}) {
		t.Errorf("after an hour: %v", got)
	}
	if n, err := o.EndStaffSessions(t.Context(), "anna@vendor.example"); err != nil || n != 2 {
		t.Errorf("%d %v", n, err)
	}
	if got := accounts(); len(got) != 0 {
		t.Errorf("afterwards: %v", got)
	}
}
