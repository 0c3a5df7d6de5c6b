package linktest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// checkToken verifies a shared access signature as the documentation describes
// it: for this resource and policy, signed with the key, not expired.
func checkToken(text, resource, policy string, key []byte) (until time.Time, err error) {
	fields, ok := strings.CutPrefix(text, "SharedAccessSignature ")
	if !ok {
		return until, errors.New("no token")
	}
	got := map[string]string{}
	for _, field := range strings.Split(fields, "&") {
		name, value, _ := strings.Cut(field, "=")
		got[name] = value
	}
	sr, err := url.QueryUnescape(got["sr"])
	if err != nil || sr != resource {
		return until, fmt.Errorf("resource %q, want %q", sr, resource)
	}
	if got["skn"] != policy {
		return until, fmt.Errorf("policy %q", got["skn"])
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(got["sr"] + "\n" + got["se"]))
	signature, err := url.QueryUnescape(got["sig"])
	if err != nil || signature != base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		return until, errors.New("the signature does not hold")
	}
	seconds, err := strconv.ParseInt(got["se"], 10, 64)
	until = time.Unix(seconds, 0)
	if err != nil || !until.After(time.Now()) {
		return until, errors.New("expired")
	}
	return until, nil
}
