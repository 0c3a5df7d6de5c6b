package cloud

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strings"

	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// upgrades serves the TUF repository in dir: plain files, with ranges so that
// a download resumes. The folder is opened anew each time, because a release
// may swap it, and nothing outside it is ever reached. What the files are
// worth, their signatures say.
func upgrades(dir string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			web.Fail(w, http.StatusMethodNotAllowed, "method", "Use GET here.")
			return
		}
		name := strings.TrimPrefix(r.URL.Path, cloudapi.PathUpgrades)
		f, info, err := openFile(dir, name)
		if err != nil {
			web.Fail(w, http.StatusNotFound, "no-file", "There is no such file.")
			return
		}
		defer f.Close()
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Cache-Control", "no-cache") // a revalidation is cheap, a stale timestamp is not
		http.ServeContent(w, r, "", info.ModTime(), f)
	})
}

func openFile(dir, name string) (*os.File, fs.FileInfo, error) {
	if !fs.ValidPath(name) {
		return nil, nil, fs.ErrInvalid
	}
	f, err := os.OpenInRoot(dir, name)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a file")
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}
