package registry

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// tokenSecret names the secret that all devices' token keys come from.
const tokenSecret = "device-tokens"

// ErrToken: a token is none, is over, or was made with a key that counts no
// more. There is one error for all of it.
var ErrToken = errors.New("registry: this token is not accepted")

// Tokens issues and checks shared access signatures in Azure IoT Hub's form
// (P10), for engines that take no certificates. Each device has a key of its
// own, made from the cloud's secret, the device's name and a number: another
// number is another key. The key before still counts as long as its last token
// may live.
type Tokens struct {
	Data   *data.DB
	Host   string        // of the engine, the first part of what a token is for
	Life   time.Duration // minutes to hours
	Refuse func(ctx context.Context, device string) cloudapi.Error
	Now    func() time.Time
	Log    Logger
}

// Key is the key of a device's tokens, by its number: what an IoT Hub is told
// as the device's symmetric key.
func (t *Tokens) Key(ctx context.Context, device string, number int64) ([]byte, error) {
	secret, err := t.Data.Secret(ctx, tokenSecret)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("beckmanconnect device token v1\n" + device + "\n" + strconv.FormatInt(number, 10)))
	return mac.Sum(nil), nil
}

func (t *Tokens) resource(device string) string { return t.Host + "/devices/" + device }

// sign is the signature over a resource and an end, as Azure's documentation
// has it; both are as they stand in the token.
func sign(key []byte, sr, se string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(sr + "\n" + se))
	return mac.Sum(nil)
}

// Issue makes a token for a device that may come in.
func (t *Tokens) Issue(ctx context.Context, device string) (cloudapi.DeviceToken, error) {
	number, _, err := t.Data.TokenKey(ctx, device)
	if err != nil {
		return cloudapi.DeviceToken{}, err
	}
	key, err := t.Key(ctx, device, number)
	if err != nil {
		return cloudapi.DeviceToken{}, err
	}
	until := t.Now().Add(t.Life).Truncate(time.Second)
	sr, se := url.QueryEscape(t.resource(device)), strconv.FormatInt(until.Unix(), 10)
	sig := url.QueryEscape(base64.StdEncoding.EncodeToString(sign(key, sr, se)))
	return cloudapi.DeviceToken{Token: "SharedAccessSignature sr=" + sr + "&sig=" + sig + "&se=" + se, ExpiresMS: until.UnixMilli()}, nil
}

// Check tells whether a token is device's and counts now: whoever stands in for
// an engine asks before a connection is let in. A device that was revoked is
// refused whatever it shows.
func (t *Tokens) Check(ctx context.Context, device, token string) error {
	fields, ok := strings.CutPrefix(token, "SharedAccessSignature ")
	if !ok || len(token) > 1024 {
		return ErrToken
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(fields, "&") {
		name, value, _ := strings.Cut(part, "=")
		if _, twice := parts[name]; twice {
			return ErrToken
		}
		parts[name] = value
	}
	if len(parts) != 3 || parts["sr"] != url.QueryEscape(t.resource(device)) {
		return ErrToken
	}
	text, err := url.QueryUnescape(parts["sig"])
	if err != nil {
		return ErrToken
	}
	shown, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return ErrToken
	}
	end, err := strconv.ParseInt(parts["se"], 10, 64)
	now := t.Now()
	if err != nil || end <= now.Unix() || end > now.Add(t.Life).Unix()+1 {
		return ErrToken
	}
	number, since, err := t.Data.TokenKey(ctx, device)
	if errors.Is(err, data.ErrNotFound) {
		return ErrToken
	}
	if err != nil {
		return err
	}
	numbers := []int64{number}
	if number > 1 && now.Before(time.UnixMilli(since).Add(t.Life)) {
		numbers = append(numbers, number-1)
	}
	good := false
	for _, n := range numbers {
		key, err := t.Key(ctx, device, n)
		if err != nil {
			return err
		}
		good = hmac.Equal(shown, sign(key, parts["sr"], parts["se"])) || good
	}
	if !good || t.Refuse(ctx, device).Code != "" {
		return ErrToken
	}
	return nil
}

// Handler serves cloudapi.PathDeviceToken: a token for whoever shows a device's
// certificate.
func (t *Tokens) Handler() http.Handler {
	limit := web.Limiter{Every: rate.Limit(1), Burst: 30}
	return web.Method(http.MethodPost, limit.Limit(func(w http.ResponseWriter, r *http.Request) {
		device := web.DeviceID(r)
		if device == "" {
			web.Fail(w, http.StatusUnauthorized, "no-certificate", "A device certificate is needed here.")
			return
		}
		if r.Header.Get("Origin") != "" { // devices are no browsers (scenario 44)
			web.Fail(w, http.StatusForbidden, "origin", "Pages have no business here.")
			return
		}
		if refusal := t.Refuse(r.Context(), device); refusal.Code != "" {
			web.Fail(w, http.StatusForbidden, refusal.Code, refusal.Message)
			return
		}
		token, err := t.Issue(r.Context(), device)
		if err != nil {
			t.Log.Error("a token was not issued", "device", device, "error", err)
			web.Fail(w, http.StatusInternalServerError, "internal", "Try again.")
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		web.JSON(w, token)
	}))
}
