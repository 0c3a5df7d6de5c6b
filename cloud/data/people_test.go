package data

import (
	"sync"
	"testing"

	"beckmanconnect/internal/cloudapi"
)

// Whoever is removed while their training is changed is removed: neither of the
// two changes undoes the other.
func TestChangesOfOnePerson(t *testing.T) { // P16, P20
	o := open(t)
	const account = "p1@vendor.example"
	for range 20 {
		var both sync.WaitGroup
		change := func(f func(*StaffPerson)) {
			both.Go(func() {
				if err := o.ChangeStaffPerson(t.Context(), account, f); err != nil {
					t.Error(err)
				}
			})
		}
		change(func(p *StaffPerson) { p.Removed, p.Sites = false, nil })
		both.Wait()
		change(func(p *StaffPerson) { p.Removed = true })
		change(func(p *StaffPerson) { p.Trained, p.Training = true, []cloudapi.Training{{Region: "eu"}} })
		change(func(p *StaffPerson) { p.Sites = []string{"site-1"} })
		both.Wait()
		p, err := o.StaffPerson(t.Context(), account)
		if err != nil || p.Account != account || !p.Removed || !p.Trained || len(p.Training) != 1 || len(p.Sites) != 1 {
			t.Fatalf("%+v %v", p, err)
		}
	}
}
