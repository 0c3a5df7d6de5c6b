package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"beckmanconnect/store"
)

// manyBatch is how many entries of the long log are written at once.
const manyBatch = 10_000

// longLog gives the folder of a log of so many entries. It is made once and
// kept from run to run: ten million take minutes.
func longLog(ctx context.Context, o options) (string, error) {
	dir := filepath.Join(cmp.Or(o.long, filepath.Join(o.out, "bench-long-log")), fmt.Sprint(o.entries))
	if _, err := os.Stat(filepath.Join(dir, "complete")); !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	clock := time.Now().Add(-400 * 24 * time.Hour)
	w := &longWriter{r: rand.New(rand.NewPCG(1, 2)), step: 400 * 24 * time.Hour / time.Duration(o.entries)}
	log, err := store.Open(ctx, store.Options{Dir: dir, Now: func() time.Time { clock = clock.Add(w.step); return clock }})
	if err != nil {
		return "", err
	}
	began := time.Now()
	for done := log.LogState().Entries; done < int64(o.entries); done = log.LogState().Entries {
		if err = ctx.Err(); err == nil {
			err = log.Update(ctx, func(tx *store.Tx) error {
				for i := range min(manyBatch, int64(o.entries)-done) {
					if _, err := tx.Append(w.entry(done + i)); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err != nil {
			break
		}
		if done/1_000_000 != log.LogState().Entries/1_000_000 {
			fmt.Printf("%d entries after %v\n", log.LogState().Entries, time.Since(began).Round(time.Second))
		}
	}
	if err = errors.Join(err, log.Close()); err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, "complete"), nil, 0o600)
}

// longWriter makes the entries of a plausible life: alarms of a few hundred
// codes most of all, sessions of some dozen entries each, files, a few entries
// of everything else, and rareWord once.
type longWriter struct {
	r       *rand.Rand
	step    time.Duration
	session string
}

// Words the bench looks for.
const (
	rareWord     = "needle-17"
	frequentWord = "high"
)

func (w *longWriter) entry(i int64) store.Entry {
	r := w.r
	if i%3_333_333 == 1_000_000 || i == 1234 {
		return store.Entry{Kind: "network.refused", Actor: "system", Subject: rareWord, Fields: map[string]string{"port": "443"}}
	}
	if i%25 == 0 {
		w.session = fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64())
	}
	switch n := r.IntN(10_000); {
	case n < 1500:
		kinds := []string{"session.asked", "prompt.shown", "prompt.answered", "session.granted", "session.revoked", "session.ended"}
		e := store.Entry{Kind: kinds[r.IntN(len(kinds))], Actor: "technician", Subject: w.session, Fields: map[string]string{"capability": []string{"view", "control", "files"}[r.IntN(3)], "minutes": "15"}}
		if n < 200 {
			e.Personal = map[string]string{"engineer": "erika.example@vendor.example"}
		}
		return e
	case n < 1700:
		return store.Entry{Kind: "file.received", Actor: "service", Subject: w.session, Fields: map[string]string{
			"direction": "to-pc", "sha256": fmt.Sprintf("%016x%016x%016x%016x", r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64()), "size": fmt.Sprint(r.IntN(1 << 20)), "transfer": fmt.Sprint(i),
		}}
	case n < 1710:
		return store.Entry{Kind: "upgrade.offered", Actor: "system", Subject: fmt.Sprintf("%016x", r.Uint64()), Fields: map[string]string{"version": fmt.Sprintf("0.%d.%d", r.IntN(9), r.IntN(30))}}
	case n < 1712:
		return store.Entry{Kind: "policy.accepted", Actor: "system", Subject: fmt.Sprintf("%016x", r.Uint64()), Fields: map[string]string{"class": "patient-data"}}
	case n < 1730:
		return store.Entry{Kind: "pin.set", Actor: "technician", Fields: map[string]string{"changed": "yes"}}
	case n < 1760:
		return store.Entry{Kind: "service.started", Actor: "system", Subject: "0.1.0"}
	}
	code := int(r.ExpFloat64() * 40)
	return store.Entry{Kind: "notification." + []string{"raised", "repeated", "acknowledged", "cleared"}[r.IntN(4)], Actor: "system", Subject: fmt.Sprintf("sample-code-%d", code), Fields: map[string]string{
		"notification": fmt.Sprint(i / 4), "severity": []string{"low", "medium", frequentWord}[code%3], "source": "instrument-log", "count": fmt.Sprint(r.IntN(20)), "subject": fmt.Sprintf("module-%d", code%97),
	}}
}
