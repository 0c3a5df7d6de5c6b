//go:build linux

package x11

import (
	"fmt"
	"sync"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/res"
	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// The extensions by the names the protocol gives them.
const (
	extDamage = "DAMAGE"
	extShape  = "SHAPE"
	extSHM    = "MIT-SHM"
	extTest   = "XTEST"
	extFixes  = "XFIXES"
	extRes    = "X-Resource"
	extRandr  = "RANDR"
)

// These keep the packages whose requests the names above stand for linked: each
// registers its readers of events and errors when the program starts.
var _ = []func(*xgb.Conn) error{damage.Init, shape.Init, shm.Init, xtest.Init, xfixes.Init, res.Init, randr.Init}

// extensions guards the library's tables of events and errors, which all
// connections of a process share and read without a lock. The library's own
// Init writes them each time it is called; here an entry is only written the
// first time, before any connection with events is there.
var extensions sync.Mutex

// use makes an extension's requests usable on a connection.
func use(x *xgb.Conn, name string) error {
	reply, err := xproto.QueryExtension(x, uint16(len(name)), name).Reply()
	if err != nil {
		return fmt.Errorf("x11: extension %s: %w", name, err)
	}
	if !reply.Present {
		return fmt.Errorf("x11: the display lacks %s", name)
	}
	extensions.Lock()
	for number, read := range xgb.NewExtEventFuncs[name] {
		register(xgb.NewEventFuncs, int(reply.FirstEvent)+number, read)
	}
	for number, read := range xgb.NewExtErrorFuncs[name] {
		register(xgb.NewErrorFuncs, int(reply.FirstError)+number, read)
	}
	extensions.Unlock()
	x.ExtLock.Lock()
	defer x.ExtLock.Unlock()
	x.Extensions[name] = reply.MajorOpcode
	return nil
}

func register[F any](table map[int]F, number int, read F) {
	if _, known := table[number]; !known {
		table[number] = read
	}
}

// registerAll is done on every connection before anything else, so that the
// first one fills the tables while it is alone. What a display lacks is said
// where it is needed.
func registerAll(x *xgb.Conn) {
	for _, name := range []string{extFixes, extDamage, extShape, extSHM, extTest, extRes, extRandr} {
		_ = use(x, name)
	}
}

// has says whether an extension can be used on a connection.
func has(x *xgb.Conn, name string) bool {
	x.ExtLock.RLock()
	defer x.ExtLock.RUnlock()
	_, ok := x.Extensions[name]
	return ok
}
