package netdial

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/crypto/md4" //lint:ignore SA1019 NTLM is built on it

	"beckmanconnect/internal/hostconfig"
)

func utf16le(s string) (b []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func mac(key []byte, parts ...[]byte) []byte {
	m := hmac.New(md5.New, key)
	m.Write(bytes.Join(parts, nil))
	return m.Sum(nil)
}

var nonce = []byte{1, 2, 3, 4, 5, 6, 7, 8}

// ntlmChallenge is a CHALLENGE message by MS-NLMP 2.2.1.2: target HOSPITAL, and
// target information that ends at once.
func ntlmChallenge() []byte {
	target, info := utf16le("HOSPITAL"), []byte{0, 0, 0, 0}
	const header = 48
	b := append([]byte("NTLMSSP\x00"), 2, 0, 0, 0)
	field := func(n, offset int) {
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		b = binary.LittleEndian.AppendUint32(b, uint32(offset))
	}
	field(len(target), header)
	b = binary.LittleEndian.AppendUint32(b, 0x00810205) // Unicode, request target, NTLM, target type domain, target information
	b = append(append(b, nonce...), make([]byte, 8)...)
	field(len(info), header+len(target))
	return append(append(b, target...), info...)
}

// ntlmHolds verifies an AUTHENTICATE message by MS-NLMP 3.3.2 (NTLMv2).
func ntlmHolds(message []byte, user, domain, password string) bool {
	field := func(at int) []byte {
		if len(message) < at+8 {
			return nil
		}
		n, offset := int(binary.LittleEndian.Uint16(message[at:])), int(binary.LittleEndian.Uint32(message[at+4:]))
		if offset+n > len(message) {
			return nil
		}
		return message[offset : offset+n]
	}
	response := field(20)
	if !bytes.HasPrefix(message, []byte("NTLMSSP\x00\x03")) || len(response) < 16 {
		return false
	}
	hash := md4.New()
	hash.Write(utf16le(password))
	key := mac(hash.Sum(nil), utf16le(strings.ToUpper(user)+domain))
	return bytes.Equal(field(28), utf16le(domain)) && bytes.Equal(field(36), utf16le(user)) &&
		hmac.Equal(response[:16], mac(key, nonce, response[16:]))
}

// NTLMv2 with the configured user, on one TCP connection, before Basic, which
// would show the password.
func TestNTLM(t *testing.T) { // scenario 54
	withoutEnvironment(t)
	s, table := cloud(t)
	for password_, code := range map[string]string{"s\u00e9cret": "", "wrong": CodeProxyDenied} {
		p := newProxy(t, func(w io.Writer, r *http.Request, nth int) (bool, bool) {
			text, _ := strings.CutPrefix(r.Header.Get("Proxy-Authorization"), "NTLM ")
			message, err := base64.StdEncoding.DecodeString(text)
			switch {
			case err == nil && nth == 1 && bytes.HasPrefix(message, []byte("NTLMSSP\x00\x01")):
				return wants(w, true, token("NTLM", ntlmChallenge()))
			case err == nil && nth == 2 && ntlmHolds(message, "lab", "HOSPITAL", "s\u00e9cret"):
				return ok(w)
			}
			return wants(w, true, "Basic realm=x", "NTLM")
		})
		d := New(Config{Table: table, Development: true, Proxy: hostconfig.Proxy{
			URL: "http://" + p.Addr().String(), User: `HOSPITAL\lab`, PasswordFile: password(t, password_),
		}})
		if err := hello(t, d, s); codeFor(err) != code || err != nil && code == "" {
			t.Errorf("%s: %v", password_, err)
		}
		p.mu.Lock()
		if p.lines != 1 || len(p.asked) != 3 || strings.Contains(strings.Join(p.asked, " "), "Basic") {
			t.Errorf("%d connections, %q", p.lines, p.asked)
		}
		p.mu.Unlock()
	}
}
