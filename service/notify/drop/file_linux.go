package drop

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// nonBlocking: a pipe put in a file's place must not hold the service up.
const nonBlocking = syscall.O_NONBLOCK

const othersWrite = 0o022

func owner(_ *os.File, info fs.FileInfo) (account string, links uint64, err error) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", 0, errors.New("the system does not say")
	}
	links = uint64(stat.Nlink)
	if info.Mode().Perm()&othersWrite != 0 {
		return "", links, nil
	}
	id := strconv.FormatUint(uint64(stat.Uid), 10)
	u, err := user.LookupId(id)
	if err != nil {
		return id, links, nil // an account that has no name: its number names it
	}
	return u.Username, links, nil
}

// private says whether none but the service's account and root may write into
// the folder.
func private(root *os.Root) bool {
	info, err := root.Stat(".")
	if err != nil || info.Mode().Perm()&othersWrite != 0 {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (stat.Uid == 0 || int(stat.Uid) == os.Geteuid())
}
