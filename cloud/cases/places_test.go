package cases

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
)

func waitingCase(i int, region string) *data.Case {
	c := &data.Case{}
	c.Number, c.Request, c.Device, c.Region, c.State = fmt.Sprintf("C-%d", i), fmt.Sprintf("r-%d", i), fmt.Sprintf("bc-%d", i), region, "waiting"
	return c
}

// Whatever happens to a queue: no look tells more than perLook, what is told is
// true when it is told, and once the queue rests everybody knows their place.
func TestPlacesAreTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPlaces()
		var queue []*data.Case
		know := map[string]cloudapi.QueuePlace{}
		next := 0
		look := func() bool {
			news, more := p.news(queue)
			if len(news) > perLook {
				t.Fatalf("%d at once", len(news))
			}
			for _, n := range news {
				if n.Taken == "account@vendor.example" {
					t.Fatal("an account was told")
				}
				know[n.device] = n.QueuePlace
			}
			return more
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				for range rapid.IntRange(1, 60).Draw(t, "come") {
					queue = append(queue, waitingCase(next, []string{"eu", "us"}[next%2]))
					next++
				}
			case 1:
				if len(queue) > 0 {
					queue = queue[1:]
				}
			case 2:
				if len(queue) > 0 {
					c := queue[rapid.IntRange(0, len(queue)-1).Draw(t, "taken")]
					c.Holder, c.Place = &cloudapi.Colleague{Account: "account@vendor.example", Name: "Anna"}, 0
				}
			case 3:
				look()
			}
		}
		for look() {
		}
		at := map[string]int{}
		for _, c := range queue {
			want := cloudapi.QueuePlace{Request: c.Request, Case: c.Number}
			if c.Holder == nil {
				at[c.Region]++
				want.Place = at[c.Region]
			} else {
				want.Taken = "Anna"
			}
			got := know[c.Device]
			got.Waiting = 0
			if got != want {
				t.Fatalf("%s knows %+v, it is %+v", c.Device, got, want)
			}
		}
		if len(p.told) > len(queue) {
			t.Fatalf("%d kept for %d who wait", len(p.told), len(queue))
		}
	})
}

// Nobody at the end of a queue that never rests is forgotten.
func TestEndOfABusyQueue(t *testing.T) {
	p := newPlaces()
	var queue []*data.Case
	for i := range 200 {
		queue = append(queue, waitingCase(i, "eu"))
	}
	heard, total := map[string]int{}, 0
	for range 60 {
		news, _ := p.news(queue)
		for _, n := range news {
			heard[n.device]++
			total++
		}
		queue = append(queue[1:], waitingCase(1000+len(heard)+total, "eu"))
	}
	for _, c := range queue[:100] {
		if heard[c.Device] == 0 {
			t.Errorf("%s never heard of its place", c.Device)
		}
	}
	if total > 60*perLook {
		t.Errorf("%d messages", total)
	}
}
