package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/redact"
	"beckmanconnect/internal/vendormessage"
	"beckmanconnect/store"
)

// CodeMessage is the code of every message of the vendor's.
const CodeMessage = "vendor-message"

// settingMessages is what is remembered of messages that were taken.
const settingMessages = "notify.messages"

// maxTaken messages stand at a time, so that the memory has an end. Nothing is
// forgotten before it is over, and what is over is refused for that: nothing
// that was taken once is ever taken again.
const maxTaken = 64

// maxReasons of refusals are put into the log, each once: a broker can send
// for ever, and a log has to end somewhere (scenario 42).
const maxReasons = 16

// messagesEvery is how often it is looked at which messages are over.
const messagesEvery = time.Minute

// MessagesConfig is what Messages works with.
type MessagesConfig struct {
	Store  *store.Store
	Alarms *Alarms
	Vendor note.Verifiers
	// Me says who this PC is; before it is registered, nobody.
	Me func() vendormessage.Recipient
	// Allowed says whether messages may be shown here now, and why not.
	Allowed func() (ok bool, why string)
	// Trusted is the last time that the vendor signed. A local clock does not
	// count: one that is years off would hide what is valid.
	Trusted func(context.Context) (time.Time, error)
	Phone   string // the service number configured on this PC, may be empty
	Log     *slog.Logger
}

// Messages makes notifications of the vendor's messages. It believes nothing
// but the note: who brings it decides nothing.
type Messages struct {
	config MessagesConfig

	mu      sync.Mutex
	logged  map[string]bool
	pending []string // could not be kept; Run tries again
}

// NewMessages makes one.
func NewMessages(c MessagesConfig) *Messages {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Messages{config: c, logged: map[string]bool{}}
}

// MessageRefused says why a message has no effect here. Code is stable:
// "not-allowed", "unsigned", "not-understood", "not-for-this-device",
// "expired", "seen", "too-many".
type MessageRefused struct {
	Code string
	Err  error // nil: the code says it all
}

func (r *MessageRefused) Error() string {
	if r.Err == nil {
		return "notify: message refused: " + r.Code
	}
	return fmt.Sprintf("notify: message refused: %s: %v", r.Code, r.Err)
}

func (r *MessageRefused) Unwrap() error { return r.Err }

// taken is what is remembered of a message.
type taken struct {
	ID      string `json:"i"`
	Number  uint64 `json:"n"`
	Expires int64  `json:"e"` // Unix seconds
}

// memory is all that is remembered.
type memory []taken

// Receive takes one signed message from the cloud. It is remembered in the
// same transaction that raises its notification. What is refused is logged and
// has no effect; the error is then a *MessageRefused. Any other error means that
// the message could not be kept, as on a full disk: Run tries again, since the
// broker's connection has acknowledged it all the same.
func (m *Messages) Receive(ctx context.Context, signed string) error {
	err := m.take(ctx, signed)
	if err == nil || errors.As(err, new(*MessageRefused)) {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.pending) < maxTaken && len(signed) <= vendormessage.MaxSize {
		m.pending = append(m.pending, signed)
	}
	return err
}

func (m *Messages) take(ctx context.Context, signed string) error {
	message, err := m.open(ctx, signed)
	if err == nil {
		err = m.config.Alarms.Apply(ctx, []Observation{observation(message)}, func(tx *store.Tx) error {
			return remember(tx, message)
		})
	}
	var refused *MessageRefused
	if !errors.As(err, &refused) {
		return err
	}
	return m.refuse(ctx, refused)
}

func (m *Messages) open(ctx context.Context, signed string) (*vendormessage.Message, error) {
	if ok, why := m.config.Allowed(); !ok {
		return nil, &MessageRefused{Code: "not-allowed", Err: errors.New(why)}
	}
	message, err := vendormessage.Parse([]byte(signed), m.config.Vendor, m.config.Phone)
	switch {
	case errors.Is(err, vendormessage.ErrUnsigned):
		return nil, &MessageRefused{Code: "unsigned"}
	case err != nil:
		return nil, &MessageRefused{Code: "not-understood", Err: err}
	case !message.To.Addresses(m.config.Me()):
		return nil, &MessageRefused{Code: "not-for-this-device"}
	}
	trusted, err := m.config.Trusted(ctx)
	if err != nil {
		return nil, fmt.Errorf("notify: message: %w", err)
	}
	if !trusted.Before(message.Expires) {
		return nil, &MessageRefused{Code: "expired"}
	}
	// Looked at here too, so that a message that comes again and again costs no
	// transaction.
	known, err := m.known(ctx)
	if err != nil {
		return nil, err
	}
	return message, known.takes(message)
}

