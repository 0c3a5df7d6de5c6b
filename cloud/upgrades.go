package cloud

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/release"
)

// What every check of every PC asks for: whether the timestamp is another one,
// and whether there is one more root, which there hardly ever is.
const (
	upgradesMetadata  = "metadata/"
	upgradesTimestamp = upgradesMetadata + "timestamp.json"
	maxTimestamp      = 64 << 10
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
		switch {
		case err != nil && strings.HasPrefix(name, upgradesMetadata):
			bare(w, http.StatusNotFound)
			return
		case err != nil:
			web.Fail(w, http.StatusNotFound, "no-file", "There is no such file.")
			return
		}
		defer f.Close()
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Cache-Control", "no-cache") // a revalidation is cheap, a stale timestamp is not
		if name == upgradesTimestamp {
			timestamp(w, r, f)
			return
		}
		http.ServeContent(w, r, "", info.ModTime(), f)
	})
}

// timestamp answers by what the file holds, not by when it was written: a PC
// that has these bytes is told so in one line.
func timestamp(w http.ResponseWriter, r *http.Request, f io.Reader) {
	data, err := io.ReadAll(io.LimitReader(f, maxTimestamp))
	if err != nil {
		web.Fail(w, http.StatusInternalServerError, "internal", "The file could not be read.")
		return
	}
	tag := release.Tag(data)
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		bare(w, http.StatusNotModified, "Etag", "Cache-Control")
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// bare answers without a body. Nothing is there that a browser could show, so
// what protects pages is left out, and of the headers only those named stay.
func bare(w http.ResponseWriter, status int, keep ...string) {
	h := w.Header()
	kept := http.Header{}
	for _, name := range keep {
		kept[name] = h[name]
	}
	clear(h)
	for name, values := range kept {
		h[name] = values
	}
	w.WriteHeader(status)
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
