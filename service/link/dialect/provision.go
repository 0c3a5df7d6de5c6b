package dialect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/hostconfig"
)

// Topics of Azure's Device Provisioning Service, and bounds of what it may
// take.
const (
	provisionVersion = "2019-03-31"
	topicAnswers     = "$dps/registrations/res/"
	topicRegister    = "$dps/registrations/PUT/iotdps-register/?$rid="
	topicStatus      = "$dps/registrations/GET/iotdps-get-operationstatus/?$rid="

	provisionWithin = 2 * time.Minute
	answerWithin    = 30 * time.Second
	shortestPoll    = time.Second
	longestPoll     = 30 * time.Second
	maxAnswer       = 16 << 10
)

// registration is the service's RegistrationOperationStatus.
type registration struct {
	OperationID string            `json:"operationId"`
	Status      string            `json:"status"` // "unassigned", "assigning", "assigned", "failed", "disabled"
	State       registrationState `json:"registrationState"`
	ErrorCode   int               `json:"errorCode"`
}

type registrationState struct {
	AssignedHub string `json:"assignedHub"`
	DeviceID    string `json:"deviceId"`
	ErrorCode   int    `json:"errorCode"`
}

// answered is one message on the answers' topic.
type answered struct {
	status int
	rid    string
	after  time.Duration
	body   registration
}

// provisioner is one connection to the provisioning service.
type provisioner struct {
	client  mqtt.Client
	answers chan answered
	gone    chan struct{}
	once    sync.Once
	rid     int

	mu  sync.Mutex
	why error
}

// provision registers the device and waits until a hub is assigned.
func (h *IoTHub) provision(ctx context.Context, device string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, provisionWithin)
	defer cancel()
	p := &provisioner{answers: make(chan answered, 4), gone: make(chan struct{})}
	options, err := h.provisionOptions(ctx, p, device)
	if err != nil {
		return "", err
	}
	p.client = mqtt.NewClient(options)
	defer p.client.Disconnect(100)
	if err := p.wait(ctx, p.client.Connect()); err != nil {
		return "", p.failed("connect", err)
	}
	token := p.client.Subscribe(topicAnswers+"#", 1, func(_ mqtt.Client, m mqtt.Message) { p.receive(m) })
	if err := p.wait(ctx, token); err != nil {
		return "", p.failed("subscribe", err)
	}
	if granted, ok := token.(*mqtt.SubscribeToken); !ok || granted.Result()[topicAnswers+"#"] > 1 {
		return "", &Error{CodeProvisionRefused, errors.New("it refused the subscription")}
	}
	state, err := p.register(ctx, device)
	if err != nil {
		return "", err
	}
	return checkAssigned(state, device)
}

func (h *IoTHub) provisionOptions(ctx context.Context, p *provisioner, device string) (*mqtt.ClientOptions, error) {
	resource := h.config.Settings.Scope + "/registrations/" + device
	o := mqtt.NewClientOptions().AddBroker("wss://" + h.provisioning()).SetClientID(device).SetProtocolVersion(4).
		SetUsername(resource + "/api-version=" + provisionVersion).
		SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).SetOrderMatters(true).
		SetConnectTimeout(answerWithin).SetWriteTimeout(answerWithin).SetKeepAlive(answerWithin)
	if h.config.Settings.Auth == hostconfig.AuthSAS {
		key, err := readKey(h.config.Settings.KeyFile)
		if err != nil {
			return nil, err
		}
		o.SetPassword(token(resource, key, h.config.Now().Add(tokenLife), "registration"))
	}
	o.SetDefaultPublishHandler(func(mqtt.Client, mqtt.Message) {})
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) { p.lose(err) })
	o.SetCustomOpenConnectionFn(func(*url.URL, mqtt.ClientOptions) (net.Conn, error) {
		conn, err := h.config.Open(ctx, h.provisioning(), cloudapi.PathMQTT)
		if err != nil {
			p.note(err)
		}
		return conn, err
	})
	return o, nil
}

func (p *provisioner) note(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.why = err
}

func (p *provisioner) lose(err error) {
	p.once.Do(func() {
		p.note(err)
		close(p.gone)
	})
}

// failed joins what paho hides. A CONNECT that was refused is the service's
// word about this device.
func (p *provisioner) failed(what string, err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if refused(err) {
		return &Error{CodeProvisionRefused, fmt.Errorf("%s: %w", what, err)}
	}
	return &Error{CodeProvisionFailed, fmt.Errorf("%s: %w", what, errors.Join(p.why, err))}
}

