package notify

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

const (
	readChunk = 256 << 10 // bytes read at a time
	maxLine   = 16 << 10  // longer lines are cut; they are no log lines
	// patience is how long a line may stand without its end before what there
	// is of it is taken: the last line of a program that writes line ends first
	// would else be told with the next.
	patience = 5 * time.Second
)

// Step is what one look at a log brought.
type Step struct {
	Lines []string
	// Early is the beginning of Lines[0] that was a line of an earlier step
	// already: what it says is not said twice. Empty: there was none.
	Early string
	// After is the place behind them. Taken once it is committed.
	After Position
	// Gap: the place read before is gone; lines may have been lost with it.
	Gap bool
	// More: there was more than fits into one step.
	More bool
}

// Tail reads a log that is written, rotated by renaming or by copying, cut,
// and deleted while it is read. It keeps no file open between looks: on
// Windows that would keep the instrument's software from rotating its log.
//
// Tail remembers nothing but the committed Position, so that a look after a
// failed commit, or after a restart, begins at the same byte.
//
// A line is taken when its end is there, or when something stands in the file
// after it was rotated. One that stands without its end, and unchanged, for
// five seconds is taken as far as it goes, and once more, as a whole, when the
// end comes; Step.Early says what of it is known. The first line of a file
// waits for its end.
type Tail struct {
	Path  string
	place Position
	begun bool
	quiet os.FileInfo // of the log at the last look, when it brought nothing
	last  os.FileInfo // of the file the last lines came from
	still os.FileInfo // of the log when its unfinished line was last seen to grow
	since time.Time   // and when that was
	now   func() time.Time
}

// NewTail goes on at a committed place; without one (nil) it begins at the end
// of what is there now: history is no news.
func NewTail(path string, place *Position) *Tail {
	t := &Tail{Path: path, now: time.Now}
	if place != nil {
		t.place, t.begun = *place, true
	}
	return t
}

// Commit says that everything up to after is dealt with.
func (t *Tail) Commit(after Position) { t.place, t.begun = after, true }

// Next looks once. A log that is not there is fs.ErrNotExist, and no failure:
// it may be between two files.
func (t *Tail) Next() (Step, error) {
	step, err := t.look()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Step{}, fmt.Errorf("notify: log %s: %w", t.Path, err)
	}
	return step, err
}

func (t *Tail) look() (Step, error) {
	if !t.begun {
		return t.begin()
	}
	f, info, err := openRegular(t.Path)
	if errors.Is(err, fs.ErrNotExist) {
		step, foundErr := t.search(false)
		if foundErr != nil || len(step.Lines) > 0 {
			return step, foundErr
		}
		return step, err
	}
	if err != nil {
		return Step{}, err
	}
	defer f.Close()
	if t.quiet != nil && os.SameFile(info, t.quiet) && info.Size() == t.quiet.Size() && info.ModTime().Equal(t.quiet.ModTime()) {
		return Step{After: t.place}, nil
	}
	t.quiet = nil
	return t.lookAt(f, info)
}

// lookAt looks at the log itself, which is open.
func (t *Tail) lookAt(f *os.File, info fs.FileInfo) (Step, error) {
	same, err := t.place.in(f, info)
	if err != nil {
		return Step{}, err
	}
	if same && t.place.Offset > 0 && (t.last == nil || os.SameFile(t.last, info)) {
		step, err := read(f, info, t.place, false)
		if err == nil && len(step.Lines) == 0 && !step.More {
			step, err = t.unfinished(f, info)
		}
		t.last = info
		return step, err
	}
	// Another file stands there, or nothing of this one was read yet and it
	// may not be the first since.
	return t.search(true)
}

// unfinished takes what there is of a line that has stood without its end for
// long.
func (t *Tail) unfinished(f *os.File, info fs.FileInfo) (Step, error) {
	none := Step{After: t.place}
	if info.Size() <= t.place.Offset+t.place.Early || t.place.Skipping {
		t.still, t.quiet = nil, info
		return none, nil
	}
	now := t.now()
	if t.still == nil || !os.SameFile(t.still, info) || t.still.Size() != info.Size() || !t.still.ModTime().Equal(info.ModTime()) {
		t.still, t.since = info, now
		return none, nil
	}
	if now.Sub(t.since) < patience {
		return none, nil
	}
	encoding, _, err := encodingOf(f)
	if err != nil {
		return Step{}, err
	}
	b := make([]byte, min(maxLine, info.Size()-t.place.Offset))
	n, err := f.ReadAt(b, t.place.Offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return Step{}, err
	}
	b = encoding.whole(b[:n])
	if int64(len(b)) <= t.place.Early {
		t.quiet = info // only part of a character is new
		return none, nil
	}
	t.still = nil
	step := Step{Lines: []string{encoding.text(b)}, Early: encoding.text(b[:t.place.Early]), After: t.place}
	step.After.Early = int64(len(b))
	return step, nil
}

// begin finds the end of the last whole line of what is there now.
func (t *Tail) begin() (Step, error) {
	f, info, err := openRegular(t.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return t.beginBeforeTheFirst()
	}
	if err != nil {
		return Step{}, err
	}
	defer f.Close()
	encoding, _, err := encodingOf(f)
	if err != nil {
		return Step{}, err
	}
	from := max(0, info.Size()-readChunk) &^ 1
	b := make([]byte, info.Size()-from)
	if n, err := f.ReadAt(b, from); err != nil && !errors.Is(err, io.EOF) {
		return Step{}, err
	} else {
		b = b[:n]
	}
	end := from
	for {
		_, whole, ok := encoding.newline(b)
		if !ok {
			break
		}
		end += int64(whole)
		b = b[whole:]
	}
	place, err := at(f, info, end)
	if end > 0 {
		place.Early = int64(len(encoding.whole(b))) // history, too, though its line goes on
	}
	return Step{After: place}, err
}

