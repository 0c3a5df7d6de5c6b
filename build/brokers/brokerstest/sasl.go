package brokerstest

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Of AMQP 1.0, part 5.3: the header of the SASL layer, and its frames.
const (
	saslHeader     = "AMQP\x03\x01\x00\x00"
	saslMechanisms = 0x40
	saslInit       = 0x41
	saslOutcome    = 0x44
)

// sasl speaks the server's side: PLAIN and ANONYMOUS are offered.
func sasl(w io.Writer, r *bufio.Reader, may func(mechanism, response string) bool) error {
	header := make([]byte, 8)
	if _, err := io.ReadFull(r, header); err != nil || string(header) != saslHeader {
		return fmt.Errorf("it begins with %q: %w", header, err)
	}
	// An array of two symbols.
	mechanisms := []byte("\xe0\x12\x02\xa3\x05PLAIN\x09ANONYMOUS")
	if _, err := w.Write(append([]byte(saslHeader), saslFrame(saslMechanisms, mechanisms)...)); err != nil {
		return err
	}
	mechanism, response, err := readInit(r)
	if err != nil {
		return err
	}
	code := byte(1)
	if may(mechanism, response) {
		code = 0
	}
	if _, err := w.Write(saslFrame(saslOutcome, []byte{0x50, code})); err != nil {
		return err
	}
	if code != 0 {
		return errors.New("turned away")
	}
	return nil
}

func saslFrame(kind byte, field []byte) []byte {
	body := append([]byte{0x00, 0x53, kind, 0xc0, byte(len(field) + 1), 1}, field...)
	return append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), append([]byte{2, 1, 0, 0}, body...)...)
}

func readInit(r *bufio.Reader) (mechanism, response string, err error) {
	head := make([]byte, 8)
	if _, err := io.ReadFull(r, head); err != nil {
		return "", "", err
	}
	n := binary.BigEndian.Uint32(head)
	if n < 16 || n > 1<<16 || head[5] != 1 {
		return "", "", fmt.Errorf("frame %x", head)
	}
	body := make([]byte, n-8)
	if _, err := io.ReadFull(r, body); err != nil {
		return "", "", err
	}
	if body[1] != 0x53 || body[2] != saslInit {
		return "", "", fmt.Errorf("frame %x", body[:3])
	}
	switch body = body[3:]; body[0] {
	case 0xc0:
		body = body[3:]
	case 0xd0:
		body = body[9:]
	}
	if body[0] != 0xa3 {
		return "", "", errors.New("no mechanism")
	}
	mechanism, body = string(body[2:2+body[1]]), body[2+body[1]:]
	switch {
	case len(body) > 2 && body[0] == 0xa0:
		response = string(body[2 : 2+int(body[1])])
	case len(body) > 5 && body[0] == 0xb0:
		response = string(body[5 : 5+binary.BigEndian.Uint32(body[1:])])
	}
	return mechanism, response, nil
}

// checkToken holds a shared access signature against Azure's documentation.
func checkToken(token, resource, policy, key string) error {
	text, ok := strings.CutPrefix(token, "SharedAccessSignature ")
	if !ok {
		return fmt.Errorf("%.40q is none", token)
	}
	raw := map[string]string{}
	for part := range strings.SplitSeq(text, "&") {
		name, value, _ := strings.Cut(part, "=")
		raw[name] = value
	}
	secret, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(raw["sr"] + "\n" + raw["se"]))
	until, err := strconv.ParseInt(raw["se"], 10, 64)
	switch {
	case err != nil || time.Now().Unix() >= until:
		return fmt.Errorf("it ended at %q", raw["se"])
	case raw["sr"] != url.QueryEscape(resource):
		return fmt.Errorf("it is for %q", raw["sr"])
	case raw["skn"] != policy:
		return fmt.Errorf("it is of policy %q", raw["skn"])
	case raw["sig"] != url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil))):
		return errors.New("another key signed it")
	}
	return nil
}
