package mirror

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/internal/release"
)

// forged classes make up metadata: with no key, with one, or with what both
// keys signed for somebody else.
var forgeries = []class{
	{"stuffed signatures", 8, (*walk).stuffed},
	{"one stolen key", 8, (*walk).stolen},
	{"threshold 0, 1 and others", 6, (*walk).thresholds},
	{"wrong product, platform, channel or line", 6, (*walk).notOurs},
	{"path tricks in names", 4, (*walk).names},
}

// evil is a release that the vendor never made, with its file.
func (w *walk) evil() (release.Release, []byte) {
	d := w.vendor.describe(w.r)
	d.Version = "9." + strconv.Itoa(w.r.IntN(1000)) + ".0"
	return d, noise(w.r, 100)
}

// reread is a copy of metadata to be changed.
func reread[T metadata.Roles](m *metadata.Metadata[T]) (*metadata.Metadata[T], error) {
	text, err := m.ToBytes(false)
	if err != nil {
		return nil, err
	}
	next := &metadata.Metadata[T]{}
	return next, json.Unmarshal(text, next)
}

// pathOf is where the newest metadata of a role are.
func (v *vendor) pathOf(role string) string {
	switch role {
	case root:
		return fmt.Sprintf("metadata/%d.root.json", v.root.Signed.Version+1) // the next
	case snapshot:
		return fmt.Sprintf("metadata/%d.snapshot.json", v.snapshot.Signed.Version)
	case targets:
		return fmt.Sprintf("metadata/%d.targets.json", v.targets.Signed.Version)
	}
	return "metadata/timestamp.json"
}

// inPlace serves text as the newest metadata of a role, all else honestly. The
// vendor has published since this PC looked, so that it asks for them.
func (w *walk) inPlace(role string, text []byte) {
	files := maps.Clone(w.vendor.newest().files)
	files[w.vendor.pathOf(role)] = text
	w.serve(state{files: files}, nil)
}

// targetsWith are the vendor's targets with one release more.
func (w *walk) targetsWith(d release.Release, content []byte) (*metadata.Metadata[metadata.TargetsType], error) {
	m, err := reread(w.vendor.targets)
	if err != nil {
		return nil, err
	}
	name := release.ArchiveName(d.Version, d.Platform)
	m.Signed.Targets[name], err = w.vendor.file(name, content, d)
	return m, err
}

// forge is metadata of a role that would do harm, to be signed.
func (w *walk) forge(role string) (signed, error) {
	switch role {
	case root:
		m, err := reread(w.vendor.root)
		if err != nil {
			return nil, err
		}
		m.Signed.Version++
		mine, err := newKey()
		if err != nil {
			return nil, err
		}
		of := pick(w, roles)
		m.Signed.Roles[of].KeyIDs = nil
		m.Signed.Roles[of].Threshold = 1
		return m, m.Signed.AddKey(mine.public, of)
	case targets:
		d, content := w.evil()
		return w.targetsWith(d, content)
	case snapshot:
		m, err := reread(w.vendor.snapshot)
		if err == nil {
			m.Signed.Meta["targets.json"].Version = pick(w, []int64{1, m.Signed.Meta["targets.json"].Version + 1, math.MaxInt64})
		}
		return m, err
	}
	m, err := reread(w.vendor.timestamp)
	if err == nil {
		m.Signed.Version += pick(w, []int64{1, 1000, math.MaxInt64 - m.Signed.Version})
		m.Signed.Expires = w.vendor.now.AddDate(50, 0, 0)
	}
	return m, err
}

// stuffed: nobody's signature, or the same again and again, under any name.
func (w *walk) stuffed() error {
	role := pick(w, roles)
	if err := w.vendor.publish(); err != nil {
		return err
	}
	m, err := w.forge(role)
	if err != nil {
		return err
	}
	mine, err := newKey()
	if err != nil {
		return err
	}
	text, err := sign(m, mine)
	if err != nil {
		return err
	}
	real := w.vendor.keys[role]
	own := signatureOf(text)
	was := signaturesOf(w.vendor.newest().files[w.vendor.pathOf(role)])
	if role == root {
		was = signaturesOf(w.vendor.roots[last(w.vendor.roots)])
	}
	var all []map[string]any
	add := func(id string, sig any) { all = append(all, map[string]any{"keyid": id, "sig": sig}) }
	switch w.r.IntN(9) {
	case 0: // none
	case 1:
		for _, k := range real {
			add(k.id, own)
		}
	case 2:
		all = was // of what was signed before
	case 3:
		for range 1 + w.r.IntN(20_000) {
			add(real[0].id, own)
		}
	case 4:
		for n := range 1 + w.r.IntN(20_000) {
			add(fmt.Sprintf("%064x", n), own)
		}
	case 5:
		for _, k := range real {
			add(strings.ToUpper(k.id), own)
			add(k.id+" ", own)
		}
	case 6:
		for _, k := range real {
			add(k.id, "")
		}
	case 7:
		for _, k := range real {
			add(k.id, pick(w, []any{nil, 7, []int{1}, strings.Repeat("00", 64), "zz", strings.Repeat("f", 100_000)}))
		}
	default:
		add(mine.id, own)
	}
	text, err = resign(text, all)
	if err != nil {
		return err
	}
	w.inPlace(role, text)
	w.look()
	return nil
}

