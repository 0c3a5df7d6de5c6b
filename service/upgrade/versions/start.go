package versions

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Start is the launcher's question: which version's program is to be started?
//
// Only the upgrade service's launcher may change what is current (keeper). It
// counts the starts of a version on trial, and goes back when Attempts of them
// came to nothing, or when the current version's program is not there at all. A
// start that was cut because the machine went down is none of them.
// The error of a start that could not be counted comes with a digest: the
// program is to be started all the same.
func (i Install) Start(program string, keeper bool) (digest string, err error) {
	digest, err = i.Current()
	if err == nil && digest == "" {
		return "", fmt.Errorf("versions: no version is installed in %s; %s", i.Dir, Repair)
	}
	if err == nil {
		err = i.whole(digest, program)
	}
	if !keeper {
		if err != nil {
			return "", err
		}
		return digest, nil
	}
	onTrial := Trial{}
	if t := i.Trial(); err == nil && t.Digest == digest {
		onTrial = i.forgiven(t)
	}
	if err != nil || onTrial.Starts >= Attempts {
		return i.startBefore(program, err)
	}
	if onTrial.Digest == "" {
		return digest, nil
	}
	return digest, i.started(onTrial)
}

// startBefore goes back to a version whose program is there.
func (i Install) startBefore(program string, cause error) (string, error) {
	before, err := i.Previous()
	if err == nil && before != "" {
		err = i.whole(before, program)
	}
	if err == nil {
		before, err = i.Back()
	}
	if err == nil {
		return before, nil
	}
	if cause == nil {
		// The version on trial does not start, and there is nothing else: it
		// goes on being tried.
		return i.Current()
	}
	return "", errors.Join(cause, err)
}

// whole is an error unless a version holds a program that could be started.
func (i Install) whole(digest, program string) error {
	err := i.there(digest)
	if err == nil {
		var info os.FileInfo
		if info, err = os.Lstat(filepath.Join(i.Version(digest), program)); err == nil && (!info.Mode().IsRegular() || info.Size() == 0) {
			err = fmt.Errorf("%s is not a program", program)
		}
	}
	if err != nil {
		return fmt.Errorf("versions: version %.16s is damaged: %w; %s", digest, err, Repair)
	}
	return nil
}
