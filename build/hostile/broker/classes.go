package broker

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/vendormessage"
	"beckmanconnect/internal/vendorpolicy"
)

var classes = []class{
	{"forged signed time", 12, (*walk).forgedTime},
	{"replayed signed time", 8, (*walk).replayedTime},
	{"forged vendor policy", 12, (*walk).forgedPolicy},
	{"older, looser or the same vendor policy", 8, (*walk).olderPolicy},
	{"messages that pretend to decide", 12, (*walk).pretends},
	{"forged messages to technicians", 6, (*walk).forgedMessage},
	{"envelopes that are none", 12, (*walk).envelopes},
	{"topics of others", 8, (*walk).topics},
	{"duplicates, retained, other QoS", 8, (*walk).flags},
	{"giant messages", 3, (*walk).giants},
	{"packets that are none", 5, (*walk).packets},
	{"ten thousand at once", 1, (*walk).burst},
	{"refused or wild subscriptions", 2, (*walk).subscriptions},
	{"connections that end at once", 3, (*walk).storm},
}

func pick[T any](w *walk, from []T) T { return from[w.r.IntN(len(from))] }

// publish sends a message to the device's own topic and waits until it was
// taken in.
func (w *walk) publish(payload []byte) error {
	return w.publishTo(cloudapi.DeviceBoundTopic(w.device), payload, 1, false, false)
}

func (w *walk) publishTo(topic string, payload []byte, qos byte, retain, dup bool) error {
	if err := w.online(); err != nil {
		return err
	}
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName, p.Payload, p.Qos, p.Retain, p.Dup = topic, payload, qos, retain, dup
	if w.ids++; w.ids == 0 {
		w.ids = 1
	}
	p.MessageID = w.ids
	if err := w.link.packet(p); err != nil {
		w.link.cut()
		return fmt.Errorf("%w: %w", errGone, err)
	}
	if qos == 0 {
		return nil
	}
	return w.link.delivered(w.ids)
}

func (w *walk) envelope(kind string, body any) []byte {
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err) // all of them are ours
	}
	e, err := json.Marshal(cloudapi.Envelope{V: cloudapi.Version, Kind: kind, Time: time.Now().UnixMilli(), Body: raw})
	if err != nil {
		panic(err)
	}
	return e
}

func (w *walk) sendTime(signed string) error {
	return w.publish(w.envelope(cloudapi.KindTime, cloudapi.SignedTime{Note: signed}))
}

func (w *walk) sendPolicy(signed []byte) error {
	return w.publish(w.envelope(cloudapi.KindPolicy, cloudapi.VendorPolicy{Note: string(signed)}))
}

func (w *walk) sign(by note.Signer, text string) string {
	signed, err := note.Sign(&note.Note{Text: text}, by)
	if err != nil {
		return text // what cannot be signed is sent bare
	}
	return string(signed)
}

// forgedTime: another key of the same name, IT's key, none, or a changed text.
func (w *walk) forgedTime() error {
	ahead := fmt.Sprintf("beckmanconnect time\n%d\n", time.Now().Add(time.Duration(1+w.r.IntN(100_000))*time.Hour).Unix())
	good, err := w.good()
	if err != nil {
		return err
	}
	return w.sendTime(pick(w, []string{
		w.sign(w.other, ahead), w.sign(w.policy, ahead), ahead, ahead + "\n— " + w.vendor.Name() + " AAAA\n",
		strings.Replace(good, "\n1", "\n2", 1), strings.Replace(good, "beckmanconnect time", "beckmanconnect time ", 1),
		ahead + good, good + good, strings.TrimSpace(good), good + "\x00", strings.ReplaceAll(good, "\n", "\r\n"),
		w.sign(w.vendor, "beckmanconnect time\n-5\n"), w.sign(w.vendor, "beckmanconnect time\n99999999999999999999\n"),
		w.sign(w.vendor, "beckmanconnect time\n4102444800\nmore\n"), w.sign(w.vendor, "another time\n4102444800\n"), w.sign(w.vendor, "beckmanconnect time\n0x7fffffff\n"),
		w.swappedSignature(good, ahead), "", string(make([]byte, 1000)),
	}))
}

// swappedSignature puts a good signature under another text.
func (w *walk) swappedSignature(good, text string) string {
	at := strings.LastIndex(good, "\n\n")
	return text + good[at+1:]
}

