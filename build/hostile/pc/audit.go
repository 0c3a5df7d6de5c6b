package pc

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/store"
)

// narrows are entries of the log that give nobody anything.
var narrows = map[string]bool{
	"log.started": true, "help.ended": true, "code.tried": true, "code.wrong": true, "engineer.joined": true,
	"engineer.refused": true, "channel.refused": true, "session.asked": true, "session.refused": true, "session.throttled": true,
	"prompt.shown": true, "prompt.answered": true, "prompt.answer-void": true, "session.lease-ended": true, "session.ended": true,
	"session.link-lost": true, "session.resume-refused": true, "session.revoked": true, "file.failed": true, "file.scanned": true, "file.infected": true, "file.paused": true,
	"desktop.refused": true, "desktop.missing": true, "session.summary": true, "pin.wrong": true, "mask.in-force": true,
}

// aliveWithin is how long an answer of the service may take.
const aliveWithin = 10 * time.Second

// Check looks at everything the attack could have reached: the service, the
// log's new entries, the folder for received files. An error is the rig's.
func (p *PC) Check(ctx context.Context) error {
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		p.Driver.State()
	}()
	select {
	case <-answered:
	case <-time.After(aliveWithin):
		p.w.Act("dead", "the service did not answer within %s", aliveWithin)
		return fmt.Errorf("the service does not answer")
	}
	if err := p.readLog(ctx); err != nil {
		return err
	}
	return p.lookAtFolder()
}

// NoResumes: what came back so far is in the log, and from here on nobody
// comes back by themselves.
func (p *PC) NoResumes(ctx context.Context) error {
	if err := p.readLog(ctx); err != nil {
		return err
	}
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	clear(p.ledger.resumes)
	return nil
}

// readLog judges the entries that were added since the last time.
func (p *PC) readLog(ctx context.Context) error {
	var fresh []store.Record
	for before := int64(0); ; {
		list, more, err := p.store.Entries(ctx, before, 200)
		if err != nil {
			return err
		}
		for _, e := range list {
			if e.Index < p.read {
				more = false
				break
			}
			fresh, before = append(fresh, e), e.Index
		}
		if !more || len(list) == 0 {
			break
		}
	}
	if len(fresh) > 0 {
		p.read = fresh[0].Index + 1
	}
	for _, e := range fresh {
		p.ledger.entry(e)
	}
	return nil
}

func (l *Ledger) entry(e store.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	took := func(left *int, what string) {
		if *left--; *left < 0 {
			l.w.Act("log", "%s (%s) came from outside: %v", e.Kind, what, e.Fields)
		}
	}
	switch e.Kind {
	case "help.requested":
		took(&l.asked, "the technician did not ask")
	case "code.tries-reset":
		took(&l.resets, "IT did not reset")
	case "desktop.attached":
		took(&l.tokens, "no helper was started")
	case "pin.set", "pin.removed":
		took(&l.pins, "nobody set one")
	case "session.resumed":
		left := l.resumes[e.Personal["engineer"]]
		took(&left, "nobody came back with a proof")
		l.resumes[e.Personal["engineer"]] = max(left, 0)
		l.w.Live("resumed")
	case "session.authenticated":
		if !l.holders[e.Fields["request"]][e.Personal["engineer"]] {
			l.w.Act("log", "session %s of %q without the code", e.Subject, e.Personal["engineer"])
		}
	case "session.granted":
		l.granted(e)
	case "file.accepted", "file.received":
		if !l.gaveFile(e.Fields["sha256"], e.Fields["size"]) {
			l.w.Act("log", "%s that nobody allowed: %v", e.Kind, e.Fields)
		}
	case "chat.line", "clipboard.to-pc", "clipboard.to-engineer", "monitor.chosen":
		l.shared(e)
	default:
		if !narrows[e.Kind] {
			l.w.Act("log", "%s is not known to the observer: %v", e.Kind, e.Fields)
		}
	}
}

