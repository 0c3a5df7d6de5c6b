package window

import (
	"time"

	"beckmanconnect/ui/model"
)

const (
	// insistEach is how often a question is raised over what covers it: often
	// enough to be found, and no fight over each picture with a kiosk program
	// that does the same.
	insistEach = 500 * time.Millisecond
	// insistMost bounds it for one time that it is covered: what keeps coming back
	// wants to be on top, and the question says that something covers it.
	insistMost = 20
)

// insistence decides when a question is raised again. The zero value is ready.
type insistence struct {
	last  time.Time
	times int
}

// due takes in whether a question can be seen, and says whether to raise it now.
func (i *insistence) due(now time.Time, sight model.Sight) bool {
	if sight != model.Covered {
		if sight == model.InSight {
			i.times = 0
		}
		return false
	}
	if i.times >= insistMost || now.Sub(i.last) < insistEach {
		return false
	}
	i.last = now
	i.times++
	return true
}