// good is the newest genuine time; one is sent first where there is none.
func (w *walk) good() (string, error) {
	if len(w.told) == 0 || w.r.IntN(20) == 0 {
		signed, err := w.time()
		if err != nil {
			return "", err
		}
		// A link that was cut just now must not cost the only genuine one.
		for try := 0; ; try++ {
			err = w.sendTime(signed)
			if err == nil || !errors.Is(err, errGone) || try == 3 {
				return signed, err
			}
		}
	}
	return w.told[len(w.told)-1], nil
}

func (w *walk) replayedTime() error {
	if _, err := w.good(); err != nil {
		return err
	}
	if len(w.told) == 1 {
		if signed, err := w.time(); err != nil || w.sendTime(signed) != nil {
			return err
		}
	}
	return w.sendTime(pick(w, w.told))
}

const header = vendorpolicy.Header

func (w *walk) forgedPolicy() error {
	number := len(w.policies) + 1 + w.r.IntN(1_000_000)
	head := fmt.Sprintf("%s\nnumber = %d\nissued = 2026-11-25T10:00:00Z\n", header, number)
	good := ""
	if len(w.policies) > 0 {
		good = string(w.policies[len(w.policies)-1])
	}
	newest, err := w.good()
	if err != nil {
		return err
	}
	err = w.sendPolicy([]byte(pick(w, []string{
		w.sign(w.other, head), w.sign(w.policy, head), head, head + "\n— " + w.vendor.Name() + " AAAA\n",
		strings.Replace(good, "number = ", "number = 9", 1), good + good, strings.ReplaceAll(good, "\n", "\r\n"),
		newest, // a signed time is no policy
		w.sign(w.vendor, head+"[capabilities]\nclipboard = \"ask\"\n"), w.sign(w.vendor, head+"authorise = [\"recording\"]\n"),
		w.sign(w.vendor, head+"staff_any = true\n"), w.sign(w.vendor, fmt.Sprintf("number = %d\nstaff_any = true\ninstrument_class = \"general\"\n", number)),
		w.sign(w.policy, fmt.Sprintf("number = %d\nstaff_any = true\ninstrument_class = \"general\"\n", number)),
		w.sign(w.vendor, strings.Replace(head, "v1", "v2", 1)), w.sign(w.other, head+"[capabilities]\nview = \"off\"\ncontrol = \"off\"\n"),
		"", strings.Repeat("x", 40<<10), w.sign(w.vendor, header+"\nnumber = 0\n"), w.sign(w.vendor, header+"\nnumber = 18446744073709551616\n"),
	})))
	return errors.Join(err, w.unchanged())
}

// olderPolicy has a newer genuine one kept now and then, and plays older ones
// again.
func (w *walk) olderPolicy() error {
	if len(w.policies) < 2 || w.r.IntN(20) == 0 {
		signed, err := w.vendorPolicy()
		if err != nil {
			return err
		}
		if err := w.sendPolicy(signed); err != nil {
			return err
		}
		return w.unchanged()
	}
	err := w.sendPolicy(w.policies[w.r.IntN(len(w.policies))])
	if err == nil {
		same, e := vendorpolicy.Sign("", uint64(len(w.policies)), time.Now(), w.other)
		if e != nil {
			return e
		}
		err = w.sendPolicy(same)
	}
	return errors.Join(err, w.unchanged())
}

