package versions

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Attempts is how often the upgrade service of a version on trial is started
// before its launcher goes back: the third start that comes to nothing is the
// last.
const Attempts = 3

// Trial is a version that was made current and has not proven itself yet.
type Trial struct {
	Digest string // "": none is on trial
	Starts int    // of its upgrade service, 0 to Attempts
}

const trial = "trial"

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
		err = WriteFile(filepath.Join(i.Dir, trial), []byte(digest+" 0\n"), 0o644)
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
	digest, count, ok := strings.Cut(strings.TrimSuffix(string(text), "\n"), " ")
	if !ok || !ValidDigest(digest) || len(count) != 1 || count[0] < '0' || count[0] > '0'+Attempts {
		return Trial{}
	}
	return Trial{Digest: digest, Starts: int(count[0] - '0')}
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

// Forgive takes back the last start of a version on trial: it ended because it
// was told to.
func (i Install) Forgive() error {
	if t := i.Trial(); t.Starts > 0 {
		return i.count(t.Starts - 1)
	}
	return nil
}

// GiveUp has whoever starts next go back from the version on trial.
func (i Install) GiveUp() error {
	if i.Trial().Digest == "" {
		return nil
	}
	return i.count(Attempts)
}

// count writes the number of starts over the old one: one byte in place, for
// which there is room on a full disk too.
func (i Install) count(starts int) error {
	f, err := os.OpenFile(filepath.Join(i.Dir, trial), os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("versions: count a start: %w", err)
	}
	_, err = f.WriteAt([]byte{byte('0' + starts)}, digestLength+1)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("versions: count a start: %w", err)
	}
	return nil
}