// beginBeforeTheFirst: the log is not there yet. Rotated files that are there
// already are history.
func (t *Tail) beginBeforeTheFirst() (Step, error) {
	all, err := generations(t.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return Step{}, nil // not even the folder
	}
	var place Position
	for _, g := range all {
		place.Modified = max(place.Modified, g.modified.UnixNano())
	}
	return Step{After: place}, err
}

// search goes through the log's generations from where the place is on. last
// says that the log itself is there.
func (t *Tail) search(last bool) (Step, error) {
	all, err := generations(t.Path)
	if err != nil {
		return Step{}, err
	}
	first, err := t.find(all)
	if err != nil {
		return Step{}, err
	}
	if first >= 0 {
		return t.follow(all[first:], t.place, last)
	}
	// The file is gone. What was written since it was read is read from the
	// beginning; at a place at the very beginning nothing was missed.
	var since []generation
	for i, g := range all {
		later := g.modified.UnixNano() > t.place.Modified || (t.place.Offset > 0 && g.modified.UnixNano() == t.place.Modified)
		if later || (last && i == len(all)-1) {
			since = append(since, g)
		}
	}
	step, err := t.follow(since, Position{Modified: t.place.Modified}, last)
	step.Gap = t.place.Offset > 0
	if len(step.Lines) == 0 && t.place.Offset > 0 && err == nil {
		// Nothing to go on with yet: the gap is told when there is.
		step.Gap = false
		step.After = t.place
	}
	return step, err
}

// find gives the generation the place is in; -1 when none does or the place is
// at the very beginning. The file that was read last comes first, then the
// newest with the same contents: logs may begin alike.
func (t *Tail) find(all []generation) (int, error) {
	if t.place.Offset == 0 {
		return -1, nil
	}
	found := -1
	for i := len(all) - 1; i >= 0; i-- {
		same, info, err := inFile(t.place, all[i].path)
		if err != nil {
			return -1, err
		}
		if same && t.last != nil && os.SameFile(info, t.last) {
			return i, nil
		}
		if same && found < 0 {
			found = i
		}
	}
	return found, nil
}

func inFile(p Position, path string) (bool, fs.FileInfo, error) {
	f, info, err := openRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil, nil
	}
	if err != nil {
		return false, nil, err
	}
	defer f.Close()
	same, err := p.in(f, info)
	return same, info, err
}

// follow reads on at place in the first of files and goes over to the next
// only when that has something: until then the writer may still be busy in the
// older one. What an older one ends with is a line even without a line end.
func (t *Tail) follow(files []generation, place Position, last bool) (Step, error) {
	rest := Step{After: place} // an unfinished line at the end of the file before
	for i, g := range files {
		f, info, err := openRegular(g.path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return Step{}, err
		}
		from := place
		if i > 0 {
			from = Position{}
		}
		whole, err := read(f, info, from, false)
		var partial Step
		if err == nil && len(whole.Lines) == 0 && !whole.More && !(last && i == len(files)-1) {
			partial, err = read(f, info, from, true)
		}
		f.Close()
		if err != nil {
			return Step{}, err
		}
		if len(whole.Lines) > 0 || whole.More {
			if len(rest.Lines) > 0 {
				rest.More = true
				return rest, nil
			}
			t.last = info
			if i < len(files)-1 {
				whole.More = true
			}
			return whole, nil
		}
		if len(rest.Lines) == 0 && len(partial.Lines) > 0 {
			rest = partial
		}
	}
	rest.Lines, rest.After = nil, place
	return rest, nil
}

// read takes whole lines of f from a place on; with final also what stands
// behind the last line end.
func read(f *os.File, info fs.FileInfo, place Position, final bool) (Step, error) {
	encoding, mark, err := encodingOf(f)
	if err != nil {
		return Step{}, err
	}
	offset, skipping := max(place.Offset, int64(mark)), place.Skipping
	b := make([]byte, min(readChunk, max(0, info.Size()-offset)))
	n, err := f.ReadAt(b, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return Step{}, err
	}
	b = b[:n]
	full := n == readChunk
	var step Step
	early := min(place.Early, int64(n))
	take := func(line []byte) {
		if early > 0 {
			step.Early = encoding.text(line[:min(int64(len(line)), early, maxLine)])
			early = 0
		}
		if !skipping {
			step.Lines = append(step.Lines, encoding.text(line[:min(len(line), maxLine)]))
		}
		skipping = false
	}
	taken := 0
	for {
		line, whole, ok := encoding.newline(b[taken:])
		if !ok {
			break
		}
		take(b[taken : taken+line])
		taken += whole
	}
	switch {
	case taken == 0 && full:
		// No line end in all of it: its beginning is the line.
		take(b)
		taken, skipping = n&^1, true
	case final && taken < n:
		take(b[taken:])
		taken = n
	}
	if taken == 0 {
		return Step{After: place}, nil
	}
	step.More = full
	if step.After, err = at(f, info, offset+int64(taken)); err != nil {
		return Step{}, shortIsGone(err)
	}
	step.After.Skipping = skipping
	return step, nil
}

// shortIsGone: a file that was cut while it was read is looked at again.
func shortIsGone(err error) error {
	if errors.Is(err, io.EOF) {
		return fs.ErrNotExist
	}
	return err
}

func encodingOf(f io.ReaderAt) (encoding, int, error) {
	head := make([]byte, detectBytes)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, 0, err
	}
	e, mark := detect(head[:n])
	return e, mark, nil
}

func openRegular(path string) (*os.File, fs.FileInfo, error) {
	f, err := openShared(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("this is not a file")
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}
