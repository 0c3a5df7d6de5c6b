package iothub

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// tokenLife is what a token is good for. Its connection is over with it, and a
// new one takes over before.
const tokenLife = time.Hour

const maxKeyFile = 4096

// readKey reads the policy's key. It is read for every token, so that a key
// that was rolled counts at once.
func readKey(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxKeyFile) {
		err = errors.New("this is no file with a key")
	}
	if err != nil {
		return nil, fmt.Errorf("\"key_file\": %w", err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("\"key_file\": %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) < 16 {
		return nil, fmt.Errorf("\"key_file\": %s holds no key in base64", file)
	}
	return key, nil
}

// token is a shared access signature of the policy for a resource.
func (s *Settings) token(resource string, until time.Time) (string, error) {
	key, err := readKey(s.KeyFile)
	if err != nil {
		return "", err
	}
	sr, se := url.QueryEscape(strings.ToLower(resource)), strconv.FormatInt(until.Unix(), 10)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(sr + "\n" + se))
	return "SharedAccessSignature sr=" + sr + "&sig=" + url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil))) + "&se=" + se + "&skn=" + s.Policy, nil
}
