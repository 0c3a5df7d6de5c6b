package dialect

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// A token is good for this long, and another connection takes over well before.
const (
	tokenLife  = time.Hour
	tokenRenew = 50 * time.Minute
)

// token is a shared access signature for a resource, as Azure's documentation
// has it. policy is "" for a device's own key.
func token(resource string, key []byte, until time.Time, policy string) string {
	sr, se := url.QueryEscape(resource), strconv.FormatInt(until.Unix(), 10)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(sr + "\n" + se))
	t := "SharedAccessSignature sr=" + sr + "&sig=" + url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil))) + "&se=" + se
	if policy != "" {
		t += "&skn=" + policy
	}
	return t
}

const maxKeyFile = 4096

// readKey reads the device's symmetric key. It is read for every token, so that
// a key that was rolled counts at once.
func readKey(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxKeyFile) {
		err = errors.New("this is not a file with a key")
	}
	if err != nil {
		return nil, &Error{CodeKey, err}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, &Error{CodeKey, err}
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) < 16 {
		return nil, &Error{CodeKey, errors.New("this is not a key in base64")}
	}
	return key, nil
}
