package probe

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"time"
	"unicode/utf8"

	"github.com/gosnmp/gosnmp"

	"beckmanconnect/service/notify/steady"
	"beckmanconnect/service/policy"
	"beckmanconnect/service/policy/condition"
)

// snmpLook asks an SNMP agent for one value. gosnmp packs and unpacks the
// messages; they travel over a connection of our own, since its own way to
// connect can also listen, which nothing in this product does.
type snmpLook struct {
	probe     policy.Probe
	passwords string
	condition *condition.Condition // nil: that it answers is all
}

const (
	snmpTries = 3
	snmpWait  = 3 * time.Second // for an answer, then it is asked once more
	maxReply  = 16 << 10
	maxText   = 256 // of a value that is a text
	notInTime = ".1.3.6.1.6.3.15.1.1.2.0"
)

var (
	errNoValue  = errors.New("it does not know what it is asked for")
	errNoAnswer = errors.New("no answer in time")
	errNoEngine = errors.New("it does not speak SNMP 3")
	errUser     = errors.New("no valid answer; check user and passwords")
)

func newSNMPLook(p policy.Probe, passwords string) looker {
	s := &snmpLook{probe: p, passwords: passwords}
	if p.Snmp.Condition != "" {
		c, err := condition.Compile(p.Snmp.Condition)
		if err != nil { // the policy was checked: this cannot be, and is told if it is
			return failing{err.Error()}
		}
		s.condition = c
	}
	return s
}

// failing is a probe that cannot be looked at.
type failing struct{ why string }

func (f failing) look(context.Context) outcome { return outcome{why: f.why} }

func (s *snmpLook) look(ctx context.Context) outcome {
	conn, err := dial(ctx, "udp", s.probe)
	if err != nil {
		return outcome{why: reason(err)}
	}
	defer conn.Close()
	var value any
	if s.probe.Snmp.Version == "3" {
		value, err = s.get3(ctx, conn)
	} else {
		value, err = s.get2(ctx, conn)
	}
	if err != nil {
		return outcome{why: why(err)}
	}
	if s.condition == nil {
		return outcome{}
	}
	holds, err := s.condition.Holds(value)
	switch {
	case err != nil:
		return outcome{why: "what it gives cannot be held to the condition"}
	case holds:
		return outcome{condition: steady.Good}
	}
	return outcome{condition: steady.Bad}
}

// why tells our own errors as they are, and the network's in plain words.
func why(err error) string {
	for _, own := range []error{errNoValue, errNoAnswer, errNoEngine, errUser} {
		if errors.Is(err, own) {
			return own.Error()
		}
	}
	var p passwordError
	if errors.As(err, &p) {
		return p.Error()
	}
	return reason(err)
}

type passwordError struct{ error }

func (s *snmpLook) get2(ctx context.Context, conn net.Conn) (any, error) {
	client := &gosnmp.GoSNMP{Version: gosnmp.Version2c, Community: s.probe.Snmp.Community}
	packet := client.MkSnmpPacket(gosnmp.GetRequest, s.asked(), 0, 0)
	packet.RequestID = number()
	answer, err := exchange(ctx, conn, packet, client.SnmpDecodePacket, func(a *gosnmp.SnmpPacket) bool {
		return a.Version == packet.Version && a.PDUType == gosnmp.GetResponse && a.RequestID == packet.RequestID && a.Community == packet.Community
	})
	if err != nil {
		return nil, err
	}
	return valueOf(answer)
}

// get3 asks authenticated and encrypted (RFC 3414): first for the engine's name
// and clock, which nobody signs, then for the value.
func (s *snmpLook) get3(ctx context.Context, conn net.Conn) (any, error) {
	user, err := loginOf(s.passwords, s.probe.Snmp.User)
	if err != nil {
		return nil, passwordError{err}
	}
	engine, err := discover(ctx, conn)
	if err != nil {
		return nil, err
	}
	user.AuthoritativeEngineID = engine.AuthoritativeEngineID
	user.AuthoritativeEngineBoots, user.AuthoritativeEngineTime = engine.AuthoritativeEngineBoots, engine.AuthoritativeEngineTime
	if err := user.InitSecurityKeys(); err != nil {
		return nil, passwordError{errors.New("its passwords cannot be used")}
	}
	for range 2 {
		client := &gosnmp.GoSNMP{
			Version: gosnmp.Version3, SecurityModel: gosnmp.UserSecurityModel, MsgFlags: gosnmp.AuthPriv | gosnmp.Reportable,
			SecurityParameters: user, ContextEngineID: user.AuthoritativeEngineID,
		}
		packet := client.MkSnmpPacket(gosnmp.GetRequest, s.asked(), 0, 0)
		packet.RequestID, packet.MsgID = number(), number()
		if err := packet.SecurityParameters.InitPacket(packet); err != nil { // the salt
			return nil, errUser
		}
		decode := func(b []byte) (*gosnmp.SnmpPacket, error) { return client.UnmarshalTrap(b, false) } // authentic, or an error
		answer, err := exchange(ctx, conn, packet, decode, func(a *gosnmp.SnmpPacket) bool {
			return a.Version == gosnmp.Version3 && a.MsgID == packet.MsgID &&
				(a.PDUType == gosnmp.GetResponse && a.RequestID == packet.RequestID || a.PDUType == gosnmp.Report)
		})
		if err != nil {
			return nil, errUser // it answered before: what it says now is not authentic, or it has been silent
		}
		if answer.PDUType == gosnmp.GetResponse {
			return valueOf(answer)
		}
		now, ok := answer.SecurityParameters.(*gosnmp.UsmSecurityParameters)
		if !ok || len(answer.Variables) != 1 || answer.Variables[0].Name != notInTime {
			return nil, errUser
		}
		user.AuthoritativeEngineBoots, user.AuthoritativeEngineTime = now.AuthoritativeEngineBoots, now.AuthoritativeEngineTime
	}
	return nil, errUser
}

