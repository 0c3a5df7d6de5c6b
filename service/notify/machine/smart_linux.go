package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"beckmanconnect/internal/redact"
	"beckmanconnect/service/notify/steady"
)

// What disks say of themselves takes privileges to read. UDisks2 has them, reads
// it every ten minutes without waking a disk for it, and tells everybody on the
// system's bus. It is asked only where it runs: asking starts no program.

const (
	udisks       = "org.freedesktop.UDisks2"
	udisksRoot   = "/org/freedesktop/UDisks2"
	udisksDrive  = udisks + ".Drive"
	udisksATA    = udisks + ".Drive.Ata"
	udisksNVMe   = udisks + ".NVMe.Controller"
	udisksBlock  = udisks + ".Block"
	udisksPart   = udisks + ".Partition"
	managed      = "org.freedesktop.DBus.ObjectManager.GetManagedObjects"
	serviceGone  = "org.freedesktop.DBus.Error.ServiceUnknown"
	nameNotOwned = "org.freedesktop.DBus.Error.NameHasNoOwner"

	smartWait = 5 * time.Second
	// smartOld is from when on a good word counts no more. It may be old: a disk
	// that sleeps is not asked.
	smartOld   = 48 * time.Hour
	mostDrives = 64
)

var errNoUDisks = errors.New("UDisks2 does not run here, which reads it")

// udisksObjects is what GetManagedObjects gives: properties by object and
// interface.
type udisksObjects map[dbus.ObjectPath]map[string]map[string]dbus.Variant

func smart(ctx context.Context) ([]driveState, error) {
	ctx, cancel := context.WithTimeout(ctx, smartWait)
	defer cancel() // ends the connection, too, wherever that stands
	objects, err := askUDisks(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, errSlow
	case err != nil:
		return nil, err
	}
	return drivesIn(objects, time.Now()), nil
}

func askUDisks(ctx context.Context) (udisksObjects, error) {
	bus, err := dbus.ConnectSystemBus(dbus.WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("the system's bus: %w", err)
	}
	defer bus.Close()
	var objects udisksObjects
	err = bus.Object(udisks, udisksRoot).CallWithContext(ctx, managed, dbus.FlagNoAutoStart).Store(&objects)
	var refused dbus.Error
	switch {
	case errors.As(err, &refused) && (refused.Name == serviceGone || refused.Name == nameNotOwned):
		return nil, errNoUDisks
	case err != nil:
		return nil, fmt.Errorf("UDisks2: %w", err)
	}
	return objects, nil
}

// drivesIn gives what drives say of themselves, in the order of their names. One
// whose medium can be taken out is none of this PC's disks.
func drivesIn(objects udisksObjects, now time.Time) (drives []driveState) {
	for path, interfaces := range objects {
		drive, ok := interfaces[udisksDrive]
		if !ok || property[bool](drive, "MediaRemovable") {
			continue
		}
		d := driveState{name: objects.nameOf(path)}
		d.level, d.why = judgement(interfaces, now)
		drives = append(drives, d)
	}
	slices.SortFunc(drives, func(a, b driveState) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return int(b.level - a.level) // of two with one name, the worst counts
	})
	drives = slices.CompactFunc(drives, func(a, b driveState) bool { return a.name == b.name })
	return drives[:min(len(drives), mostDrives)]
}

// judgement of one drive. Failing is never too old to count.
func judgement(interfaces map[string]map[string]dbus.Variant, now time.Time) (level steady.Level, why string) {
	var updated uint64
	var failing bool
	if nvme, ok := interfaces[udisksNVMe]; ok {
		warnings, known := nvme["SmartCriticalWarning"].Value().([]string)
		if known {
			updated, failing = property[uint64](nvme, "SmartUpdated"), len(warnings) > 0
		}
	} else if ata, ok := interfaces[udisksATA]; ok && property[bool](ata, "SmartSupported") {
		if !property[bool](ata, "SmartEnabled") {
			return steady.Unknown, "switched off"
		}
		says, known := ata["SmartFailing"].Value().(bool)
		if known {
			updated, failing = property[uint64](ata, "SmartUpdated"), says
		}
	} else {
		return steady.Unknown, "it says nothing"
	}
	switch {
	case updated == 0:
		return steady.Unknown, "not read yet"
	case failing:
		return steady.Bad, ""
	case updated < uint64(max(0, now.Add(-smartOld).Unix())):
		return steady.Unknown, "not read for days"
	}
	return steady.Good, ""
}

// property is one of an interface, or zero where it is none of its type.
func property[T any](of map[string]dbus.Variant, name string) T {
	v, _ := of[name].Value().(T)
	return v
}

// nameOf names a drive so that somebody finds it: by model and the end of its
// serial number, which stay whatever the next start calls it; else by its block
// device.
func (o udisksObjects) nameOf(path dbus.ObjectPath) string {
	drive := o[path][udisksDrive]
	name := driveName(property[string](drive, "Model"), property[string](drive, "Serial"))
	if name != "" {
		return name
	}
	for _, interfaces := range o {
		block := interfaces[udisksBlock]
		if _, part := interfaces[udisksPart]; part || property[dbus.ObjectPath](block, "Drive") != path {
			continue
		}
		if device := bytes.TrimRight(property[[]byte](block, "Device"), "\x00"); len(device) > 0 {
			return redact.Line(filepath.Base(string(device)), 80)
		}
	}
	return redact.Line(filepath.Base(string(path)), 80)
}
