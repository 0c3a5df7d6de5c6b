// Package inventory is what staff sees and does of the registry: instruments,
// sites, groups, versions, and what is kept about a person (P13, P14, P20).
// Every answer is narrowed by the caller's regions and sites as they are now.
package inventory

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/rights"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// Config is what an Inventory works with.
type Config struct {
	Data       *data.DB
	Who        func(*http.Request) (cloudapi.Staff, bool) // who is signed in
	Networks   web.Networks                               // the service network (P21)
	Events     events.Sink                                // nil: none
	Log        *slog.Logger
	Now        func() time.Time
	Changed    func()        // the fleet looks different now
	Ask        func()        // an address is to be asked
	EraseAfter time.Duration // after a device's end
}

// Inventory serves the staff's side of the registry.
type Inventory struct{ Config }

// New makes an Inventory.
func New(c Config) *Inventory { return &Inventory{c} }

// maxBody of what is posted here.
const maxBody = 64 << 10

type handler func(http.ResponseWriter, *http.Request, cloudapi.Staff)

// Mux is what handlers are mounted on.
type Mux interface {
	Handle(pattern string, h http.Handler)
}

// Register mounts the handlers on mux.
func (i *Inventory) Register(mux Mux) {
	for _, route := range []struct {
		path, method string
		act          rights.Act
		do           handler
	}{
		{cloudapi.PathInstruments, http.MethodGet, rights.SeeDevices, i.list},
		{cloudapi.PathInstrumentsCSV, http.MethodGet, rights.SeeDevices, i.csv},
		{cloudapi.PathInstrument, http.MethodGet, rights.SeeDevices, i.one},
		{cloudapi.PathPlaces, http.MethodGet, rights.SeeDevices, i.places},
		{cloudapi.PathSites, http.MethodPost, rights.Registry, i.site},
		{cloudapi.PathGroups, http.MethodPost, rights.Registry, i.group},
		{cloudapi.PathMove, http.MethodPost, rights.Registry, i.move},
		{cloudapi.PathNotes, http.MethodPost, rights.SeeDevices, i.note},
		{cloudapi.PathAskAgain, http.MethodPost, rights.Registry, i.askAgain},
		{cloudapi.PathTokenKey, http.MethodPost, rights.Registry, i.rotate},
		{cloudapi.PathPerson, http.MethodPost, rights.ExportPerson, i.person},
	} {
		mux.Handle(route.path, i.Networks.Only(web.Method(route.method, i.may(route.act, route.do))))
	}
}

func (i *Inventory) may(act rights.Act, next handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, ok := i.Who(r)
		switch {
		case !ok:
			web.Fail(w, http.StatusUnauthorized, "signed-out", "Sign in first.")
		case !rights.May(who, act):
			web.Fail(w, http.StatusForbidden, "not-your-role", "Your role does not allow this.")
		default:
			next(w, r, who)
		}
	}
}

// own gives an instrument that who may see; for any other the answer is that
// there is none.
func (i *Inventory) own(w http.ResponseWriter, r *http.Request, who cloudapi.Staff, id string) (data.DeviceRecord, bool) {
	d, err := i.Data.Device(r.Context(), id)
	if err != nil && !errors.Is(err, data.ErrNotFound) {
		i.Log.Error("inventory: device cannot be looked up", "error", err)
	}
	if err != nil || !data.Of(who).Sees(d.Region, d.Site) {
		web.Fail(w, http.StatusNotFound, "unknown-device", "There is no such device in your regions.")
		return d, false
	}
	return d, true
}

// emit puts what somebody is about to do on record; without it nothing is done.
func (i *Inventory) emit(ctx context.Context, e events.Event) error {
	if i.Events == nil {
		return nil
	}
	return i.Events.Emit(ctx, e)
}

func (i *Inventory) failed(w http.ResponseWriter, op string, err error) {
	for _, row := range []struct {
		err           error
		status        int
		code, message string
	}{
		{data.ErrNotFound, http.StatusNotFound, "unknown", "There is no such site, group or instrument in your regions."},
		{data.ErrTaken, http.StatusConflict, "name-taken", "There is one of that name in this region."},
		{data.ErrInUse, http.StatusConflict, "in-use", "Instruments are still there; move them first."},
		{data.ErrClosed, http.StatusConflict, "closed", "This site is closed."},
		{data.ErrRetired, http.StatusConflict, "retired", "This instrument's life here is over."},
		{data.ErrOtherRegion, http.StatusConflict, "other-region", "A site, a group and their instruments are of one region."},
	} {
		if errors.Is(err, row.err) {
			web.Fail(w, row.status, row.code, row.message)
			return
		}
	}
	i.Log.Error("inventory: "+op+" failed", "error", err)
	web.Fail(w, http.StatusInternalServerError, "internal", "That did not work; try again.")
}

// plain is true for one line of text without control and direction marks.
func plain(s string, most int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= most && strings.TrimSpace(s) == s &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}
