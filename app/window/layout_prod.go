//go:build production

package window

// layoutDump does nothing in a release build: where our buttons are is nobody
// else's business.
type layoutDump struct{}

func newLayoutDump(func(string) string) *layoutDump { return nil }

func (*layoutDump) write(*program) {}

// pulse is what build/bench reads in a development build; here there is none.
type pulse struct{}

func newPulse(func(string) string) (*pulse, error) { return nil, nil }
func (*pulse) run(*program)                        {}
func (*pulse) drew(*program)                       {}
