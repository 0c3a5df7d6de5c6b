package launch

import "time"

// grace is how long a helper may take to lift its keys and go.
const grace = time.Second

// waitShortly says whether the program ended within the grace.
func (c *child) waitShortly() bool {
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-c.done:
		return true
	case <-timer.C:
		return false
	}
}
