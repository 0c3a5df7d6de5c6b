package machine

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/disk"
	"github.com/shirou/gopsutil/v4/mem"
	"github.com/shirou/gopsutil/v4/sensors"

	"beckmanconnect/service/notify/steady"
)

// system is what is asked of a PC. The decisions stand with the checks.
type system struct {
	root         string // of the system's volume
	now          func() time.Time
	usage        func(ctx context.Context, path string) (used float64, free uint64, err error)
	volume       func(path string) (id string, err error)
	health       func(ctx context.Context) ([]diskState, error)
	smart        func(ctx context.Context) ([]driveState, error)
	memory       func(ctx context.Context) (available float64, err error) // percent
	processor    func(ctx context.Context) (load, error)
	temperatures func(ctx context.Context) ([]sensor, error)
	network      func() (up bool, err error)
	restart      func() (pending bool, err error)
	services     func(ctx context.Context, names []string) (map[string]steady.Level, error)
	programs     func(ctx context.Context, names []string) (map[string]bool, error)
	newest       func(folder string) (time.Time, error)
	events       eventReader
}

// load is processor time since the PC was started, in seconds of all cores.
type load struct{ busy, total float64 }

// sensor is a temperature in degrees Celsius, with the limits it knows; 0:
// none.
type sensor struct{ now, high, critical float64 }

// diskState is what the system says of one disk.
type diskState struct {
	name    string
	failing bool
}

// driveState is what a disk says of itself.
type driveState struct {
	name  string // model and the end of its serial number
	level steady.Level
	why   string // it is unknown
}

func thisPC() *system {
	return &system{
		root: systemRoot(), now: time.Now,
		usage: func(ctx context.Context, path string) (float64, uint64, error) {
			u, err := disk.UsageWithContext(ctx, path)
			if err != nil {
				return 0, 0, err
			}
			return u.UsedPercent, u.Free, nil
		},
		volume: volumeID,
		health: diskHealth,
		smart:  smart,
		memory: func(ctx context.Context) (float64, error) {
			m, err := mem.VirtualMemoryWithContext(ctx)
			if err != nil {
				return 0, err
			}
			if m.Total == 0 {
				return 0, errors.New("the system does not say how much there is")
			}
			return 100 * float64(m.Available) / float64(m.Total), nil
		},
		processor:    processorLoad,
		temperatures: temperatures,
		network:      networkUp,
		restart:      restartPending,
		services:     serviceStates,
		programs:     programsRunning,
		newest:       newest,
		events:       readEvents(),
	}
}

func processorLoad(ctx context.Context) (load, error) {
	all, err := cpu.TimesWithContext(ctx, false)
	if err != nil {
		return load{}, err
	}
	if len(all) == 0 {
		return load{}, errors.New("the system does not say")
	}
	t := all[0]
	idle := t.Idle + t.Iowait
	busy := t.User + t.System + t.Nice + t.Irq + t.Softirq + t.Steal
	return load{busy: busy, total: busy + idle}, nil
}

// temperatures: what one sensor cannot say is no reason not to hear the others.
func temperatures(ctx context.Context) ([]sensor, error) {
	all, err := sensors.TemperaturesWithContext(ctx)
	if len(all) == 0 {
		if err == nil {
			err = errNoSensor
		}
		return nil, err
	}
	var out []sensor
	for _, t := range all {
		out = append(out, sensor{t.Temperature, t.High, t.Critical})
	}
	return out, nil
}

// networkUp: an interface that is up and has an address others can reach. What
// programs on this PC make for themselves does not count.
func networkUp() (bool, error) {
	all, err := net.Interfaces()
	if err != nil {
		return false, err
	}
	for _, i := range all {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagRunning == 0 || i.Flags&net.FlagLoopback != 0 || virtual(i.Name) {
			continue
		}
		addresses, err := i.Addrs()
		if err != nil {
			continue // it went away meanwhile
		}
		for _, a := range addresses {
			if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
				return true, nil
			}
		}
	}
	return false, nil
}

func virtual(name string) bool {
	for _, prefix := range []string{"docker", "veth", "virbr", "br-", "vmnet", "vEthernet (WSL"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// mostFiles bounds a look at a folder of backups.
const mostFiles = 20_000

// newest gives the latest change in a folder; a backup may be a file or a
// folder in it.
func newest(folder string) (latest time.Time, err error) {
	dir, err := os.Open(folder)
	if err != nil {
		return latest, err
	}
	defer dir.Close()
	for seen := 0; seen < mostFiles; {
		entries, err := dir.ReadDir(256)
		for _, e := range entries {
			info, err := e.Info()
			if err == nil && (info.Mode().IsRegular() || info.IsDir()) && info.ModTime().After(latest) {
				latest = info.ModTime()
			}
		}
		seen += len(entries)
		if errors.Is(err, io.EOF) {
			return latest, nil
		}
		if err != nil {
			return latest, err
		}
	}
	return latest, errors.New("the folder holds too many files to look at")
}

// maxCertificates is the largest file of certificates that is read.
const maxCertificates = 1 << 20

// CertificateFile watches the certificates in a PEM file; the one that ends
// first counts.
func CertificateFile(path string) Certificate {
	return Certificate{Name: path, Ends: func() (time.Time, bool, error) {
		info, err := os.Stat(path)
		if err != nil {
			return time.Time{}, false, plain(err)
		}
		if !info.Mode().IsRegular() || info.Size() > maxCertificates {
			return time.Time{}, false, errors.New("this is not a file of certificates")
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return time.Time{}, false, plain(err)
		}
		end, ok := FirstEnd(text)
		if !ok {
			return end, false, errors.New("there is no certificate in it")
		}
		return end, true, nil
	}}
}

// FirstEnd gives the earliest end of the certificates in a PEM text.
func FirstEnd(text []byte) (first time.Time, ok bool) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return first, ok
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err == nil && (!ok || c.NotAfter.Before(first)) {
			first, ok = c.NotAfter, true
		}
	}
}

// plain is an error without the path, which is in the subject already.
func plain(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
