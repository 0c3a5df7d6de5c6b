package versions

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"beckmanconnect/internal/boot"
)

// Attempts is how often the upgrade service of a version on trial is started
// before its launcher goes back: the third start that comes to nothing is the
// last.
const Attempts = 3

// MaxCuts is how many starts of a version on trial are not held against it
// because the machine went down meanwhile. A pulled plug is no failure of the
// version; but one that brings the machine down each time looks the same, so
// there is an end to it.
const MaxCuts = 9

// Trial is a version that was made current and has not proven itself yet.
type Trial struct {
	Digest string // "": none is on trial
	Starts int    // of its upgrade service that are held against it, 0 to Attempts
	Cuts   int    // starts that ended with the machine, 0 to MaxCuts

	boot string // of the last start, as bootMark; noBoot: there is none that could have been cut
}

// The file is the digest, and then, all of one length so that it can be
// written over in place: starts, cuts and boot.
const (
	trial      = "trial"
	noBoot     = "0000000000000000"
	trialTail  = len("0 0 ") + len(noBoot) + len("\n")
	trialBytes = digestLength + 1 + trialTail
)

// tail is what follows the digest.
func (t Trial) tail() []byte { return fmt.Appendf(nil, "%d %d %s\n", t.Starts, t.Cuts, t.boot) }

// bootMark is this boot's name at a length of its own.
func (i Install) bootMark() (string, error) {
	id := i.Boot
	if id == nil {
		id = boot.ID
	}
	name, err := id()
	if err != nil {
		return noBoot, err
	}
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:len(noBoot)/2]), nil
}

// Switch makes digest current, on trial. The version before stays, and the way
// back to it is on disk beforehand: going back is one rename, which needs no
// space.
func (i Install) Switch(digest string) error {
	before, err := i.Current()
	if err == nil {
		err = i.there(digest)
	}
	if err == nil && before != "" && before != digest {
		err = i.point(previous, before)
	}
	if err == nil {
		err = WriteFile(filepath.Join(i.Dir, trial), append([]byte(digest+" "), Trial{boot: noBoot}.tail()...), 0o644)
	}
	if err == nil {
		err = i.point(current, digest)
	}
	if err != nil {
		return fmt.Errorf("versions: switch: %w", err)
	}
	return nil
}

// Back makes the version before current again, for good, and returns its
// digest. It is an error when there is none, or its folder is gone.
func (i Install) Back() (string, error) {
	digest, err := i.Previous()
	switch {
	case err != nil:
		return "", err
	case digest == "":
		return "", errors.New("versions: there is no version to go back to; " + Repair)
	}
	if err := i.there(digest); err != nil {
		return "", fmt.Errorf("versions: the version to go back to is damaged: %w; %s", err, Repair)
	}
	if err := Rename(filepath.Join(i.Dir, previous), filepath.Join(i.Dir, current)); err != nil {
		return "", fmt.Errorf("versions: go back: %w", err)
	}
	if err := SyncDir(i.Dir); err != nil {
		return "", fmt.Errorf("versions: go back: %w", err)
	}
	return digest, nil
}

// Trial is what is on trial. A file that cannot be read is as good as none: it
// is written in one step, so somebody else damaged it.
func (i Install) Trial() Trial {
	text, err := os.ReadFile(filepath.Join(i.Dir, trial))
	if err != nil {
		return Trial{}
	}
	if len(text) != trialBytes || text[digestLength] != ' ' || !ValidDigest(string(text[:digestLength])) {
		return Trial{}
	}
	tail := text[digestLength+1:]
	t := Trial{Digest: string(text[:digestLength]), Starts: int(tail[0]) - '0', Cuts: int(tail[2]) - '0', boot: string(tail[4 : trialTail-1])}
	if t.Starts < 0 || t.Starts > Attempts || t.Cuts < 0 || t.Cuts > MaxCuts || string(t.tail()) != string(tail) {
		return Trial{}
	}
	return t
}

// EndTrial forgets that a version is on trial.
func (i Install) EndTrial() error {
	err := os.Remove(filepath.Join(i.Dir, trial))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = SyncDir(i.Dir)
	}
	if err != nil {
		return fmt.Errorf("versions: end the trial: %w", err)
	}
	return nil
}

// started counts a start. Where the boot has no name it is counted all the same.
func (i Install) started(t Trial) error {
	mark, err := i.bootMark()
	t.Starts++
	t.boot = mark
	return errors.Join(err, i.write(t))
}

// forgiven is a trial without its last start if that ended with the machine:
// another boot tells so. What ends in the course of a boot is started again in
// it, and counted.
func (i Install) forgiven(t Trial) Trial {
	mark, err := i.bootMark()
	if err == nil && t.Starts > 0 && t.boot != noBoot && t.boot != mark && t.Cuts < MaxCuts {
		t.Starts--
		t.Cuts++
		t.boot = noBoot
	}
	return t
}

// Forgive takes back the last start of a version on trial: it ended because it
// was told to.
func (i Install) Forgive() error {
	t := i.Trial()
	if t.Starts == 0 {
		return nil
	}
	t.Starts, t.boot = t.Starts-1, noBoot
	return i.write(t)
}

// GiveUp has whoever starts next go back from the version on trial.
func (i Install) GiveUp() error {
	t := i.Trial()
	if t.Digest == "" {
		return nil
	}
	t.Starts, t.boot = Attempts, noBoot
	return i.write(t)
}

// write writes what follows the digest over the old one, in place, for which
// there is room on a full disk too. Cut short in the middle, it leaves the new
// count and, at worst, a boot that never was.
func (i Install) write(t Trial) error {
	f, err := os.OpenFile(filepath.Join(i.Dir, trial), os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("versions: count a start: %w", err)
	}
	_, err = f.WriteAt(t.tail(), digestLength+1)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("versions: count a start: %w", err)
	}
	return nil
}