// discover learns the engine's name and clock (RFC 3414, 4).
func discover(ctx context.Context, conn net.Conn) (*gosnmp.UsmSecurityParameters, error) {
	blank := &gosnmp.SnmpPacket{
		Version: gosnmp.Version3, MsgFlags: gosnmp.Reportable | gosnmp.NoAuthNoPriv, SecurityModel: gosnmp.UserSecurityModel,
		SecurityParameters: &gosnmp.UsmSecurityParameters{}, PDUType: gosnmp.GetRequest, RequestID: number(), MsgID: number(),
	}
	// The name is not used: what comes in fills the parameters.
	client := &gosnmp.GoSNMP{
		Version: gosnmp.Version3, SecurityModel: gosnmp.UserSecurityModel, MsgFlags: gosnmp.NoAuthNoPriv,
		SecurityParameters: &gosnmp.UsmSecurityParameters{UserName: "-"},
	}
	answer, err := exchange(ctx, conn, blank, client.SnmpDecodePacket, func(a *gosnmp.SnmpPacket) bool {
		return a.Version == gosnmp.Version3 && a.MsgID == blank.MsgID && a.PDUType == gosnmp.Report
	})
	if err != nil {
		return nil, err
	}
	engine, ok := answer.SecurityParameters.(*gosnmp.UsmSecurityParameters)
	if !ok || len(engine.AuthoritativeEngineID) < 5 || len(engine.AuthoritativeEngineID) > 32 {
		return nil, errNoEngine
	}
	return engine, nil
}

func (s *snmpLook) asked() []gosnmp.SnmpPDU {
	return []gosnmp.SnmpPDU{{Name: s.probe.Snmp.OID, Type: gosnmp.Null}}
}

func number() uint32 { return rand.Uint32() & 0x7FFFFFFF }

// exchange sends a message until an answer comes that fits. What does not fit
// may be somebody else's and is passed over.
func exchange(ctx context.Context, conn net.Conn, out *gosnmp.SnmpPacket,
	decode func([]byte) (*gosnmp.SnmpPacket, error), fits func(*gosnmp.SnmpPacket) bool) (*gosnmp.SnmpPacket, error) {
	message, err := out.MarshalMsg()
	if err != nil {
		return nil, errUser
	}
	buffer := make([]byte, maxReply)
	for range snmpTries {
		if _, err := conn.Write(message); err != nil {
			return nil, err
		}
		until := time.Now().Add(snmpWait)
		if d, ok := ctx.Deadline(); ok && d.Before(until) {
			until = d
		}
		if err := conn.SetReadDeadline(until); err != nil {
			return nil, err
		}
		for {
			n, err := conn.Read(buffer)
			if err != nil {
				if r := reason(err); r != errNoAnswer.Error() {
					return nil, err // nobody listens there
				}
				break
			}
			answer, err := decode(append([]byte(nil), buffer[:n]...)) // unpacking writes into it
			if err == nil && fits(answer) {
				return answer, nil
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errNoAnswer
}

// valueOf gives a number as float64 and a text as string.
func valueOf(answer *gosnmp.SnmpPacket) (any, error) {
	if answer.Error != gosnmp.NoError || len(answer.Variables) != 1 {
		return nil, errNoValue
	}
	v := answer.Variables[0]
	switch v.Type {
	case gosnmp.Integer, gosnmp.Counter32, gosnmp.Gauge32, gosnmp.TimeTicks, gosnmp.Counter64, gosnmp.Uinteger32:
		f, _ := gosnmp.ToBigInt(v.Value).Float64()
		return f, nil
	case gosnmp.OpaqueFloat:
		if f, ok := v.Value.(float32); ok {
			return float64(f), nil
		}
	case gosnmp.OpaqueDouble:
		if f, ok := v.Value.(float64); ok {
			return f, nil
		}
	case gosnmp.OctetString:
		if b, ok := v.Value.([]byte); ok && len(b) <= maxText && utf8.Valid(b) {
			return string(b), nil
		}
	case gosnmp.ObjectIdentifier, gosnmp.IPAddress:
		if s, ok := v.Value.(string); ok {
			return s, nil
		}
	}
	return nil, errNoValue
}
