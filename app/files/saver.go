package files

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"

	"beckmanconnect/internal/safename"
)

// Incoming is one file on its way into a folder. Until Finish nothing of it
// can be seen, and nothing that stands there is ever replaced (scenario 34).
// It works on open handles, so that no link that is put in its way leads it
// anywhere else (scenario 31).
type Incoming struct {
	name string
	size int64
	sha  string

	root *os.Root
	dir  *os.File // the folder itself
	file *os.File
	part string // its hidden name; "": it has none
	done int64
}

// Save begins a file in a folder, which is made when it is missing. The name
// must be safe already.
func Save(folder, name string, size int64, sha256 string) (_ *Incoming, err error) {
	if name == "" || safename.Of(name) != name {
		return nil, &Error{Op: "save", Kind: ErrName}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, diskError("make the folder", err)
	}
	in := &Incoming{name: name, size: size, sha: sha256}
	defer func() {
		if err != nil {
			in.Drop()
		}
	}()
	if in.root, err = os.OpenRoot(folder); err != nil {
		return nil, diskError("open the folder", err)
	}
	if in.dir, err = in.root.Open("."); err != nil {
		return nil, diskError("open the folder", err)
	}
	if in.file, in.part, err = createHidden(in.root, in.dir); err != nil {
		return nil, diskError("make the file", err)
	}
	return in, nil
}

// Write adds bytes; more than were announced are refused.
func (in *Incoming) Write(b []byte) (int, error) {
	if in.file == nil || in.done+int64(len(b)) > in.size {
		return 0, &Error{Op: "write", Kind: ErrChanged}
	}
	n, err := in.file.Write(b)
	in.done += int64(n)
	if err != nil {
		return n, diskError("write", err)
	}
	return n, nil
}

// Done is how many bytes were written.
func (in *Incoming) Done() int64 { return in.done }

// maxNumber is how many names are tried where one is taken.
const maxNumber = 999

// Finish makes the file durable, holds what lies on the disk against what was
// promised, and only then lets it be seen, under its name or a numbered one.
func (in *Incoming) Finish() (name string, err error) {
	defer in.Drop()
	if in.file == nil || in.done != in.size {
		return "", &Error{Op: "finish", Kind: ErrChanged}
	}
	if err := mark(in.file); err != nil {
		return "", diskError("mark as from outside", err)
	}
	if err := in.file.Sync(); err != nil {
		return "", diskError("sync", err)
	}
	if err := in.verify(); err != nil {
		return "", err
	}
	if err := publishMode(in.file); err != nil {
		return "", diskError("give others the right to read", err)
	}
	name = in.name
	for n := 2; ; n++ {
		err = reveal(in.root, in.dir, in.file, in.part, name)
		if !errors.Is(err, fs.ErrExist) || n > maxNumber {
			break
		}
		name = safename.Numbered(in.name, strconv.Itoa(n))
	}
	if err != nil {
		return "", diskError("give the file its name", err)
	}
	if err := syncDir(in.dir); err != nil {
		return "", diskError("sync the folder", err)
	}
	return name, nil
}

func (in *Incoming) verify() error {
	i, err := in.file.Stat()
	if err != nil {
		return diskError("look at the file", err)
	}
	if i.Size() != in.size {
		return &Error{Op: "verify", Kind: ErrChanged}
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(in.file, 0, in.size)); err != nil {
		return diskError("read back", err)
	}
	if hex.EncodeToString(h.Sum(nil)) != in.sha {
		return &Error{Op: "verify", Kind: ErrChanged}
	}
	return nil
}

// Drop forgets the file and what was written of it. After Finish it only
// closes what is open.
func (in *Incoming) Drop() {
	if in.file != nil {
		discardHidden(in.root, in.file, in.part)
		in.file = nil
	}
	if in.dir != nil {
		_ = in.dir.Close()
		in.dir = nil
	}
	if in.root != nil {
		_ = in.root.Close()
		in.root = nil
	}
}

// createNamed makes a hidden file that has a name, where a system or a file
// system knows none without.
func createNamed(root *os.Root, dir *os.File, random func() string) (*os.File, string, error) {
	part := ".beckmanconnect-" + random() + ".part"
	f, err := root.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	return f, part, err
}
