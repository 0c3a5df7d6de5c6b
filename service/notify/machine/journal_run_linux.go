package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"beckmanconnect/internal/redact"
)

// run starts the reader and gives each line to take, until take has enough.
// long counts lines that were too long to be given.
func (j journal) run(ctx context.Context, args []string, take func(line []byte) (more bool)) (long int, err error) {
	ctx, cancel := context.WithTimeout(ctx, j.wait)
	defer cancel()
	args = append([]string{"--output=json", "--output-fields=" + fields(), "--no-pager", "--quiet"}, args...)
	cmd := exec.CommandContext(ctx, j.program, append(j.options, args...)...)
	cmd.Env, cmd.Dir = []string{}, "/" // nil would be this service's environment
	cmd.WaitDelay = time.Second        // for whoever else holds its output
	out := &lines{left: j.most, take: func(line []byte) bool {
		more := take(line)
		if !more {
			cancel() // it may not notice for long that nobody reads on
		}
		return more
	}}
	complaint := &head{}
	cmd.Stdout, cmd.Stderr = out, complaint
	err = cmd.Run()
	switch {
	case out.done: // it was let go of in mid-sentence
		return out.long, nil
	case out.left <= 0:
		return out.long, errJournalMuch
	case err != nil && ctx.Err() != nil:
		return out.long, errSlow
	case err != nil:
		return out.long, fmt.Errorf("journalctl: %s", complaint.or(err))
	}
	return out.long, nil
}

var errEnough = errors.New("enough")

// lines makes lines of what is written to it, in memory of one line. After
// an error the writer stops, and whoever made the output finds nobody to read it.
type lines struct {
	take func([]byte) bool
	left int64 // bytes that may still come
	long int   // lines beyond longestEntry, which were passed over
	done bool  // take has enough

	line []byte
	skip bool // the line at hand is too long
}

// Write implements io.Writer. What is not ended by a line break is no line.
func (l *lines) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if l.done || l.left <= 0 {
			return 0, errEnough
		}
		part, rest, whole := bytes.Cut(p, []byte{'\n'})
		l.left -= int64(len(p) - len(rest))
		p = rest
		if l.skip = l.skip || len(l.line)+len(part) > longestEntry; !l.skip {
			l.line = append(l.line, part...)
		}
		if !whole {
			continue
		}
		if l.skip {
			l.long++
		} else {
			l.done = !l.take(l.line)
		}
		l.line, l.skip = l.line[:0], false
	}
	return n, nil
}

// head keeps the beginning of what is written to it.
type head struct{ text []byte }

const longestHead = 512

// Write implements io.Writer.
func (h *head) Write(p []byte) (int, error) {
	h.text = append(h.text, p[:min(len(p), longestHead-len(h.text))]...)
	return len(p), nil
}

// or is its first line, or that of err.
func (h *head) or(err error) string {
	first, _, _ := bytes.Cut(h.text, []byte{'\n'})
	if text := redact.Line(string(first), 120); text != "" {
		return text
	}
	return err.Error()
}