// forgedMessage: a message to the technicians under another key, changed, for
// another device, over, of the highest class, or with something in it that
// leads away. None may ever be shown: the tray would hear of it.
func (w *walk) forgedMessage() error {
	now := time.Now().UTC().Truncate(time.Second)
	text := func(to, severity, expires, words string) string {
		return fmt.Sprintf("%s\nid = \"m-%016x\"\nnumber = %d\nissued = %s\nexpires = %s\nseverity = %q\n\n[to]\n%s\n\n[texts]\n[texts.en]\ntitle = \"Read this\"\ntext = \"%s\"\n",
			vendormessage.Header, w.r.Uint64(), 1+w.r.Uint64N(1<<40), now.Add(-time.Minute).Format(time.RFC3339), expires, severity, to, words)
	}
	mine, later := fmt.Sprintf("device = %q", w.device), now.Add(time.Hour).Format(time.RFC3339)
	plain := text(mine, "low", later, "Please restart.")
	signed := w.sign(w.vendor, plain)
	return w.publish(w.envelope(cloudapi.KindMessage, cloudapi.VendorMessage{Note: pick(w, []string{
		plain, w.sign(w.other, plain), w.sign(w.policy, plain), strings.Replace(signed, "restart", "call me", 1), plain + "\n— " + w.vendor.Name() + " AAAA\n", signed + signed,
		strings.ReplaceAll(signed, "\n", "\r\n"), w.sign(w.vendor, text(`device = "bc-0000000000000000"`, "low", later, "Please restart.")),
		w.sign(w.vendor, text(`regions = ["nowhere"]`, "low", later, "Please restart.")), w.sign(w.vendor, text(`regions = ["eu", "us"]`, "low", later, "Please restart.")),
		w.sign(w.vendor, text("", "low", later, "Please restart.")), w.sign(w.vendor, text(mine, "high", later, "Please restart.")),
		w.sign(w.vendor, text(mine, "low", now.Add(-2*time.Minute).Format(time.RFC3339), "Please restart.")), w.sign(w.vendor, text(mine, "low", "2099-01-01T00:00:00Z", "Please restart.")),
		w.sign(w.vendor, text(mine, "low", later, "See https://evil.example.")), w.sign(w.vendor, text(mine, "low", later, "Call +1 900 555 0100.")),
		w.sign(w.vendor, text(mine, "low", later, "ｗｗｗ．ｅｖｉｌ．ｃｏｍ")), w.sign(w.vendor, text(mine, "low", later, `\u202eetirw`)), w.sign(w.vendor, text(mine, "low", later, `a\nb`)),
		w.sign(w.vendor, text(mine, "low", later, strings.Repeat("x", 601))), w.sign(w.vendor, strings.Replace(plain, "number", "allow = \"control\"\nnumber", 1)),
		w.sign(w.vendor, strings.Replace(plain, vendormessage.Header, header, 1)), "", strings.Repeat("m", 50<<10),
	})}))
}

// pretends: messages of kinds that would decide something, if there were such
// kinds.
func (w *walk) pretends() error {
	kind := pick(w, []string{
		"approve", "approval", "answer", "grant", "granted", "lease", "session", "session-event", "request", "authenticated", "help", "code", "reset", "reset-tries",
		"terms", "terms.accepted", "register", "registration", "upgrade", "install", "offer", "command", "exec", "shell", "config", "end", "message", "notification",
		"status", "checkpoint", "policy.accepted", "site-policy", "TIME", "Time", "time ", "policy\x00", "pоlicy", "", "*", "show", "desktop", "input", "file", "pin", "revoke",
	})
	return w.publish(w.envelope(kind, pick(w, []any{
		map[string]any{"allow": true, "capability": "control", "promptId": "x", "nonce": "AAAA", "duration": "session"},
		map[string]any{"request": w.requestID(), "engineer": "mallory@vendor.example", "state": "connected", "session": "s"},
		map[string]any{"version": "9", "accepted": true, "itRequirementsRead": true},
		map[string]any{"digest": strings.Repeat("ab", 32), "version": "9.9.9", "url": "http://127.0.0.1:1/x", "state": "offered"},
		map[string]any{"title": "Call this number now", "text": "+1 900 555", "severity": "high", "code": "disk-nearly-full"},
		map[string]any{"path": "/etc/passwd", "data": "AAAA", "name": "..\\..\\x.exe"},
		map[string]any{"note": w.sign(w.other, "approve\n")}, []int{1, 2, 3}, "now", nil, true,
	})))
}

func (w *walk) requestID() string { return w.status.Support.GetRequestId() }

// envelopes are JSON, UTF-8 and versions that are wrong.
func (w *walk) envelopes() error {
	good, err := w.good()
	if err != nil {
		return err
	}
	n, err := json.Marshal(w.sign(w.other, "beckmanconnect time\n4102444800\n"))
	if err != nil {
		return err
	}
	g, err := json.Marshal(good)
	if err != nil {
		return err
	}
	return w.publish([]byte(pick(w, []string{
		"", "{", "null", "[]", "0", `""`, "\xff\xfe\x00", "\ufeff{}", strings.Repeat("[", 60_000), strings.Repeat(`{"a":`, 10_000),
		fmt.Sprintf(`{"v":2,"kind":"time","body":{"note":%s}}`, g), fmt.Sprintf(`{"v":"1","kind":"time","body":{"note":%s}}`, g),
		fmt.Sprintf(`{"v":1,"kind":["time"],"body":{"note":%s}}`, g), fmt.Sprintf(`{"v":1,"kind":"time","body":[{"note":%s}]}`, g),
		fmt.Sprintf(`{"v":1,"kind":"time","body":{"note":{"x":%s}}}`, n), fmt.Sprintf(`{"v":1,"kind":"time","kind":"policy","body":{"note":%s}}`, n),
		fmt.Sprintf(`{"v":1,"kind":"policy","body":{"note":%s}}`, g), fmt.Sprintf(`{"v":1,"kind":"time","body":{"note":%s,"note":%s}}`, g, n),
		fmt.Sprintf(`{"v":1,"kind":"time","body":{"note":%s}}{"v":1}`, n), fmt.Sprintf(`{"v":1e0,"kind":"time","seq":-1,"time":1e400,"body":{"note":%s}}`, n),
		`{"v":1,"kind":"time","body":"` + base64.StdEncoding.EncodeToString([]byte(good)) + `"}`, `{"v":1,"kind":"time"}`, `{"v":1,"kind":"policy"}`, `{"v":1,"kind":"policy","body":null}`,
		`{"v":1,"kind":"` + strings.Repeat("k", 60_000) + `"}`,
	})))
}

