package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/device"
	"beckmanconnect/service/local"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/notify/words"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
	"beckmanconnect/store/keys"
)

// Where the keys cannot be used now (a systemd credential was not delivered,
// DPAPI refuses) the log is not opened and not touched. A store of its own
// stands in for it, under a key that ends with the process: alarms still show,
// and what happens is on a record that can be proven. Nothing else goes on: no
// link, no session, no registration. The first start with the keys puts that
// record beside the logs that were set aside, and names it in the log.
const standInDir = "stand-in"

const codeKeysAway = "log-keys-away"

// keysAgain is how often it is looked whether the keys can be used again.
const keysAgain = 5 * time.Second

// open opens the store, or what stands in for it.
func (h *house) open(ctx context.Context) error {
	h.data, h.wrapper = h.config.Data, keys.Default(filepath.Join(h.config.Data, store.KeysDir))
	err := h.openStore(ctx)
	if store.KindOf(err) != store.KindAway {
		return err
	}
	h.away = err
	h.log.Error("the keys cannot be used: remote support is off, alarms are shown and kept in a log that stands in", "error", err)
	memory, err := keys.NewMemory()
	if err != nil {
		return err
	}
	if err := keys.MakeDir(h.config.Data); err != nil {
		return err
	}
	h.data, h.wrapper = filepath.Join(h.config.Data, standInDir), memory
	return h.openStore(ctx)
}

func (h *house) openStore(ctx context.Context) (err error) {
	h.store, err = store.Open(ctx, store.Options{
		Dir: h.data, Key: h.wrapper, Log: h.log, OnWritable: h.writableChanged, SetAside: true, OnDamaged: func(error) { h.wantRestart() },
	})
	return err
}

// hostServer is what the pipe serves.
func (h *house) hostServer() hostpb.HostServer {
	if h.away != nil {
		return local.StandIn{Host: h.host}
	}
	return h.host
}

// awayAdvice is what IT does about it.
const awayAdvice = "the keys of this PC cannot be used, so its log was not opened; nothing was overwritten. Have the systemd credential delivered, or the service run under its own account, and start it anew; " +
	"only if the credential is lost for good, remove keys/master.credential, and the log is set aside"

// waitForKeys tells of it and has the service start anew once the keys can be
// used.
func (h *house) waitForKeys(ctx context.Context, report supervise.Report) error {
	report(supervise.Failed, awayAdvice)
	seen := []notify.Observation{{Code: codeKeysAway, Severity: store.High, Source: notify.SourceSelf, Texts: words.Of(codeKeysAway), Verified: true}}
	if err := h.alarms.Apply(ctx, seen, nil); err != nil {
		h.log.Error("that the keys cannot be used is no alarm", "error", err)
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(keysAgain):
		}
		if keys.Available(keys.Default(filepath.Join(h.config.Data, store.KeysDir))) == nil {
			h.log.Info("the keys can be used again")
			h.wantRestart()
		}
	}
}

// absorb puts what stood in for the log beside the logs that were set aside,
// and on record. It is on record first: killed in between it is named twice.
func (h *house) absorb(ctx context.Context) error {
	from := filepath.Join(h.config.Data, standInDir)
	_, err := os.Lstat(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("service: %w", err)
	}
	var a logproof.Aside
	a.Describe(filepath.Join(from, logproof.FileName), filepath.Join(from, store.KeysDir, keys.CheckpointPublic))
	a.NameAt(h.config.Data, time.Now())
	fields := map[string]string{}
	if a.Root != "" {
		fields["origin"], fields["entries"], fields["root"], fields["signature_checked"] = a.Origin, strconv.FormatInt(a.Entries, 10), a.Root, strconv.FormatBool(a.Checked)
	}
	h.append(ctx, store.Entry{Kind: "log.stood-in", Actor: "system", Subject: a.Name, Fields: fields})
	aside := filepath.Join(h.config.Data, logproof.AsideDir)
	if err := keys.MakeDir(aside); err != nil {
		return err
	}
	return os.Rename(from, filepath.Join(aside, a.Name))
}

// openDevice opens this PC's identity; one that cannot be opened takes remote
// support away, not the service.
func (h *house) openDevice(config device.Config) (err error) {
	if h.away != nil {
		h.parts.Set("device", supervise.Failed, "without the keys this PC has no identity")
		h.device, err = device.Absent(config, device.StateKeysAway)
		return err
	}
	h.device, err = device.Open(config)
	if !errors.Is(err, keys.ErrWrong) && !errors.Is(err, device.ErrKey) {
		return err
	}
	h.log.Error("the identity of this PC cannot be opened; remote support is off until it is renewed", "error", err)
	h.parts.Set("device", supervise.Failed, "the device key cannot be opened: restore keys/"+device.KeyFile+", or run beckmanctl device renew and register this PC again")
	h.device, err = device.Absent(config, device.StateKeyLost)
	return err
}
