package mirror

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// replay classes need no key: they serve what the vendor signed once.
var replayed = []class{
	{"rollback", 8, (*walk).rollback},
	{"freeze", 6, (*walk).freeze},
	{"mix and match", 8, (*walk).mix},
	{"clocks ten years off", 6, (*walk).clocks},
	{"roots skipped or taken back", 5, (*walk).roots},
	{"swapped files", 8, (*walk).swapped},
}

func pick[T any](w *walk, from []T) T { return from[w.r.IntN(len(from))] }

// older is any state there was.
func (w *walk) older() state { return pick(w, w.vendor.states) }

// rollback serves an older state whole, or an older timestamp before newer
// files, or takes the roots along.
func (w *walk) rollback() error {
	old := w.older()
	files := maps.Clone(old.files)
	switch w.r.IntN(3) {
	case 0:
		files = maps.Clone(w.vendor.newest().files)
		files["metadata/timestamp.json"] = old.files["metadata/timestamp.json"]
	case 1:
		maps.Copy(files, w.vendor.roots)
	}
	w.serve(state{files: files}, nil)
	w.look()
	if w.r.IntN(2) == 0 {
		w.pc.restart()
		w.look()
	}
	return nil
}

// freeze has the vendor live on while the mirror serves what it has, or says
// that nothing has changed.
func (w *walk) freeze() error {
	frozen := w.vendor.newest()
	never := w.r.IntN(2) == 0
	for range 1 + w.r.IntN(3) {
		w.pass(time.Duration(1+w.r.IntN(20)) * day)
		if w.r.IntN(2) == 0 {
			if err := w.vendor.publish(); err != nil {
				return err
			}
		}
		w.serve(frozen, func(rw http.ResponseWriter, _ *http.Request, path string) bool {
			if !never || path != "metadata/timestamp.json" {
				return false
			}
			rw.WriteHeader(http.StatusNotModified)
			return true
		})
		w.look()
	}
	return w.vendor.publish() // the vendor never let it expire
}

// mix serves each file from another time, under the name that is asked for, or
// from the repository of another vendor.
func (w *walk) mix() error {
	times := map[string]state{}
	for _, role := range roles {
		times[role] = w.older()
		if w.r.IntN(5) == 0 {
			times[role] = pick(w, w.other.states)
		}
	}
	exact := w.r.IntN(2) == 0
	w.serve(w.vendor.newest(), func(rw http.ResponseWriter, _ *http.Request, path string) bool {
		role := roleOf(path)
		from, ok := times[role]
		if !ok || role == root && !exact {
			return false
		}
		data, ok := from.files[path]
		for _, name := range slices.Sorted(maps.Keys(from.files)) {
			if !ok && roleOf(name) == role && !exact {
				data, ok = from.files[name], true
			}
		}
		if !ok {
			return false
		}
		_, _ = rw.Write(data)
		return true
	})
	w.look()
	return nil
}

// roleOf is the role of a piece of metadata by its path, "" for other files.
func roleOf(path string) string {
	name, ok := strings.CutPrefix(path, "metadata/")
	if !ok {
		return ""
	}
	name = strings.TrimSuffix(name, ".json")
	return name[strings.LastIndexByte(name, '.')+1:]
}

// clocks sets the PC's clock years off while the mirror serves any state.
func (w *walk) clocks() error {
	years := time.Duration(1+w.r.IntN(12)) * 365 * day
	if w.r.IntN(2) == 0 {
		years = -years
	}
	w.clock = years + time.Duration(w.r.IntN(1000))*time.Hour
	s := w.vendor.newest()
	if w.r.IntN(3) > 0 {
		s = w.older()
	}
	w.serve(s, nil)
	w.look()
	if w.r.IntN(2) == 0 {
		w.clock = -w.clock
		w.look()
	}
	return nil
}

// roots: the next one is a later one, an older one, another vendor's, or those
// that exist are hidden.
func (w *walk) roots() error {
	if w.r.IntN(2) == 0 {
		if err := w.vendor.rotate(pick(w, []string{targets, snapshot, timestamp})); err != nil {
			return err
		}
	}
	kind := w.r.IntN(6)
	any := pick(w, []map[string][]byte{w.vendor.roots, w.other.roots})
	asked := 0
	w.serve(w.older(), func(rw http.ResponseWriter, _ *http.Request, path string) bool {
		if roleOf(path) != root {
			return false
		}
		if asked++; asked > 40 {
			return false
		}
		switch kind {
		case 0:
			rw.WriteHeader(http.StatusNotFound)
		case 1:
			_, _ = rw.Write(w.vendor.first)
		case 2:
			_, _ = rw.Write(any[last(any)])
		case 3:
			_, _ = rw.Write(any["metadata/1.root.json"])
		case 4:
			rw.WriteHeader(http.StatusForbidden)
		default:
			text, ok := w.vendor.roots[path]
			if !ok {
				return false
			}
			_, _ = rw.Write(text[:len(text)/2])
		}
		return true
	})
	w.look()
	return nil
}

// last is the last of some files by name.
func last(files map[string][]byte) string {
	names := slices.Sorted(maps.Keys(files))
	return names[len(names)-1]
}

// swapped serves other bytes for an archive.
func (w *walk) swapped() error {
	kind := w.r.IntN(8)
	other := w.vendor.files[pick(w, slices.Sorted(maps.Keys(w.vendor.files)))]
	at, bit := w.r.Uint32(), byte(1)<<w.r.IntN(8)
	w.serve(w.vendor.newest(), func(rw http.ResponseWriter, r *http.Request, path string) bool {
		content, ok := w.vendor.files[path]
		if !ok {
			return false
		}
		changed := append([]byte{}, content...)
		switch kind {
		case 0:
			changed = other
		case 1:
			changed[int(at)%len(changed)] ^= bit
		case 2:
			changed = changed[:len(changed)-1]
		case 3:
			changed = append(changed, bit)
		case 4:
			changed = nil
		case 5:
			changed = append([]byte("\x1f\x8b\x08"), changed...)
		case 6:
			rw.Header().Set("Content-Type", "text/html")
			changed = []byte("<html>Please accept the terms of this network.</html>")
		default: // the first half right, the rest of another
			changed = append(changed[:len(changed)/2], other...)
		}
		if spec := r.Header.Get("Range"); spec != "" {
			rw.Header().Set("Content-Range", "bytes 0-1/2")
			rw.WriteHeader(http.StatusPartialContent)
		}
		_, _ = rw.Write(changed)
		return true
	})
	w.look()
	return nil
}