func (p *provisioner) wait(ctx context.Context, t mqtt.Token) error {
	select {
	case <-t.Done():
		return t.Error()
	case <-p.gone:
		return errors.New("it closed the connection")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// receive reads an answer; anything that is none is dropped.
func (p *provisioner) receive(m mqtt.Message) {
	a, ok := parseAnswer(m.Topic(), m.Payload())
	if !ok {
		return
	}
	select {
	case p.answers <- a:
	default: // more than was asked for
	}
}

// parseAnswer reads "$dps/registrations/res/202/?$rid=1&retry-after=3".
func parseAnswer(topic string, payload []byte) (a answered, ok bool) {
	rest, ok := strings.CutPrefix(topic, topicAnswers)
	if !ok || len(payload) > maxAnswer {
		return a, false
	}
	status, query, ok := strings.Cut(rest, "/?")
	if !ok {
		return a, false
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return a, false
	}
	if a.status, err = strconv.Atoi(status); err != nil {
		return a, false
	}
	a.rid = values.Get("$rid")
	a.after = shortestPoll * 2
	if seconds, err := strconv.Atoi(values.Get("retry-after")); err == nil {
		a.after = time.Duration(min(max(seconds, 0), 3600)) * time.Second
	}
	a.after = min(max(a.after, shortestPoll), longestPoll)
	if len(payload) > 0 && json.Unmarshal(payload, &a.body) != nil {
		return a, false
	}
	return a, true
}

// register asks until there is an answer that ends it.
func (p *provisioner) register(ctx context.Context, device string) (registrationState, error) {
	body, err := json.Marshal(map[string]string{"registrationId": device})
	if err != nil {
		return registrationState{}, err
	}
	topic, payload := topicRegister, body
	operation := ""
	for {
		a, err := p.ask(ctx, topic, operation, payload)
		if err != nil {
			return registrationState{}, &Error{CodeProvisionBusy, err}
		}
		state, done, err := a.verdict()
		if done || err != nil {
			return state, err
		}
		if a.body.OperationID != "" {
			topic, operation, payload = topicStatus, a.body.OperationID, nil
		}
		select {
		case <-ctx.Done():
			return registrationState{}, &Error{CodeProvisionBusy, ctx.Err()}
		case <-p.gone:
			return registrationState{}, &Error{CodeProvisionBusy, errors.New("it closed the connection")}
		case <-time.After(a.after):
		}
	}
}

// verdict says whether an answer ends the registration, and how.
func (a answered) verdict() (state registrationState, done bool, err error) {
	switch {
	case a.status == 401 || a.status == 403 || a.status == 404:
		return state, true, &Error{CodeProvisionRefused, fmt.Errorf("status %d, error %d", a.status, a.body.ErrorCode)}
	case a.status == 202 || a.status == 429 || a.status >= 500:
		return state, false, nil
	case a.status != 200:
		return state, true, &Error{CodeProvisionFailed, fmt.Errorf("status %d, error %d", a.status, a.body.ErrorCode)}
	}
	switch a.body.Status {
	case "assigned":
		return a.body.State, true, nil
	case "disabled":
		return state, true, &Error{CodeProvisionOff, nil}
	case "assigning", "unassigned":
		return state, false, nil
	}
	return state, true, &Error{CodeProvisionFailed, fmt.Errorf("%q, error %d", a.body.Status, a.body.State.ErrorCode)}
}

// ask publishes one request and waits for the answer with its number.
func (p *provisioner) ask(ctx context.Context, topic, operation string, payload []byte) (answered, error) {
	p.rid++
	rid := strconv.Itoa(p.rid)
	topic += rid
	if operation != "" {
		// A plus for a space would be a wildcard, which no topic may hold.
		topic += "&operationId=" + strings.ReplaceAll(url.QueryEscape(operation), "+", "%20")
	}
	if err := p.wait(ctx, p.client.Publish(topic, 1, false, payload)); err != nil {
		return answered{}, err
	}
	timeout := time.NewTimer(answerWithin)
	defer timeout.Stop()
	for {
		select {
		case a := <-p.answers:
			if a.rid == rid {
				return a, nil
			}
		case <-p.gone:
			return answered{}, errors.New("it closed the connection")
		case <-timeout.C:
			return answered{}, errors.New("it does not answer")
		case <-ctx.Done():
			return answered{}, ctx.Err()
		}
	}
}