func (m *Messages) known(ctx context.Context) (memory, error) {
	text, _, err := m.config.Store.Setting(ctx, settingMessages)
	if err != nil {
		return nil, fmt.Errorf("notify: message: %w", err)
	}
	return recall(text)
}

func observation(message *vendormessage.Message) Observation {
	o := Observation{
		Code: CodeMessage, Severity: messageSeverity[message.Severity], Source: SourceCloud, Subject: message.ID,
		Condition: true, Ends: true, Verified: true, Ungrouped: true,
	}
	for language, text := range message.Texts {
		o.Texts = append(o.Texts, store.Text{Language: language, Title: text.Title, Advice: text.Text})
	}
	slices.SortFunc(o.Texts, func(a, b store.Text) int { return cmp.Compare(a.Language, b.Language) })
	return o
}

// messageSeverity holds no highest class: that is the instrument's own.
var messageSeverity = map[string]store.Severity{"info": store.Info, "low": store.Low, "medium": store.Medium}

func recall(text string) (memory, error) {
	var known memory
	if text == "" {
		return known, nil
	}
	if err := json.Unmarshal([]byte(text), &known); err != nil {
		return known, fmt.Errorf("notify: messages: what was remembered cannot be read: %w", err)
	}
	return known, nil
}

// takes tells whether a message is one that was not taken yet. Neither ID nor
// number comes twice.
func (k memory) takes(message *vendormessage.Message) error {
	switch {
	case slices.ContainsFunc(k, func(t taken) bool { return t.ID == message.ID || t.Number == message.Number }):
		return &MessageRefused{Code: "seen"}
	case len(k) >= maxTaken:
		return &MessageRefused{Code: "too-many"}
	}
	return nil
}

func (k memory) keep(tx *store.Tx) error {
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return tx.SetSetting(settingMessages, string(text))
}

func remember(tx *store.Tx, message *vendormessage.Message) error {
	text, _, err := tx.Setting(settingMessages)
	if err != nil {
		return err
	}
	known, err := recall(text)
	if err != nil {
		return err
	}
	if err := known.takes(message); err != nil {
		return err
	}
	return append(known, taken{ID: message.ID, Number: message.Number, Expires: message.Expires.Unix()}).keep(tx)
}

// refuse puts a reason into the log, once, and says what it was.
func (m *Messages) refuse(ctx context.Context, r *MessageRefused) error {
	if r.Code == "seen" {
		return r // a message may come twice (at least once, effect once)
	}
	why := r.Code
	if r.Err != nil {
		why += ": " + redact.Line(r.Err.Error(), 200)
	}
	m.mu.Lock()
	news := !m.logged[why] && len(m.logged) < maxReasons
	if news {
		m.logged[why] = true
	}
	m.mu.Unlock()
	if !news {
		return r
	}
	m.config.Log.Warn("a message from the cloud was refused", "reason", why)
	err := m.config.Store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(store.Entry{Kind: "message.refused", Actor: "system", Subject: CodeMessage, Fields: map[string]string{"why": why}})
		return err
	})
	return errors.Join(r, err)
}

// again takes what could not be kept before.
func (m *Messages) again(ctx context.Context) {
	m.mu.Lock()
	pending := m.pending
	m.pending = nil
	m.mu.Unlock()
	for _, signed := range pending {
		if err := m.Receive(ctx, signed); err != nil {
			m.config.Log.Warn("a message from the cloud was not taken", "error", err)
		}
	}
}

// Run ends messages that are over, and takes what could not be kept, until ctx
// ends.
func (m *Messages) Run(ctx context.Context) error {
	tick := time.NewTicker(messagesEvery)
	defer tick.Stop()
	for {
		m.again(ctx)
		if err := m.End(ctx); err != nil && ctx.Err() == nil {
			m.config.Log.Error("messages that are over stay open", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// End clears the messages that are over by the vendor's time. They are
// forgotten with it: a replay is over, too.
func (m *Messages) End(ctx context.Context) error {
	trusted, err := m.config.Trusted(ctx)
	if err != nil {
		return err
	}
	known, err := m.known(ctx)
	if err != nil {
		return err
	}
	var over []Observation
	gone := map[string]bool{}
	for _, t := range known {
		if !time.Unix(t.Expires, 0).After(trusted) {
			gone[t.ID] = true
			over = append(over, Observation{Code: CodeMessage, Subject: t.ID, Source: SourceCloud, Clear: true})
		}
	}
	if len(over) == 0 {
		return nil
	}
	return m.config.Alarms.Apply(ctx, over, func(tx *store.Tx) error {
		text, _, err := tx.Setting(settingMessages)
		if err != nil {
			return err
		}
		known, err := recall(text)
		if err != nil {
			return err
		}
		return slices.DeleteFunc(known, func(t taken) bool { return gone[t.ID] }).keep(tx)
	})
}