// topics are those of others, of the device's own events, and such that no
// publication may have. Genuine contents on a foreign topic count for nothing
// either, so that only forged ones are sent there.
func (w *walk) topics() error {
	topic := pick(w, []string{
		cloudapi.DeviceBoundTopic("bc-0000000000000000"), cloudapi.EventsTopic(w.device), cloudapi.DeviceBoundTopic(w.device) + "approve",
		cloudapi.DeviceBoundTopic(w.device) + strings.Repeat("x/", 1000), "$SYS/broker", "devices/+/messages/devicebound/", "devices/#", "#", "/", "a\x00b", "\xff\xfe",
		"devices/" + w.device + "/messages/devicebound", "$iothub/methods/POST/approve/?$rid=1", "$iothub/twin/PATCH/properties/desired/", "",
	})
	return w.publishTo(topic, w.envelope(cloudapi.KindTime, cloudapi.SignedTime{Note: w.sign(w.other, "beckmanconnect time\n4102444800\n")}), byte(w.r.IntN(2)), false, false)
}

// flags: the same thing twice, marked as again, kept, at every quality of
// service, in another order.
func (w *walk) flags() error {
	if _, err := w.good(); err != nil {
		return err
	}
	all := [][]byte{
		w.envelope(cloudapi.KindTime, cloudapi.SignedTime{Note: w.told[0]}), w.envelope("approve", nil),
		w.envelope(cloudapi.KindTime, cloudapi.SignedTime{Note: w.sign(w.other, "beckmanconnect time\n4102444800\n")}),
	}
	if len(w.policies) > 1 {
		all = append(all, w.envelope(cloudapi.KindPolicy, cloudapi.VendorPolicy{Note: string(w.policies[0])}))
	}
	for range 1 + w.r.IntN(5) {
		payload := pick(w, all)
		qos, retain, dup := byte(w.r.IntN(3)), w.r.IntN(2) == 0, w.r.IntN(2) == 0
		for range 1 + w.r.IntN(3) {
			if err := w.publishTo(cloudapi.DeviceBoundTopic(w.device), payload, qos, retain, dup); err != nil {
				return err
			}
			if w.r.IntN(2) == 0 {
				w.ids-- // the same number again
			}
		}
	}
	return nil
}

// giants are too large for an envelope, or for a packet.
func (w *walk) giants() error {
	switch w.r.IntN(3) {
	case 0:
		return w.publish(bytes.Repeat([]byte("A"), 65<<10+w.r.IntN(150<<10)))
	case 1:
		return w.publish(w.envelope(cloudapi.KindTime, cloudapi.SignedTime{Note: strings.Repeat("x", 63<<10)}))
	}
	if err := w.online(); err != nil {
		return err
	}
	// A packet that announces up to 256 MB, with little or nothing behind it.
	err := w.link.raw(append([]byte{0x30, 0xff, 0xff, 0xff, 0x7f}, make([]byte, w.r.IntN(1000))...))
	if err == nil {
		err = w.until(w.link)
	}
	return err
}

