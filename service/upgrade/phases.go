package upgrade

// Phases of a state, as the contract names them.
const (
	idle        = "idle"
	checking    = "checking"
	offered     = "offered"
	downloading = "downloading"
	ready       = "ready"
	installing  = "installing"
	restarting  = "restarting"
	healthCheck = "health-check"
	watching    = "watching"
	installed   = "installed"
	failed      = "failed"
	rolledBack  = "rolled-back"
)

// event is what moves an installation from one phase to the next.
type event string

const (
	onLook     event = "look"      // the repository is asked
	onNothing  event = "nothing"   // it has nothing newer
	onOffer    event = "offer"     // it has
	onKept     event = "kept"      // it has, and that was staged before
	onAccept   event = "accept"    // a call wants it fetched or installed
	onStaged   event = "staged"    // fetched, verified, unpacked, run once
	onTurn     event = "turn"      // it is going to be made current
	onCancel   event = "cancel"    // a call stopped it in time
	onFail     event = "fail"      // it did not come to the switch, or there was no way back
	onSwitch   event = "switch"    // it is current, and services are to restart
	onAnswer   event = "answer"    // the service answers as the version that is current
	onSilence  event = "silence"   // it does not any more
	onHealthy  event = "healthy"   // everything is as it was before
	onSteady   event = "steady"    // and stayed so
	onBack     event = "back"      // the version before is to be current again
	onWentBack event = "went-back" // and is
)

// phases is the life of an installation. Where an event has no row, nothing
// happens.
var phases = map[string]map[event]string{
	idle:        {onLook: checking, onOffer: offered, onKept: ready},
	checking:    {onNothing: idle, onOffer: offered, onKept: ready},
	offered:     {onNothing: idle, onOffer: offered, onKept: ready, onAccept: downloading},
	downloading: {onStaged: ready, onTurn: installing, onCancel: offered, onFail: failed},
	ready:       {onNothing: idle, onOffer: offered, onKept: ready, onAccept: downloading, onCancel: offered},
	installing:  {onCancel: offered, onFail: failed, onSwitch: restarting},
	restarting:  {onAnswer: healthCheck, onBack: restarting, onWentBack: rolledBack, onFail: failed},
	healthCheck: {onSilence: restarting, onHealthy: watching, onBack: restarting, onWentBack: rolledBack, onFail: failed},
	watching:    {onSteady: installed, onBack: restarting, onFail: failed},
	installed:   {onOffer: offered, onKept: ready},
	failed:      {onNothing: idle, onOffer: offered, onKept: ready, onAccept: downloading},
	rolledBack:  {onOffer: offered, onKept: ready},
}

// next is the phase after an event; false when the event means nothing there.
func next(phase string, e event) (string, bool) {
	to, ok := phases[phase][e]
	return to, ok
}

// busy tells whether something is going on that a look at the repository would
// only disturb.
func busy(phase string) bool {
	switch phase {
	case downloading, installing, restarting, healthCheck, watching:
		return true
	}
	return false
}
