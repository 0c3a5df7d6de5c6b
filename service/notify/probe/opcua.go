package probe

import (
	"context"
	"errors"
	"hash/maphash"
	"net"
	"time"

	"github.com/gopcua/opcua"
	"github.com/gopcua/opcua/ua"
	"github.com/gopcua/opcua/uacp"

	"beckmanconnect/service/notify/steady"
	"beckmanconnect/service/policy"
)

// opcuaLook reads nodes of an OPC UA server and sees whether they go on
// changing: a server may answer for weeks with what a dead device said last.
// Of a value only a hash with a key of this process is kept.
//
// It connects without a user and without encryption, and only reads; a server
// that allows neither cannot be watched.
type opcuaLook struct {
	probe policy.Probe
	seed  maphash.Seed
	nodes []*ua.NodeID
	last  []uint64
	since []time.Time // when it was last seen to change
	moved []bool      // it has been seen to change
	now   func() time.Time
}

// Limits of what a server may send.
const (
	opcuaMessage = 1 << 20
	opcuaChunks  = 16
	opcuaBuffer  = 64 << 10
	opcuaClose   = 2 * time.Second
)

func newOPCUALook(p policy.Probe) looker {
	o := &opcuaLook{probe: p, seed: maphash.MakeSeed(), now: time.Now}
	for _, text := range p.Nodes {
		id, err := ua.ParseNodeID(text)
		if err != nil {
			return failing{"the policy names a node that is none"}
		}
		o.nodes = append(o.nodes, id)
	}
	n := len(o.nodes)
	o.last, o.since, o.moved = make([]uint64, n), make([]time.Time, n), make([]bool, n)
	return o
}

var errNode = errors.New("it does not know a node, or does not let it be read")

func (o *opcuaLook) look(ctx context.Context) outcome {
	values, err := o.read(ctx)
	switch {
	case errors.Is(err, errNode):
		return outcome{why: errNode.Error()}
	case err != nil:
		return outcome{why: opcuaReason(err)}
	}
	return outcome{stale: o.watch(values)}
}

// watch is the watchdog. A value that cannot be had for now (its device is
// away) is one that does not change.
func (o *opcuaLook) watch(values []uint64) steady.Level {
	now, level := o.now(), steady.Good
	for i, v := range values {
		switch {
		case o.since[i].IsZero():
			o.last[i], o.since[i] = v, now
		case v != 0 && v != o.last[i]:
			o.moved[i] = o.moved[i] || o.last[i] != 0
			o.last[i], o.since[i] = v, now
		}
		switch {
		case now.Sub(o.since[i]) > o.probe.Stale:
			return steady.Bad
		case !o.moved[i]:
			level = steady.Unknown // not long enough to tell
		}
	}
	return level
}

// read gives a hash of each node's value; 0 for one without a value.
func (o *opcuaLook) read(ctx context.Context) (hashes []uint64, err error) {
	limits := &uacp.Acknowledge{
		ReceiveBufSize: opcuaBuffer, SendBufSize: opcuaBuffer, MaxChunkCount: opcuaChunks, MaxMessageSize: opcuaMessage,
	}
	client, err := opcua.NewClient("opc.tcp://"+address(o.probe),
		opcua.Dialer(&uacp.Dialer{Dialer: &net.Dialer{}, ClientACK: limits}),
		opcua.SecurityMode(ua.MessageSecurityModeNone), opcua.AuthAnonymous(), opcua.AutoReconnect(false),
		opcua.RequestTimeout(timeout), opcua.SessionTimeout(time.Minute), opcua.SessionName("health"), opcua.ApplicationName("health probe"))
	if err != nil {
		return nil, err
	}
	if err := client.Connect(ctx); err != nil {
		return nil, err
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), opcuaClose)
		defer cancel()
		_ = client.Close(ending) // the connection goes either way
	}()
	request := &ua.ReadRequest{TimestampsToReturn: ua.TimestampsToReturnNeither}
	for _, id := range o.nodes {
		request.NodesToRead = append(request.NodesToRead, &ua.ReadValueID{NodeID: id, AttributeID: ua.AttributeIDValue})
	}
	answer, err := client.Read(ctx, request)
	if err != nil {
		return nil, err
	}
	if len(answer.Results) != len(o.nodes) {
		return nil, errNode
	}
	for _, r := range answer.Results {
		switch r.Status {
		case ua.StatusOK:
		case ua.StatusBadNodeIDUnknown, ua.StatusBadNodeIDInvalid, ua.StatusBadNotReadable, ua.StatusBadUserAccessDenied, ua.StatusBadAttributeIDInvalid:
			return nil, errNode
		default:
			hashes = append(hashes, 0)
			continue
		}
		var encoded []byte
		if r.Value != nil {
			if encoded, err = r.Value.Encode(); err != nil {
				return nil, errNode
			}
		}
		hashes = append(hashes, max(1, maphash.Bytes(o.seed, encoded)))
	}
	return hashes, nil
}

// opcuaReason: what a server says of itself is not passed on.
func opcuaReason(err error) string {
	var status ua.StatusCode
	if errors.As(err, &status) {
		switch status {
		case ua.StatusBadIdentityTokenRejected, ua.StatusBadUserAccessDenied, ua.StatusBadIdentityTokenInvalid, ua.StatusBadSecurityModeRejected,
			ua.StatusBadSecurityPolicyRejected, ua.StatusBadSecurityChecksFailed:
			return "it lets nobody in without a user or encryption"
		case ua.StatusBadTimeout:
			return errNoAnswer.Error()
		}
	}
	return reason(err)
}
