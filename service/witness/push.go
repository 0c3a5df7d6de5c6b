package witness

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/cosign"
	proofs "beckmanconnect/internal/witness"
	"beckmanconnect/service/policy"
	"beckmanconnect/store"
)

const (
	answerWithin = 20 * time.Second
	maxAnswer    = 8 << 10
)

// pusher shows the log to one witness over HTTPS (c2sp.org/tlog-witness).
type pusher struct {
	store    *store.Store
	name     string
	url      string
	verifier note.Verifier
	log      note.Verifier
	client   *http.Client
}

func newPusher(o *Own, w policy.Witness) (*pusher, error) {
	verifier, err := cosign.NewVerifier(w.Verifier)
	if err != nil {
		return nil, err
	}
	log, err := o.config.Store.LogVerifier()
	if err != nil {
		return nil, err
	}
	return &pusher{
		store: o.config.Store, name: w.Name, url: strings.TrimRight(w.URL, "/") + proofs.PathAdd, verifier: verifier, log: log,
		client: o.config.Client(&tls.Config{RootCAs: w.CA, MinVersion: tls.VersionTLS12}),
	}, nil
}

// errRefused: the witness answered, and does not cosign.
var errRefused = errors.New("it does not cosign this log")

// show shows the log as it is, unless the witness has cosigned all of it. It
// asks twice at most: the first answer may name the size to start from.
func (p *pusher) show(ctx context.Context) (state string, err error) {
	old := p.store.WitnessedBy(p.name).Size
	if old > 0 && old == p.store.LogState().Entries {
		return p.standing(), nil
	}
	named, state, err := p.ask(ctx, old)
	if err != nil || named < 0 {
		return state, err
	}
	again, state, err := p.ask(ctx, named)
	if err == nil && again >= 0 {
		return Refused, fmt.Errorf("%w: it starts from %d, then from %d", errRefused, named, again)
	}
	return state, err
}

// standing: what was found stays.
func (p *pusher) standing() string {
	if t := p.store.WitnessTrouble(); t.Code != "" && t.Witness == p.name {
		return t.Code
	}
	return OK
}

// ask is one request. named is the size that the witness wants a proof from,
// below 0 when that is not what it says.
func (p *pusher) ask(ctx context.Context, old int64) (named int64, state string, err error) {
	msg, size, proof, err := p.store.ProveGrowth(ctx, old)
	if errors.Is(err, store.ErrLonger) {
		msg, size, proof, err = p.store.ProveGrowth(ctx, 0)
	}
	if err != nil {
		return -1, Waiting, err
	}
	status, body, err := p.post(ctx, proofs.Request{Old: old, Proof: proof, Note: msg}.Body())
	if err != nil {
		return -1, Unreachable, err
	}
	switch status {
	case http.StatusOK:
		return p.cosigned(ctx, msg, body)
	case http.StatusConflict:
		n, err := strconv.ParseInt(strings.TrimSuffix(string(body), "\n"), 10, 64)
		if err != nil || n < 0 {
			return -1, Unreachable, errors.New("the answer is no size")
		}
		switch {
		case n > size:
			return p.contradicted(ctx, store.TroubleShrunk, n)
		case n == old && n == size:
			return p.contradicted(ctx, store.TroubleForked, n)
		case n == old:
			return -1, Refused, errRefused
		}
		return n, Waiting, nil
	case http.StatusUnprocessableEntity:
		return p.contradicted(ctx, store.TroubleForked, old)
	case http.StatusForbidden, http.StatusNotFound:
		return -1, Refused, fmt.Errorf("%w (status %d)", errRefused, status)
	}
	return -1, Unreachable, fmt.Errorf("status %d", status)
}

func (p *pusher) cosigned(ctx context.Context, msg, lines []byte) (int64, string, error) {
	joined, err := proofs.Join(msg, lines, p.log, p.verifier)
	if err != nil {
		return -1, Refused, err
	}
	trouble, err := p.store.Learn(ctx, p.name, joined, p.verifier)
	if err != nil {
		return -1, Waiting, err
	}
	if trouble.Code != "" {
		return -1, trouble.Code, nil
	}
	return -1, p.standing(), nil
}

// contradicted takes the word of a witness that the signed policy names.
func (p *pusher) contradicted(ctx context.Context, code string, size int64) (int64, string, error) {
	_, err := p.store.Contradicted(ctx, p.name, code, size)
	return -1, code, err
}

func (p *pusher) post(ctx context.Context, body []byte) (status int, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	reply, err := p.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer reply.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(reply.Body, maxAnswer))
	return reply.StatusCode, answer, err
}
