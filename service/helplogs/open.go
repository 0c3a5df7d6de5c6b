package helplogs

import (
	"fmt"
	"os"

	"beckmanconnect/service/notify"
)

// Shared opens the instrument's log the way the log's own source does.
func Shared(path string) (File, error) {
	f, err := notify.OpenLog(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return file{f}, nil
}

type file struct{ *os.File }

func (f file) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