func signaturesOf(text []byte) (all []map[string]any) {
	var m struct {
		Signatures []map[string]any `json:"signatures"`
	}
	_ = json.Unmarshal(text, &m)
	return m.Signatures
}

func signatureOf(text []byte) any {
	if all := signaturesOf(text); len(all) > 0 {
		return all[0]["sig"]
	}
	return ""
}

func resign(text []byte, all []map[string]any) ([]byte, error) {
	var m map[string]json.RawMessage
	err := json.Unmarshal(text, &m)
	if err == nil {
		m["signatures"], err = json.Marshal(all)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(m)
}

// stolen: one key is the attacker's. What it says, it says with a good
// signature; then the vendor puts it out of use, and all of it has to be over.
func (w *walk) stolen() error {
	role := pick(w, roles)
	if err := w.vendor.publish(); err != nil {
		return err
	}
	m, err := w.forge(role)
	if err != nil {
		return err
	}
	if t, ok := m.(*metadata.Metadata[metadata.TimestampType]); ok {
		w.wild(t)
	}
	if s, ok := m.(*metadata.Metadata[metadata.SnapshotType]); ok && w.r.IntN(3) == 0 {
		s.Signed.Meta = pick(w, []map[string]*metadata.MetaFiles{nil, {}, {"targets.json": nil}, {"snapshot.json": metadata.MetaFile(1)}})
	}
	thief := w.vendor.keys[role][0]
	text, err := sign(m, thief)
	if err != nil {
		return err
	}
	if w.r.IntN(2) == 0 { // the same key under the name of the others
		all := signaturesOf(text)
		for _, k := range w.vendor.keys[role][1:] {
			all = append(all, map[string]any{"keyid": k.id, "sig": all[0]["sig"]})
		}
		if text, err = resign(text, all); err != nil {
			return err
		}
	}
	w.inPlace(role, text)
	w.look()
	w.pc.restart()
	w.look()
	return w.vendor.rotate(role)
}

// wild is what a timestamp can say that nobody would.
func (w *walk) wild(m *metadata.Metadata[metadata.TimestampType]) {
	switch w.r.IntN(7) {
	case 0:
		m.Signed.Meta = pick(w, []map[string]*metadata.MetaFiles{nil, {}, {"snapshot.json": nil}, {"targets.json": metadata.MetaFile(1)}})
	case 1:
		m.Signed.Meta["snapshot.json"].Length = pick(w, []int64{1, 1 << 40, math.MaxInt64, -1})
	case 2:
		m.Signed.Meta["snapshot.json"].Version = pick(w, []int64{0, -1, math.MaxInt64, m.Signed.Meta["snapshot.json"].Version + 1})
	case 3: // the present, fifty years on
		m.Signed.UnrecognizedFields[release.SignedAt] = w.vendor.now.AddDate(49, 0, 0).Format(time.RFC3339)
	case 4:
		m.Signed.UnrecognizedFields[release.SignedAt] = pick(w, []any{7, nil, "tomorrow", "9999-12-31T23:59:59Z", []int{1}})
	case 5:
		m.Signed.Version = pick(w, []int64{0, -5, math.MinInt64, math.MaxInt64})
	}
}

// thresholds: a next root that asks for less, or for the attacker's keys, signed
// by less than two of its keys.
func (w *walk) thresholds() error {
	mine, err := newKey()
	if err != nil {
		return err
	}
	next, err := reread(w.vendor.root)
	if err != nil {
		return err
	}
	next.Signed.Version++
	for _, of := range roles {
		if w.r.IntN(2) == 0 {
			continue
		}
		role := next.Signed.Roles[of]
		role.Threshold = pick(w, []int{0, -1, 1, 2, 1 << 40})
		switch w.r.IntN(4) {
		case 0:
			role.KeyIDs = nil
		case 1:
			role.KeyIDs = []string{mine.id, mine.id}
			next.Signed.Keys[mine.id] = mine.public
		case 2:
			next.Signed.Roles[of] = nil
		}
	}
	by := [][]*key{nil, {mine}, {w.vendor.keys[root][0]}, {w.vendor.keys[root][0], w.vendor.keys[root][0]}, {w.vendor.keys[root][2], mine}, w.vendor.keys[targets]}
	text, err := sign(next, pick(w, by)...)
	if err != nil {
		return err
	}
	d, content := w.evil()
	m, err := w.targetsWith(d, content)
	if err != nil {
		return err
	}
	forged, err := sign(m, pick(w, [][]*key{nil, {mine}, {mine, mine}})...)
	if err != nil {
		return err
	}
	if err := w.vendor.publish(); err != nil {
		return err
	}
	files := maps.Clone(w.vendor.newest().files)
	files[w.vendor.pathOf(root)], files[w.vendor.pathOf(targets)] = text, forged
	w.serve(state{files: files}, nil)
	w.look()
	return nil
}

// notOurs: both keys signed it, for somebody else.
func (w *walk) notOurs() error {
	d, content := w.evil()
	name, whole := "", false
	switch w.r.IntN(9) {
	case 0:
		d.Product = pick(w, []string{"com.example.other", "", release.Product + ".x", strings.ToUpper(release.Product)})
	case 1:
		d.Platform = pick(w, []string{"windows-amd64", "linux-arm64", "", "linux-amd64 "})
	case 2:
		d.Channel = pick(w, []string{"pilot", "", "Stable", "nightly"})
	case 3:
		d.Lines = pick(w, [][]string{{"AU 5800"}, {"dxh 900"}, {""}, {"DxH 900 "}})
	case 4:
		d.Version = pick(w, []string{running, "0.9.9", "1.0.0-beta", "", "x"})
	case 5:
		name, d.Version = release.ArchiveName(d.Version, d.Platform), "9.9.9"
	case 6:
		d.Digest = pick(w, []string{"", "00", strings.Repeat("g", 64), strings.Repeat("A", 64), "../" + d.Digest[3:]})
	case 7:
		d.From = pick(w, []string{d.Digest, "zz", hex.EncodeToString(noise(w.r, 32))})
	default:
		whole = true
	}
	if name == "" {
		name = release.ArchiveName(d.Version, d.Platform)
	}
	target, err := w.vendor.file(name, content, d)
	if err != nil {
		return err
	}
	if whole { // what is said of it is right: then of no file
		target = w.broken(target)
	}
	return w.amongTargets(name, target)
}

// broken is a target that names no file.
func (w *walk) broken(t *metadata.TargetFiles) *metadata.TargetFiles {
	switch w.r.IntN(6) {
	case 0:
		t.Length = pick(w, []int64{0, -1, math.MaxInt64, 1 << 50})
	case 1:
		t.Hashes = metadata.Hashes{"sha512": t.Hashes["sha256"]}
	case 2:
		t.Hashes = metadata.Hashes{"sha256": nil}
	case 3:
		t.Hashes = metadata.Hashes{"sha256": t.Hashes["sha256"][:8]}
	case 4:
		t.Custom = nil
	default:
		raw := json.RawMessage(pick(w, []string{"null", "7", `"x"`, "[]", "{}", `{"product":7}`}))
		t.Custom = &raw
	}
	return t
}

// amongTargets has the vendor publish a target for a while.
func (w *walk) amongTargets(name string, target *metadata.TargetFiles) error {
	w.vendor.targets.Signed.Targets[name] = target
	if err := w.vendor.publish(); err != nil {
		return err
	}
	w.serve(w.vendor.newest(), nil)
	w.look()
	delete(w.vendor.targets.Signed.Targets, name)
	return w.vendor.publish()
}

// names: both keys signed a name that is no release's.
func (w *walk) names() error {
	d, content := w.evil()
	good := release.ArchiveName(d.Version, d.Platform)
	name := pick(w, []string{
		"../" + good, "/" + good, "a/" + good, good + "/", "./" + good, "..\\" + good, "C:\\" + good, good + "\x00", good + " ", " " + good, good + ".",
		strings.ToUpper(good), strings.Replace(good, "linux", "lіnux", 1) /* a Cyrillic і */, "\u202e" + good, strings.Replace(good, "-", "‐", 1), good + "\n",
		"", ".", "..", "con", "nul.tar.zst", strings.Repeat("a", 70_000), "%2e%2e/" + good, "file:///" + good, "http://other.example/" + good, good + "?x", good + "#x",
		"beckmanconnect-../../x-" + platform + ".tar.zst", "beckmanconnect-1.2.3.4-" + platform + ".tar.zst",
	})
	if w.r.IntN(2) == 0 {
		d.Version = strings.TrimSuffix(strings.TrimPrefix(name, "beckmanconnect-"), "-"+platform+".tar.zst")
	}
	target, err := w.vendor.file("x", content, d)
	if err != nil {
		return err
	}
	return w.amongTargets(name, target)
}
