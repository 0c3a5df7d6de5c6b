package engineer

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/session/channel"
)

// API is the cloud as an engineer reaches it.
type API struct {
	// Base is the cloud's address, https://host[:port].
	Base *url.URL
	// Client speaks to it; with its cookies or through Header it is signed in.
	Client *http.Client
	// TLS and Header are for the relay's WebSocket. In a browser both are nil.
	TLS    *tls.Config
	Header func() http.Header
	// DeviceCA is our own root for devices. Where it is nil, the cloud's word
	// is taken for it: the hosted console has nothing better, and says so.
	DeviceCA *x509.CertPool
}

// Credentials are what one channel is opened with.
type Credentials struct {
	Certificate tls.Certificate
	DeviceID    string
	DeviceCA    *x509.CertPool
}

// Refused is the cloud's no. Code is the cloud's own.
type Refused struct {
	Status  int
	Code    string
	Message string
}

func (r *Refused) Error() string {
	return fmt.Sprintf("engineer: the cloud answered %d (%s): %s", r.Status, r.Code, r.Message)
}

const maxReply = 256 << 10

// Credentials has a certificate issued for key and one request.
func (a API) Credentials(ctx context.Context, key crypto.Signer, request string) (Credentials, error) {
	// The cloud fills in the name; the request only proves the key.
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{SignatureAlgorithm: x509.SHA256WithRSAPSS}, key)
	if err != nil {
		return Credentials{}, fmt.Errorf("engineer: certificate request: %w", err)
	}
	var reply cloudapi.CertificateReply
	err = a.post(ctx, cloudapi.PathCert, cloudapi.CertificateRequest{
		CSR: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})), Request: request,
	}, &reply)
	if err != nil {
		return Credentials{}, err
	}
	return a.credentials(reply, key)
}

func (a API) credentials(reply cloudapi.CertificateReply, key crypto.Signer) (Credentials, error) {
	c := Credentials{DeviceID: reply.DeviceID, DeviceCA: a.DeviceCA}
	for rest := []byte(reply.Certificate); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		c.Certificate.Certificate = append(c.Certificate.Certificate, block.Bytes)
	}
	if len(c.Certificate.Certificate) == 0 || c.DeviceID == "" {
		return Credentials{}, errors.New("engineer: the cloud's certificate cannot be read")
	}
	c.Certificate.PrivateKey = key
	c.Certificate.SupportedSignatureAlgorithms = []tls.SignatureScheme{tls.PSSWithSHA256}
	if c.DeviceCA == nil {
		c.DeviceCA = x509.NewCertPool()
		if !c.DeviceCA.AppendCertsFromPEM([]byte(reply.DeviceCA)) {
			return Credentials{}, errors.New("engineer: the cloud's device CA cannot be read")
		}
	}
	return c, nil
}

// Dial opens the engineer's socket at the relay.
func (a API) Dial(ctx context.Context, request string) (net.Conn, error) {
	u := a.Base.JoinPath(cloudapi.PathRelay, request)
	u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	u.RawQuery = "role=engineer"
	var header http.Header
	if a.Header != nil {
		header = a.Header()
	}
	return channel.DialRelay(ctx, u.String(), a.TLS, header)
}

func (a API) post(ctx context.Context, path string, body, reply any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("engineer: %s: %w", path, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Base.JoinPath(path).String(), bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("engineer: %s: %w", path, err)
	}
	if a.Header != nil {
		req.Header = a.Header()
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.Client.Do(req)
	if err != nil {
		return fmt.Errorf("engineer: %s: %w", path, err)
	}
	defer resp.Body.Close()
	raw, err = io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return fmt.Errorf("engineer: %s: %w", path, err)
	}
	if resp.StatusCode != http.StatusOK {
		refused := &Refused{Status: resp.StatusCode}
		var e cloudapi.Error
		if json.Unmarshal(raw, &e) == nil {
			refused.Code, refused.Message = e.Code, e.Message
		}
		return refused
	}
	if err := json.Unmarshal(raw, reply); err != nil {
		return fmt.Errorf("engineer: %s: answer: %w", path, err)
	}
	return nil
}
