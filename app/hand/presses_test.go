package hand

import (
	"testing"
	"time"
)

// B3: what counts as a hand's press, and what does not.
func TestMade(t *testing.T) {
	start := time.Unix(1000, 0)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	allow := Rect{X: 100, Y: 200, W: 190, H: 44}
	button, space := act{number: 1}, act{key: true, number: 65}
	for name, row := range map[string]struct {
		do    func(*presses)
		byKey bool
		want  bool
	}{
		"nothing happened":         {func(*presses) {}, false, false},
		"nothing was typed":        {func(*presses) {}, true, false},
		"a click":                  {func(p *presses) { p.byPointer(at(0), 150, 210) }, false, true},
		"a click elsewhere":        {func(p *presses) { p.byPointer(at(0), 20, 210) }, false, false},
		"a click long ago":         {func(p *presses) { p.byPointer(at(-5100), 150, 210) }, false, false},
		"a click, taken for a key": {func(p *presses) { p.byPointer(at(0), 150, 210) }, true, false},
		"a program's click":        {func(p *presses) { p.byProgram(at(0), button, true); p.byProgram(at(10), button, false) }, false, false},
		"a program clicks after": {func(p *presses) {
			p.byPointer(at(0), 150, 210)
			p.byProgram(at(20), button, true)
			p.byProgram(at(30), button, false)
		}, false, false},
		"a program clicked before": {func(p *presses) {
			p.byProgram(at(-1500), button, true)
			p.byProgram(at(-1400), button, false)
			p.byPointer(at(0), 150, 210)
		}, false, false},
		"a program clicked long ago": {func(p *presses) {
			p.byProgram(at(-9000), button, true)
			p.byProgram(at(-8900), button, false)
			p.byPointer(at(0), 150, 210)
		}, false, true},
		"a program holds a button": {func(p *presses) { p.byProgram(at(-9000), button, true); p.byPointer(at(0), 150, 210) }, false, false},
		"Tab and space":            {func(p *presses) { p.byKey(at(-500), tabKey, true); p.byKey(at(0), spaceKey, true) }, true, true},
		"Tab, space too early, space": {func(p *presses) {
			p.byKey(at(-900), tabKey, true)
			p.byKey(at(-800), spaceKey, true)
			p.byKey(at(0), spaceKey, true)
		}, true, true},
		"a PIN, Tab and space": {func(p *presses) {
			p.byKey(at(-900), otherKey, true)
			p.byKey(at(-500), tabKey, true)
			p.byKey(at(0), spaceKey, true)
		}, true, true},
		"Tab, a page on, space": {func(p *presses) {
			p.byKey(at(-900), tabKey, true)
			p.byKey(at(-500), pageKey, true)
			p.byKey(at(0), spaceKey, true)
		}, true, true},
		"a page on and space": {func(p *presses) {
			p.byKey(at(-500), pageKey, true)
			p.byKey(at(0), spaceKey, true)
		}, true, false},
		"Tab, a page on elsewhere, space": {func(p *presses) {
			p.byKey(at(-900), tabKey, true)
			p.byKey(at(-500), pageKey, false)
			p.byKey(at(0), spaceKey, true)
		}, true, false},
		"Tab and a page on": {func(p *presses) {
			p.byKey(at(-900), tabKey, true)
			p.byKey(at(0), pageKey, true)
		}, true, false},
		"space alone": {func(p *presses) { p.byKey(at(0), spaceKey, true) }, true, false},
		"a space in a text": {func(p *presses) {
			p.byKey(at(-500), tabKey, true)
			p.byKey(at(-100), otherKey, true)
			p.byKey(at(0), spaceKey, true)
		}, true, false},
		"Tab elsewhere, space":    {func(p *presses) { p.byKey(at(-500), tabKey, false); p.byKey(at(0), spaceKey, true) }, true, false},
		"typed in another window": {func(p *presses) { p.byKey(at(-500), tabKey, true); p.byKey(at(0), spaceKey, false) }, true, false},
		"a program's space after ours": {func(p *presses) {
			p.byKey(at(-500), tabKey, true)
			p.byKey(at(0), spaceKey, true)
			p.byProgram(at(10), space, true)
			p.byProgram(at(11), space, false)
		}, true, false},
		"a space long ago": {func(p *presses) { p.byKey(at(-9000), tabKey, true); p.byKey(at(-5000), spaceKey, true) }, true, false},
	} {
		p := &presses{}
		row.do(p)
		if got := p.made(at(40), allow, row.byKey); got != row.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestPressesAreBounded(t *testing.T) {
	p := &presses{}
	for range 10 * keysKept {
		p.byKey(time.Unix(1, 0), otherKey, true)
	}
	if len(p.keys) > keysKept {
		t.Errorf("%d keys are remembered", len(p.keys))
	}
}