var durationNames = map[hostpb.Duration_]string{
	hostpb.Duration__DURATION_ONCE: "once", hostpb.Duration__DURATION_15_MIN: "15min", hostpb.Duration__DURATION_SESSION: "session",
}

var capabilityNames = map[hostpb.Capability]string{
	hostpb.Capability_CAPABILITY_VIEW: "view", hostpb.Capability_CAPABILITY_CONTROL: "control", hostpb.Capability_CAPABILITY_FILES: "files",
	chat: "chat", marker: "pointer", toPC: "clipboard-to-pc", toFar: "clipboard-to-engineer",
}

// granted: each grant in the log is one yes of the technician, and no more
// than that.
func (l *Ledger) granted(e store.Record) {
	for _, g := range l.grants {
		if g.prompt.Id != e.Fields["prompt"] {
			continue
		}
		switch {
		case g.recorded:
			l.w.Act("log", "one yes was granted twice: %v", e.Fields)
		case capabilityNames[g.prompt.Capability] != e.Fields["capability"], durationNames[g.duration] != e.Fields["duration"], g.prompt.SessionId != e.Subject:
			l.w.Act("log", "granted %v for a yes to %v, %v", e.Fields, g.prompt.Capability, g.duration)
		}
		g.recorded = true
		l.w.Live("grants")
		return
	}
	l.w.Act("log", "granted without a yes: %v", e.Fields)
}

func (l *Ledger) gaveFile(sha, size string) bool {
	for _, g := range l.grants {
		if g.prompt.Capability == hostpb.Capability_CAPABILITY_FILES && g.prompt.FileSha256 == sha && fmt.Sprint(g.prompt.FileSize) == size {
			return true
		}
	}
	return false
}

// spool is the private folder for files on their way; only the service reads it.
const spool = "spool"

// lookAtFolder: every file that can be seen is one that was allowed, whole and
// under the name the technician read; nothing lies anywhere else.
func (p *PC) lookAtFolder() error {
	return filepath.WalkDir(p.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if os.IsNotExist(err) {
				return nil // removed meanwhile
			}
			return err
		}
		rel, err := filepath.Rel(p.dir, path)
		if err != nil {
			return err
		}
		top, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
		switch {
		case d.IsDir() && (rel == "." || rel == "data" || rel == "received"):
			return nil
		case top == "data" || (top != "received" && strings.HasPrefix(top, "tries")) || strings.HasPrefix(top, ".tries-"):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case rel == spool:
			if i, err := d.Info(); err == nil && i.Mode().Perm() != 0o700 {
				p.w.Act("file", "the folder for files on their way is open: %v", i.Mode())
			}
			return fs.SkipDir
		case top == "received" && d.Type().IsRegular():
			return p.ledger.file(path, d.Name())
		}
		p.w.Act("file", "%s appeared", rel)
		return nil
	})
}

func (l *Ledger) file(path, name string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.received[name] {
		return nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(raw)
	sha := hex.EncodeToString(sum[:])
	l.received[name] = true
	l.w.Live("files")
	for _, g := range l.grants {
		f := g.prompt
		if f.Capability == hostpb.Capability_CAPABILITY_FILES && f.FileSha256 == sha && f.FileSize == uint64(len(raw)) && sameName(f.FileName, name) {
			return nil
		}
	}
	l.w.Act("file", "%q of %d bytes can be seen, which nobody allowed", name, len(raw))
	return nil
}

// sameName: the name that was read, or that with a number where it was taken.
func sameName(read, name string) bool {
	if read == name {
		return true
	}
	ext := filepath.Ext(read)
	rest, ok := strings.CutPrefix(name, strings.TrimSuffix(read, ext)+" (")
	if !ok {
		return false
	}
	number, ok := strings.CutSuffix(rest, ")"+ext)
	return ok && number != "" && strings.Trim(number, "0123456789") == ""
}
