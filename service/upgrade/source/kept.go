package source

import (
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"beckmanconnect/service/upgrade/versions"
)

// keptSession is the file that a TLS session is kept in. Whoever reads it could
// stand in for the server towards this PC for as long as the server takes the
// ticket, a week at most, and would win nothing by it: what is fetched is
// public, and trusted by the vendor's signatures alone. What was sent before
// stays secret, for TLS 1.3 agrees on new keys whenever it resumes; a session
// of TLS 1.2, whose keys would open what resumed it, is not kept.
type keptSession string

// sessionFile of a source.
func (s *Source) sessionFile() string { return filepath.Join(s.config.Dir, "session.json") }

// maxSession bounds the file: a ticket and a chain of certificates.
const maxSession = 64 << 10

// kept is what stands in the file.
type kept struct {
	Format int    `json:"format"` // keptFormat
	Server string `json:"server"` // the cache's name for it
	Ticket []byte `json:"ticket"`
	State  []byte `json:"state"` // as crypto/tls writes it
}

const keptFormat = 1

// keep replaces what is kept; nil, and what cannot be kept, leaves nothing.
func (f keptSession) keep(name string, session *tls.ClientSessionState) error {
	ticket, state, err := parts(session)
	if err != nil || state == nil {
		return errors.Join(err, f.forget())
	}
	text, err := json.Marshal(kept{Format: keptFormat, Server: name, Ticket: ticket, State: state})
	if err == nil {
		err = versions.WriteFile(string(f), text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep a TLS session: %w", err)
	}
	return nil
}

// parts takes a session apart; state is nil when it is not to be kept.
func parts(session *tls.ClientSessionState) (ticket, state []byte, err error) {
	if session == nil {
		return nil, nil, nil
	}
	ticket, s, err := session.ResumptionState()
	if err != nil || s == nil {
		return nil, nil, err
	}
	if state, err = s.Bytes(); err != nil {
		return nil, nil, err
	}
	// crypto/tls begins a state with the version of TLS.
	if len(state) < 2 || binary.BigEndian.Uint16(state) < tls.VersionTLS13 {
		return nil, nil, nil
	}
	return ticket, state, nil
}

// load gives what is kept, a nil session for nothing. What cannot be read is
// forgotten: the next handshake is a whole one.
func (f keptSession) load() (name string, session *tls.ClientSessionState, err error) {
	file, err := os.Open(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, fmt.Errorf("a TLS session that was kept: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxSession+1))
	file.Close()
	if err == nil {
		name, session, err = parse(text)
	}
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("a TLS session that was kept: %w", err), f.forget())
	}
	return name, session, nil
}

func parse(text []byte) (string, *tls.ClientSessionState, error) {
	if len(text) > maxSession {
		return "", nil, fmt.Errorf("it is larger than %d bytes", maxSession)
	}
	var k kept
	if err := json.Unmarshal(text, &k); err != nil {
		return "", nil, err
	}
	if k.Format != keptFormat {
		return "", nil, fmt.Errorf("format %d is not known", k.Format)
	}
	state, err := tls.ParseSessionState(k.State)
	if err != nil {
		return "", nil, err
	}
	session, err := tls.NewResumptionState(k.Ticket, state)
	return k.Server, session, err
}

func (f keptSession) forget() error {
	if err := os.Remove(string(f)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget a TLS session: %w", err)
	}
	return nil
}
