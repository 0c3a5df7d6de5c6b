package drop

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"beckmanconnect/internal/redact"
)

// open reads a file by its handle, and says whose it is: "" when it cannot be
// told, or when others could have written it. What was looked at by its name
// must be what was opened: a link put there meanwhile is another file.
func open(root *os.Root, name string, seen fs.FileInfo) (text []byte, account, why string) {
	if !seen.Mode().IsRegular() {
		return nil, "", "it is not a plain file"
	}
	if seen.Size() > MaxSize {
		return nil, "", fmt.Sprintf("it is larger than %d bytes", MaxSize)
	}
	file, err := root.OpenFile(name, os.O_RDONLY|nonBlocking, 0)
	if err != nil {
		return nil, "", "it cannot be opened: " + plain(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, "", "it cannot be opened: " + plain(err)
	}
	if !info.Mode().IsRegular() || !os.SameFile(info, seen) {
		return nil, "", "it is not the plain file that was there"
	}
	account, links, err := owner(file, info)
	if err != nil {
		return nil, "", "whose it is cannot be told: " + plain(err)
	}
	if links > 1 {
		return nil, "", "it has more than one name"
	}
	if text, err = io.ReadAll(io.LimitReader(file, MaxSize+1)); err != nil {
		return nil, "", "it cannot be read: " + plain(err)
	}
	if len(text) > MaxSize {
		return nil, "", fmt.Sprintf("it is larger than %d bytes", MaxSize)
	}
	return text, account, ""
}

// plain is an error without a path.
func plain(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return err.Error()
}

// reject moves a file aside with the reason beside it; of too many the oldest
// go.
func (f *Folder) reject(root *os.Root, name, why string) (gone bool, err error) {
	why = redact.Line(why, 300)
	f.config.Log.Warn("a dropped notification was not taken", "file", redact.Line(name, 100), "why", why)
	if err := root.Mkdir(Rejected, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return false, errors.New("drop: a bad file cannot be moved aside: " + plain(err))
	}
	to := filepath.Join(Rejected, time.Now().UTC().Format("20060102T150405.000000000Z-")+safe(name))
	if err := root.Rename(name, to); err != nil {
		return false, errors.New("drop: a bad file cannot be moved aside: give the service the right to")
	}
	if err := root.WriteFile(to+reasonSuffix, []byte(why+"\n"), 0o600); err != nil {
		return true, errors.New("drop: why a file was not taken cannot be written: " + plain(err))
	}
	return true, prune(root)
}

// safe is a name that is short and plain, so that time and ending always fit.
func safe(name string) string {
	clean := strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f && !strings.ContainsRune(`<>:"/\|?*`, r) {
			return r
		}
		return '_'
	}, name)
	return clean[max(0, len(clean)-100):]
}

// prune keeps the newest of what was rejected. Names begin with the time.
func prune(root *os.Root) error {
	dir, err := root.Open(Rejected)
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names[:max(0, len(names)-2*mostRejected)] {
		if err := root.Remove(filepath.Join(Rejected, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
