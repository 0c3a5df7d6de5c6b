package helplogs

import (
	"encoding/json"
	"errors"
	"io/fs"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/logtext"
	"beckmanconnect/service/profile"
)

const (
	before = 256 << 10 // bytes of the log that are looked at before the place
	after  = 64 << 10  // and behind it
	// afterShare is how much of the text may be of lines behind the place: what
	// led to an alarm tells more than what followed.
	afterShare = cloudapi.MaxHelpLogs / 4
	// behind is how late a line may be written after what it reports was seen.
	behind = 5 * time.Second
	// maxEncoded is what the text may be as JSON: with its envelope it stays
	// below the message service's limit, whatever it is made of.
	maxEncoded = 160 << 10
	probe      = 16 << 10 // a place is found to this many bytes
)

// read gives the lines around a time as text.
func (b *Book) read(p *profile.Profile, around time.Time) (Prepared, error) {
	f, err := b.config.Open(b.config.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return Prepared{}, nil
	}
	if err != nil {
		return Prepared{}, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return Prepared{}, err
	}
	r := reader{file: f, size: size, scrub: p.Scrub, now: b.config.Now()}
	if len(p.Logs) > 0 {
		r.log = p.Logs[0]
	}
	if !around.IsZero() {
		r.limit = around.Add(behind)
	}
	return r.read()
}

type reader struct {
	file  File
	size  int64
	log   profile.Log
	scrub *profile.Scrubber
	now   time.Time
	limit time.Time // lines behind it follow what is asked about; zero: none do
}

func (r *reader) read() (Prepared, error) {
	place := r.size
	if !r.limit.IsZero() {
		var err error
		if place, err = r.find(); err != nil {
			return Prepared{}, err
		}
	}
	lines, follow, err := r.lines(max(0, place-before), min(r.size, place+after))
	if err != nil {
		return Prepared{}, err
	}
	c := cutter{scrub: r.scrub}
	for _, line := range lines[follow:] {
		if !c.add(line, afterShare) {
			break
		}
	}
	later := c.take()
	for i := follow - 1; i >= 0; i-- {
		if !c.add(lines[i], cloudapi.MaxHelpLogs) {
			break
		}
	}
	return c.text(later), nil
}

// find gives the offset of the first line behind the limit, roughly; the end of
// the log where its times cannot be read.
func (r *reader) find() (int64, error) {
	low, high := int64(0), r.size
	for high-low > probe {
		middle := low + (high-low)/2
		at, ok, err := r.timeAt(middle)
		switch {
		case err != nil:
			return 0, err
		case !ok && low == 0 && high == r.size:
			return r.size, nil
		case ok && at.After(r.limit):
			high = middle
		default:
			low = middle
		}
	}
	return high, nil
}

// timeAt reads the first time behind an offset.
func (r *reader) timeAt(offset int64) (time.Time, bool, error) {
	s, err := logtext.From(r.file, offset, r.log.Encoding)
	if err != nil {
		return time.Time{}, false, err
	}
	for s.Scan() && s.Offset()-offset < after {
		if at, ok := r.log.TimeOf(s.Text(), r.now); ok {
			return at, true, nil
		}
	}
	return time.Time{}, false, s.Err()
}

// lines gives the whole lines between two offsets, and how many of them do not
// follow what is asked about.
func (r *reader) lines(from, to int64) (lines []string, follow int, err error) {
	s, err := logtext.From(r.file, from, r.log.Encoding)
	if err != nil {
		return nil, 0, err
	}
	follow = -1
	for s.Offset() < to && s.Scan() {
		line := s.Text()
		if !s.Whole() && len(lines) > 0 {
			break // it is still written: what is cut cannot be scrubbed well
		}
		if follow < 0 && !r.limit.IsZero() {
			if at, ok := r.log.TimeOf(line, r.now); ok && at.After(r.limit) {
				follow = len(lines)
			}
		}
		lines = append(lines, line)
	}
	if follow < 0 {
		follow = len(lines)
	}
	return lines, follow, s.Err()
}

// cutter scrubs lines and keeps as many as may be sent.
type cutter struct {
	scrub    *profile.Scrubber
	lines    []string
	bytes    int
	encoded  int
	places   int
	together int // lines in all
}

// add takes one more line, unless it does not fit.
func (c *cutter) add(line string, limit int) bool {
	clean, places := c.scrub.Line(line)
	encoded, err := json.Marshal(clean)
	if err != nil || c.bytes+len(clean)+1 > limit || c.encoded+len(encoded) > maxEncoded {
		return false
	}
	c.lines = append(c.lines, clean)
	c.bytes, c.encoded, c.places = c.bytes+len(clean)+1, c.encoded+len(encoded), c.places+places
	c.together++
	return true
}

func (c *cutter) take() []string {
	taken := c.lines
	c.lines = nil
	return taken
}

// text puts the lines, which were added newest first, in front of later ones.
func (c *cutter) text(later []string) Prepared {
	text := make([]byte, 0, c.bytes)
	for i := len(c.lines) - 1; i >= 0; i-- {
		text = append(append(text, c.lines[i]...), '\n')
	}
	for _, line := range later {
		text = append(append(text, line...), '\n')
	}
	return Prepared{Text: string(text), Lines: c.together, Scrubbed: c.places}
}
