package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/trust"
)

// command and answer are what build/fleet takes and says, a line each.
type command struct {
	Do      string  `json:"do"`
	Count   int     `json:"count,omitempty"`
	Rate    float64 `json:"rate,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
	Kind    string  `json:"kind,omitempty"`
	URL     string  `json:"url,omitempty"`
}

type answer struct {
	Error    string  `json:"error"`
	Seconds  float64 `json:"seconds"`
	Online   int     `json:"online"`
	Count    int     `json:"count"`
	Attempts []int   `json:"attempts"`
	Back     []int   `json:"back"`
}

// credential is what one device proves itself by.
type credential struct {
	ID   string `json:"id"`
	Cert []byte `json:"cert"`
	Key  []byte `json:"key"`
}

// fleetBench is the bench of the devices' link: the fleet in its process, and
// what it is measured on.
type fleetBench struct {
	o       options
	devices []credential
	fleet   *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
}

// openFleetBench makes the trust roots and registered devices, and starts the
// fleet.
func openFleetBench(ctx context.Context, o options) (*fleetBench, error) {
	if o.devices < 1 {
		return nil, errors.New("--devices: at least one")
	}
	b := &fleetBench{o: o}
	b.say("%d devices are registered", o.devices)
	dir := filepath.Join(o.dir, "trust")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := trust.Init(dir); err != nil {
		return nil, err
	}
	if err := b.register(ctx); err != nil {
		return nil, err
	}
	list, err := json.Marshal(b.devices)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(o.dir, "devices.json")
	if err := os.WriteFile(file, list, 0o600); err != nil {
		return nil, err
	}
	b.fleet = exec.CommandContext(ctx, filepath.Join(o.bin, "fleet"), file, filepath.Join(dir, trust.DirRoots, trust.FileCloudCA))
	b.fleet.Stderr = os.Stderr
	if b.in, err = b.fleet.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := b.fleet.StdoutPipe()
	if err != nil {
		return nil, err
	}
	b.out = bufio.NewScanner(out)
	b.out.Buffer(nil, 1<<20)
	return b, b.fleet.Start()
}

// register takes the devices into the cloud's data folder as the registry does,
// before the cloud is there.
func (b *fleetBench) register(ctx context.Context) (err error) {
	private, err := trust.LoadPrivate(filepath.Join(b.o.dir, "trust", trust.DirRoots), filepath.Join(b.o.dir, "trust", trust.DirPrivate))
	if err != nil {
		return err
	}
	db, err := data.Open(ctx, filepath.Join(b.o.dir, "cloud"), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for i := range b.o.devices {
		c, public, err := issueDevice(private.Device)
		if err != nil {
			return err
		}
		hash := sha256.Sum256(public)
		if err := db.Register(ctx, data.Registration{
			Device: c.ID, KeyHash: hash[:], Region: "eu", Serial: "BC-" + strconv.Itoa(i), Type: "DxH 900", Terms: "1",
			Email: "lab@hospital.example", Name: "Lena Lab", PublicKey: public,
		}); err != nil {
			return err
		}
		b.devices = append(b.devices, c)
	}
	return nil
}

// issueDevice makes a device's key, and a certificate as the registry gives it.
func issueDevice(ca *trust.Authority) (c credential, public []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return c, nil, err
	}
	if public, err = x509.MarshalPKIXPublicKey(key.Public()); err != nil {
		return c, nil, err
	}
	c.ID = cloudapi.DeviceID(public)
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return c, nil, err
	}
	c.Cert, err = x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: c.ID}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
	}, ca.Certificate, key.Public(), ca.Key)
	if err != nil {
		return c, nil, err
	}
	c.Key, err = x509.MarshalPKCS8PrivateKey(key)
	return c, public, err
}

// ask has the fleet do something, and waits for it.
func (b *fleetBench) ask(c command) (a answer, err error) {
	line, err := json.Marshal(c)
	if err != nil {
		return a, err
	}
	if _, err := b.in.Write(append(line, '\n')); err != nil {
		return a, fmt.Errorf("fleet: %w", err)
	}
	if !b.out.Scan() {
		return a, fmt.Errorf("the fleet ended: %w", errors.Join(b.out.Err(), io.ErrUnexpectedEOF))
	}
	if err := json.Unmarshal(b.out.Bytes(), &a); err != nil {
		return a, fmt.Errorf("fleet: %w", err)
	}
	if a.Error != "" {
		return a, fmt.Errorf("fleet: %s: %s", c.Do, a.Error)
	}
	return a, nil
}

func (b *fleetBench) close() {
	if b.fleet == nil {
		return
	}
	_ = b.in.Close() // it ends by that
	_ = b.fleet.Wait()
}

// processOf finds the process of a program that was started with this argument.
func processOf(argument, program string) (int, error) {
	list, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	for _, entry := range list {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil {
			continue // it has ended
		}
		args := strings.Split(string(line), "\x00")
		if filepath.Base(args[0]) == program && strings.Contains(string(line), argument) {
			return pid, nil
		}
	}
	return 0, fmt.Errorf("%s does not run", program)
}

// established counts the connections that a server on loopback holds.
func established(url string) (n int, err error) {
	at := strings.LastIndex(url, ":")
	text, _, _ := strings.Cut(url[at+1:], "/")
	port, err := strconv.Atoi(text)
	if err != nil {
		return 0, err
	}
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		table, err := os.ReadFile(file)
		if err != nil {
			return 0, err
		}
		n += countEstablished(string(table), port)
	}
	return n, nil
}

// countEstablished counts in the kernel's table: second column the own address,
// fourth the state.
func countEstablished(table string, port int) (n int) {
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) > 3 && strings.HasSuffix(fields[1], fmt.Sprintf(":%04X", port)) && fields[3] == "01" {
			n++
		}
	}
	return n
}
