package sound

import (
	"context"
	"errors"
	"unsafe"

	"golang.org/x/sys/windows"
)

var procPlaySound = windows.NewLazySystemDLL("winmm.dll").NewProc("PlaySoundW")

const (
	sndNoDefault = 0x0002 // nothing at all rather than the system's own sound
	sndMemory    = 0x0004
	sndSystem    = 0x00200000 // at the volume of the system's sounds
)

func can() bool { return procPlaySound.Find() == nil }

// play returns when the sound has ended: the system reads it from memory.
func play(_ context.Context, wav []byte) error {
	if ok, _, _ := procPlaySound.Call(uintptr(unsafe.Pointer(&wav[0])), 0, sndNoDefault|sndMemory|sndSystem); ok == 0 {
		return errors.New("sound: the system did not play it")
	}
	return nil
}