// until waits until the device has ended a connection.
func (w *walk) until(l *link) error {
	select {
	case <-l.gone:
	case <-time.After(5 * time.Second):
		l.cut()
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
	return nil
}

// packets are of the wrong kind or shape for a client.
func (w *walk) packets() error {
	if err := w.online(); err != nil {
		return err
	}
	junk := make([]byte, 1+w.r.IntN(100))
	for i := range junk {
		junk[i] = byte(w.r.Uint32())
	}
	harmless := [][]byte{
		{0x40, 2, 0xff, 0xfe}, {0x40, 2, 0, 0}, // acknowledgements of nothing
		{0x90, 3, 0xff, 0xfe, 1}, {0xb0, 2, 0xff, 0xfe}, {0x50, 2, 0xff, 0xfe}, {0x70, 2, 0xff, 0xfe}, {0x62, 2, 0xff, 0xfe}, {0xd0, 0},
	}
	if w.r.IntN(8) > 0 {
		if err := w.link.raw(pick(w, harmless)); err != nil {
			return fmt.Errorf("%w: %w", errGone, err)
		}
		return w.publish(w.envelope("approve", nil)) // it still takes messages in, or has left
	}
	err := w.link.raw(pick(w, [][]byte{junk, {0x20, 2, 0, 0}, {0x10, 0}, {0x82, 5, 0, 1, 0, 0, 1}, {0xe0, 0}, {0xf0, 0}, {0x00, 0}, {0x30, 3, 0, 200, 'a'}, {0x32, 1, 0}, {0x40, 1, 0}}))
	w.link.cut()
	return err
}

// burst sends ten thousand messages without waiting for any.
func (w *walk) burst() error {
	if err := w.online(); err != nil {
		return err
	}
	forged := w.sign(w.other, "beckmanconnect time\n4102444800\n")
	var one bytes.Buffer
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName = cloudapi.DeviceBoundTopic(w.device)
	for _, payload := range [][]byte{w.envelope(cloudapi.KindTime, cloudapi.SignedTime{Note: forged}), w.envelope("approve", nil), []byte("{")} {
		p.Payload = payload
		if err := p.Write(&one); err != nil {
			return err
		}
	}
	many := bytes.Repeat(one.Bytes(), 100)
	for range 34 {
		if err := w.link.raw(many); err != nil {
			w.link.cut()
			return fmt.Errorf("%w: %w", errGone, err)
		}
	}
	w.b.Live("bursts of 10,200 messages")
	return w.publish(w.envelope("approve", nil)) // all were read
}

// subscriptions are refused, granted more than was asked, or answered for
// another topic.
func (w *walk) subscriptions() error {
	if err := w.online(); err != nil {
		return err
	}
	code, more := pick(w, []byte{0x80, 2, 0xff, 0}), w.r.IntN(3) == 0
	err := w.spoilt(1, func(l *link) {
		if l.packet(packets.NewControlPacket(packets.Connack)) != nil {
			return
		}
		p, err := packets.ReadPacket(l.conn)
		if err != nil {
			return
		}
		s, ok := p.(*packets.SubscribePacket)
		if !ok {
			return
		}
		ack := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
		ack.MessageID, ack.ReturnCodes = s.MessageID, []byte{code}
		if more {
			ack.ReturnCodes = append(ack.ReturnCodes, 0, 0)
		}
		_ = l.packet(ack) // it may have left
		_ = l.raw(w.publication("approve"))
		_, _ = packets.ReadPacket(l.conn)
	})
	return err
}

func (w *walk) publication(kind string) []byte {
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName, p.Payload = cloudapi.DeviceBoundTopic(w.device), w.envelope(kind, map[string]any{"allow": true})
	var b bytes.Buffer
	_ = p.Write(&b) // into memory
	return b.Bytes()
}

// storm ends connections before, in and right after their beginning.
func (w *walk) storm() error {
	if err := w.online(); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(w.r.Uint64(), 1)) // the walk goes on meanwhile
	return w.spoilt(1+w.r.IntN(2), func(l *link) {
		ack := packets.NewControlPacket(packets.Connack).(*packets.ConnackPacket)
		switch r.IntN(6) {
		case 0: // nothing at all
		case 1:
			ack.ReturnCode = byte(r.IntN(256))
			_ = l.packet(ack)
		case 2:
			_ = l.raw([]byte{0x20, 2})
		case 3:
			_ = l.packet(ack)
		case 4:
			_ = l.raw(append([]byte{0x20, 2, 1, 0}, w.publication("approve")...)) // a session nobody has, and a message before any subscription
		case 5:
			_ = l.raw(w.publication("grant"))
		}
	})
}

// spoilt has connections spoilt while a person has the service hurry.
func (w *walk) spoilt(n int, f func(*link)) error {
	err := w.hurrying(func() error { return w.cloud.spoil(w.ctx, n, f) })
	w.link = nil
	if err != nil {
		return err
	}
	return w.online()
}
